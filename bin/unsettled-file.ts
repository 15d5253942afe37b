/** What a soft card signed and has no result yet, in a file beside the card, so that it outlives the terminal. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { CannotDo } from '../src/operations/cannot-do.ts'
import { replaceFile } from '../src/store/replace-file.ts'
import { isSameSignature, type Signature, type Unsettled } from '../src/terminal/payment.ts'
import { signaturesInText, textOfSignatures } from '../src/terminal/signatures-text.ts'

/** Rejects with CannotDo when the file holds something else: what it says must not be forgotten. */
export function unsettledFile(path: string): Unsettled {
  const kept = () => (existsSync(path) ? signaturesIn(path) : [])
  const keep = (signatures: readonly Signature[]) => {
    if (signatures.length === 0) rmSync(path, { force: true })
    else replaceFile(path, textOfSignatures(signatures))
  }
  return {
    find: async (receiver, card) => kept().find(each => each.receiver === receiver && each.card === card),
    add: async signature => keep([...kept(), signature]),
    remove: async signature => keep(kept().filter(each => !isSameSignature(each, signature))),
  }
}

function signaturesIn(path: string): Signature[] {
  const signatures = signaturesInText(readFileSync(path, 'utf8'))
  if (signatures === undefined) throw new CannotDo(`${path} cannot be read`)
  return signatures
}
