/** What a terminal signed and has no result yet, as text that outlives it: in a file, or in a browser. */
import { fromHex, toHex } from '../bytes.ts'
import { parseCardNumber } from '../card/numbers.ts'
import { parseInstitutionId } from '../ids.ts'
import type { Signature } from './payment.ts'

export const textOfSignatures = (signatures: readonly Signature[]): string =>
  JSON.stringify(signatures.map(each => ({ ...each, nonce: toHex(each.nonce) })))

/** Undefined where the text is something else. */
export function signaturesInText(text: string): Signature[] | undefined {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    return undefined
  }
  // A text of an earlier version holds one signature, and no list.
  const listed: unknown[] = Array.isArray(read) ? read : [read]
  const signatures = listed.flatMap(each => {
    const { card, counter, receiver, nonce } = (each ?? {}) as Record<string, unknown>
    const [number, bank] = [parseCardNumber(String(card)), parseInstitutionId(String(receiver))]
    if (number === undefined || bank === undefined || !Number.isInteger(counter)) return []
    if (!/^[0-9a-f]{16}$/.test(String(nonce))) return []
    return [{ card: number, counter: Number(counter), receiver: bank, nonce: fromHex(String(nonce)) }]
  })
  return signatures.length === listed.length ? signatures : undefined
}
