/**
 * Signatures that were forwarded, as the receiver keeps them. What becomes of one is the issuing bank's signed word.
 *
 *     1 forward                              ──▶ forwarded   the letter is written, the order is over
 *     2 sent       forwarded                 ──▶ sent        it has left the card's account for another bank
 *     3 paid       forwarded, sent           ──▶ paid        it is at the payee's account
 *     4 came back  forwarded, sent           ──▶ came-back   the payee's bank did not take it
 *     5 refused    forwarded                 ──▶ refused     nothing has moved
 *     6 paid       came-back                 ──▶ paid        the payee's bank had taken it after all
 *
 * The same word again changes nothing; one that says otherwise is an alarm.
 */
import { parseSign1 } from '../card/cose/sign1.ts'
import type { ResultReason } from '../card/messages/result.ts'
import type { CardNumber } from '../card/numbers.ts'
import { parseWitnessed } from '../card/order-bytes.ts'
import type { InstitutionId, IntentId } from '../ids.ts'
import { type AmountColumns, amountOf } from '../store/amount-columns.ts'
import type { ReadTx } from '../store/store.ts'
import type { CardPaymentLine, Forwarded } from './edge.ts'
import type { AskedOf, CardReceiver, TakenPayment } from './receiver.ts'

export type PaymentRow = AmountColumns & {
  /** As `payment-id.ts` has it. */
  readonly id: IntentId
  readonly nonce: Uint8Array
  readonly principal: string
  readonly intent: IntentId | ''
  readonly issuer: InstitutionId
  readonly card: CardNumber
  readonly counter: bigint
  readonly message: Uint8Array
  readonly at: bigint
  readonly state: 'forwarded' | 'sent' | 'paid' | 'came-back' | 'refused'
  readonly reference: string
  readonly reason: ResultReason | ''
  readonly field: string | null
  readonly tries_left: bigint | null
}

const columns = `id, nonce, principal, intent, issuer, card, counter, minor, asset, scale, message, at, state, reference, reason,
  field, tries_left`

export function paymentRow(
  tx: ReadTx,
  { id }: Pick<CardReceiver, 'id'>,
  payment: string,
): Promise<PaymentRow | undefined> {
  return tx.one<PaymentRow>(`SELECT ${columns} FROM receiver_payment WHERE tenant = ? AND id = ?`, id, payment)
}

export function paymentUnderNonce(
  tx: ReadTx,
  { id }: Pick<CardReceiver, 'id'>,
  nonce: Uint8Array,
): Promise<PaymentRow | undefined> {
  return tx.one<PaymentRow>(`SELECT ${columns} FROM receiver_payment WHERE tenant = ? AND nonce = ?`, id, nonce)
}

/** Of several, one that was not refused; else the last. */
const foremost = `ORDER BY state = 'refused', at DESC, id DESC LIMIT 1`

export function underIntent(
  tx: ReadTx,
  { id }: Pick<CardReceiver, 'id'>,
  { principal, intent }: AskedOf,
): Promise<PaymentRow | undefined> {
  return tx.one<PaymentRow>(
    `SELECT ${columns} FROM receiver_payment WHERE tenant = ? AND principal = ? AND intent = ? ${foremost}`,
    ...[id, principal, intent],
  )
}

/** `principal`: of theirs alone, where somebody has signed in. */
export function underCard(
  tx: ReadTx,
  { id }: Pick<CardReceiver, 'id'>,
  { card, counter, principal }: { readonly card: CardNumber; readonly counter: number; readonly principal: string },
): Promise<PaymentRow | undefined> {
  return tx.one<PaymentRow>(
    `SELECT ${columns} FROM receiver_payment
     WHERE tenant = ? AND card = ? AND counter = ? AND (principal = ? OR intent = '') ${foremost}`,
    ...[id, card, BigInt(counter), principal],
  )
}

/** All of one state, in the order in which they were signed for. */
export function underState(
  tx: ReadTx,
  { id }: Pick<CardReceiver, 'id'>,
  state: PaymentRow['state'],
): Promise<readonly PaymentRow[]> {
  return tx.all<PaymentRow>(
    `SELECT ${columns} FROM receiver_payment WHERE tenant = ? AND state = ? ORDER BY at, id`,
    ...[id, state],
  )
}

/** What a receiver is told of one that is paid. */
export function takenPayment(row: PaymentRow): TakenPayment {
  const { id, principal, intent, card, issuer, reference } = row
  const { order } = parseWitnessed(parseSign1(row.message).payload)
  const counter = Number(row.counter)
  return { id, principal, intent, order, card, counter, issuer, amount: amountOf(row), reference }
}

export function becameOfRow(row: PaymentRow): Forwarded {
  const amount = amountOf(row)
  switch (row.state) {
    case 'forwarded':
      return { outcome: 'unknown', amount }
    case 'sent':
      return { outcome: 'on-its-way', amount, reference: row.reference }
    case 'paid':
      return { outcome: 'paid', amount, reference: row.reference }
    case 'came-back':
      return { outcome: 'came-back', amount }
    case 'refused':
      return {
        ...{ outcome: 'refused', reason: row.reason === '' ? 'not-now' : row.reason },
        ...(row.field !== null && { field: row.field }),
        ...(row.tries_left !== null && { triesLeft: Number(row.tries_left) }),
      }
  }
}

const shownDigits = 4

/** For the people of the receiver, newest first. */
export async function cardPaymentLines(
  { store, id }: Pick<CardReceiver, 'store' | 'id'>,
  limit: number,
): Promise<readonly CardPaymentLine[]> {
  const rows = await store.read(tx =>
    tx.all<PaymentRow>(
      `SELECT ${columns} FROM receiver_payment WHERE tenant = ? ORDER BY at DESC, id DESC LIMIT ?`,
      ...[id, BigInt(limit)],
    ),
  )
  return rows.map(row => ({
    ...{ id: row.id, at: Number(row.at), amount: amountOf(row), state: row.state, issuer: row.issuer },
    card: row.card.slice(-shownDigits).padStart(row.card.length, '•'),
    ...{ reference: row.reference, reason: row.reason },
  }))
}
