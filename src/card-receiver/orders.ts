/** What cards are asked to sign: each order under a nonce that this receiver has never used before, one open under each intent. */
import { parseInstitutionNumber } from '../card/numbers.ts'
import type { Matter, OrderRequest, OrderType, Payee } from '../card/order.ts'
import type { IntentId } from '../ids.ts'
import { isPayable } from '../money.ts'
import { now } from '../runtime.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { drawRequest, requestBytes } from './asked-bytes.ts'
import { ownPayee } from './banks.ts'
import type { ReceiverAsked } from './edge.ts'
import { underIntent } from './payments.ts'
import type { AskedOf, CardReceiver } from './receiver.ts'

export type OrderRow = {
  readonly nonce: Uint8Array
  readonly principal: string
  readonly intent: IntentId
  readonly request: Uint8Array
  readonly asked_at: bigint
  readonly over_at: bigint | null
}

/**
 * `about`: what is asked for; who is paid is always the receiver itself, at the account that its bank told it. The order that was asked
 * for under the same intent before, and not answered, ends with it.
 */
export async function askForOrder<T extends OrderType>(
  receiver: CardReceiver,
  { principal, intent, type }: AskedOf & { readonly type: T },
  about: (self: Payee) => Matter,
): Promise<ReceiverAsked<T>> {
  const { cards, store, runtime, keys, currency } = receiver
  const receiverNumber = cards && parseInstitutionNumber(cards.number)
  const self = await store.read(tx => ownPayee(tx, receiver))
  if (receiverNumber === undefined || self === undefined) return { outcome: 'no-cards' }
  const matter = about(self)
  if ('amount' in matter && !isPayable(matter.amount, currency)) return { outcome: 'refused-amount' }
  const [answerKey] = await keys.answerKeys()
  for (;;) {
    const at = now(receiver)
    const request = drawRequest(runtime, { receiver: receiver.id, at, type }, matter)
    const kept = await store.execute(async tx => {
      const earlier = await underIntent(tx, receiver, { principal, intent })
      if (earlier !== undefined && earlier.state !== 'refused') return 'intent-reused'
      return keep(tx, receiver, { principal, intent }, request, at)
    })
    if (kept === 'nonce-taken') continue
    if (kept === 'intent-reused') return { outcome: kept }
    return { outcome: 'asked', request, receiverNumber, answerKeyId: answerKey.number }
  }
}

async function keep(
  tx: Tx,
  receiver: Pick<CardReceiver, 'id'>,
  of: AskedOf,
  request: OrderRequest,
  at: number,
): Promise<'kept' | 'nonce-taken'> {
  await endOrders(tx, receiver, of, at)
  const isNew = await tx.run(
    `INSERT INTO receiver_order (tenant, nonce, principal, intent, request, asked_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, nonce) DO NOTHING`,
    ...[receiver.id, request.nonce, of.principal, of.intent, requestBytes(request), BigInt(at)],
  )
  return isNew === 1n ? 'kept' : 'nonce-taken'
}

/** Nothing is asked under that intent any more: an answer that still comes is too late. */
export async function endOrders(
  tx: Tx,
  { id }: Pick<CardReceiver, 'id'>,
  { principal, intent }: AskedOf,
  at: number,
): Promise<void> {
  await tx.run(
    'UPDATE receiver_order SET over_at = ? WHERE tenant = ? AND principal = ? AND intent = ? AND over_at IS NULL',
    ...[BigInt(at), id, principal, intent],
  )
}

/** Nothing is taken any more that was signed with this nonce. */
export async function endOrder(tx: Tx, { id }: Pick<CardReceiver, 'id'>, nonce: Uint8Array, at: number): Promise<void> {
  await tx.run(
    'UPDATE receiver_order SET over_at = ? WHERE tenant = ? AND nonce = ? AND over_at IS NULL',
    ...[BigInt(at), id, nonce],
  )
}

/** What was asked for with this nonce, of them and under this intent. */
export function orderRow(
  tx: ReadTx,
  { id }: Pick<CardReceiver, 'id'>,
  { principal, intent }: AskedOf,
  nonce: Uint8Array,
): Promise<OrderRow | undefined> {
  return tx.one<OrderRow>(
    `SELECT nonce, principal, intent, request, asked_at, over_at FROM receiver_order
     WHERE tenant = ? AND nonce = ? AND principal = ? AND intent = ?`,
    ...[id, nonce, principal, intent],
  )
}
