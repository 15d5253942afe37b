/**
 * Paying by what a card signed, where another bank's customer holds it: the answer is opened, put together and pre-checked; then one
 * command ends the order and writes the letter to the card's bank, whose word alone moves money. Whoever waits is told what
 * it says, or, when it says nothing in time, that this is unknown.
 */
import type { Refusal } from '../card/judge.ts'
import type { CardNumber } from '../card/numbers.ts'
import type { SealedPassword } from '../card/personal-password.ts'
import { rebuildSigned } from '../card/rebuild.ts'
import type { InstitutionId } from '../ids.ts'
import { InvariantBroken } from '../invariant.ts'
import { isWithinReach } from '../mail/gate.ts'
import { writeLetter } from '../mail/outbox.ts'
import type { Money } from '../money.ts'
import { now } from '../runtime.ts'
import { columnsOf } from '../store/amount-columns.ts'
import type { Tx } from '../store/store.ts'
import { requestIn } from './asked-bytes.ts'
import { issuerOfCard } from './banks.ts'
import type { Forwarded, ReceiverAnswered, ReceiverPayment, ReceiverRefused } from './edge.ts'
import { openAnswer } from './open-answer.ts'
import { endOrders, orderRow } from './orders.ts'
import { paymentId } from './payment-id.ts'
import { becameOfRow, paymentRow, paymentUnderNonce, underCard } from './payments.ts'
import { preCheck } from './pre-check.ts'
import type { AskedOf, CardReceiver } from './receiver.ts'

export async function payWith(
  receiver: CardReceiver,
  { principal, intent, nonce, answer: came }: ReceiverAnswered & Pick<AskedOf, 'principal'>,
): Promise<ReceiverPayment> {
  const { runtime, store, id, keys } = receiver
  runtime.reached('card-forward.requested')
  const of = { principal, intent }
  const answer = await runtime.work(openAnswer({ id, keys }, came))
  if (answer === undefined) return { outcome: 'unreadable-answer' }
  const [order, issuer] = await store.read(async tx => [
    await orderRow(tx, receiver, of, nonce),
    await issuerOfCard(tx, receiver, answer.card),
  ])
  // A nonce that was not asked with under this intent has no order to put together.
  if (order === undefined) {
    // Unless the asking is lost with books that went back, and the bank has said since what it made of the answer.
    const signature = { card: answer.card, counter: answer.witness.counter, principal }
    const lost = await store.read(tx => underCard(tx, receiver, signature))
    return lost?.intent === '' ? becameOfRow(lost) : refused({ reason: 'foreign-nonce' })
  }
  if (issuer === undefined) return refused({ reason: 'unknown-card' })
  const request = requestIn(order)
  const message = rebuildSigned(request, answer, issuer)
  const payment = paymentId(message, answer.password)
  const earlier = await store.read(tx => paymentUnderNonce(tx, receiver, nonce))
  if (earlier?.id === payment) return untilKnown(receiver, payment)

  const judgement = await runtime.work(preCheck(receiver, of, { message, issuer, account: answer.account }))
  if (judgement.outcome === 'refused') return refused(judgement)
  if (judgement.outcome !== 'plausible')
    throw new InvariantBroken('a receiver knows whether a card is genuine', undefined)
  if (!('amount' in request)) throw new InvariantBroken('what moves no money was to be paid', undefined)
  const at = now(receiver)
  const forwarding = {
    ...{ payment, of, nonce, message, issuer, amount: request.amount, password: answer.password },
    ...{ card: answer.card, counter: answer.witness.counter, at },
  }
  const refusal = await store.execute(async tx => {
    // Once more, in the command that acts: another answer may have come in between.
    const row = await orderRow(tx, receiver, of, nonce)
    const same = await paymentRow(tx, receiver, payment)
    if (same !== undefined) return undefined
    if (row?.over_at !== null) return refused({ reason: 'used-nonce' })
    if (Math.trunc(at / 1_000) > request.expiresAt) return refused({ reason: 'late' })
    if (!(await isWithinReach(tx, id, issuer))) return { outcome: 'refused', reason: 'not-now' } as const
    await forward(tx, receiver, forwarding)
    return undefined
  })
  runtime.reached('card-forward.committed')
  if (refusal !== undefined) return refusal
  receiver.mail.wake()
  return untilKnown(receiver, payment)
}

interface Forwarding {
  readonly payment: string
  readonly of: AskedOf
  readonly nonce: Uint8Array
  readonly message: Uint8Array
  readonly password: SealedPassword
  readonly issuer: InstitutionId
  readonly card: CardNumber
  readonly counter: number
  readonly amount: Money
  readonly at: number
}

/** Step 1: the letter to the card's bank, and the order is over. */
async function forward(tx: Tx, receiver: CardReceiver, forwarding: Forwarding): Promise<void> {
  const { payment, of, nonce, message, issuer, amount, password, card, counter, at } = forwarding
  await endOrders(tx, receiver, of, at)
  const body = { message, password }
  const letter = await writeLetter(tx, { from: receiver.id, to: issuer, type: 'card-payment', body })
  await tx.run(
    `INSERT INTO receiver_payment (tenant, id, nonce, principal, intent, issuer, card, counter, minor, asset, scale, message, at,
       state, letter_epoch, letter_sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'forwarded', ?, ?)`,
    ...[receiver.id, payment, nonce, of.principal, of.intent, issuer, card, BigInt(counter), ...columnsOf(amount)],
    ...[message, BigInt(at), letter.epoch, letter.sequence],
  )
}

function refused(refusal: Refusal): ReceiverRefused {
  return 'field' in refusal
    ? { outcome: 'refused', reason: refusal.reason, field: refusal.field }
    : { outcome: 'refused', reason: refusal.reason }
}

const firstPauseMs = 20
const longestPauseMs = 500

/** Waits a while for the word of the card's bank, with the caller on the line. */
async function untilKnown(receiver: CardReceiver, payment: string): Promise<Forwarded> {
  const { store, runtime, cards } = receiver
  const until = runtime.monotonicMs() + (cards?.answerDeadlineMs ?? 0)
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const row = await store.read(tx => paymentRow(tx, receiver, payment))
    if (row === undefined) throw new InvariantBroken('what was forwarded is not there', payment)
    const isOpen = row.state === 'forwarded' || row.state === 'sent'
    if (!isOpen || runtime.monotonicMs() >= until) return becameOfRow(row)
    await runtime.sleep(pauseMs)
  }
}
