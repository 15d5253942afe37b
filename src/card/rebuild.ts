/** What a receiver makes of an answer: the whole COSE_Sign1, out of its own record of what it asked. */
import type { InstitutionId } from '../ids.ts'
import { encodeSign1 } from './cose/sign1.ts'
import type { Answer } from './messages/answer.ts'
import type { OrderRequest } from './order.ts'
import { appendWitness, encodeOrder } from './order-bytes.ts'

/**
 * `request`: with what its holder keyed into the terminal, where the receiver was told that by phone. `issuer`: whose number begins
 * the card's. The message says what the receiver meant; whether the card meant the same, its signature tells.
 * @throws NotAnOrder
 */
export function rebuildSigned(request: OrderRequest, answer: Answer, issuer: InstitutionId): Uint8Array {
  const order = encodeOrder({ ...request, issuer, card: answer.card, account: answer.account })
  return encodeSign1(answer.algorithm, appendWitness(order, answer.witness), answer.signature)
}
