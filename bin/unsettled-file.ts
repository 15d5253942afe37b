/** What a soft card signed and has no result yet, in a file beside the card, so that it outlives the terminal. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fromHex, toHex } from '../src/bytes.ts'
import { parseCardNumber } from '../src/card/numbers.ts'
import { parseInstitutionId } from '../src/ids.ts'
import { CannotDo } from '../src/operations/cannot-do.ts'
import { replaceFile } from '../src/store/replace-file.ts'
import { isSameSignature, type Signature, type Unsettled } from '../src/terminal/payment.ts'

/** Rejects with CannotDo when the file holds something else: what it says must not be forgotten. */
export function unsettledFile(path: string): Unsettled {
  const kept = () => (existsSync(path) ? signaturesIn(path) : [])
  const keep = (signatures: readonly Signature[]) => {
    if (signatures.length === 0) rmSync(path, { force: true })
    else replaceFile(path, JSON.stringify(signatures.map(each => ({ ...each, nonce: toHex(each.nonce) }))))
  }
  return {
    find: async (receiver, card) => kept().find(each => each.receiver === receiver && each.card === card),
    add: async signature => keep([...kept(), signature]),
    remove: async signature => keep(kept().filter(each => !isSameSignature(each, signature))),
  }
}

function signaturesIn(path: string): Signature[] {
  let read: unknown
  try {
    read = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new CannotDo(`${path} cannot be read`)
  }
  // A file of an earlier version holds one signature, and no list.
  const listed: unknown[] = Array.isArray(read) ? read : [read]
  return listed.map(each => {
    const { card, counter, receiver, nonce } = (each ?? {}) as Record<string, unknown>
    const [number, bank] = [parseCardNumber(String(card)), parseInstitutionId(String(receiver))]
    if (
      number === undefined ||
      bank === undefined ||
      !Number.isInteger(counter) ||
      !/^[0-9a-f]{16}$/.test(String(nonce))
    )
      throw new CannotDo(`${path} cannot be read`)
    return { card: number, counter: Number(counter), receiver: bank, nonce: fromHex(String(nonce)) }
  })
}
