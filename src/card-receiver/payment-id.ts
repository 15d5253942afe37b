/** By what a forwarded signature is known at both ends: out of itself, so that the same one is the same payment however often it comes. */
import { hash } from 'node:crypto'
import { joined } from '../bytes.ts'
import type { SealedPassword } from '../card/personal-password.ts'
import type { IntentId } from '../ids.ts'

/** The first 32 hexadecimal digits of SHA-256 over the COSE_Sign1 and the password as it was sealed. */
export function paymentId(message: Uint8Array, password: SealedPassword): IntentId {
  return hash('sha256', joined(message, password.bytes)).slice(0, 32) as IntentId
}
