/**
 * What a customer's card signed, judged by the firm itself: of a card that its bank has vouched for the firm knows key and account, and
 * keeps a high-water mark of its own. Whoever acts on it uses up card and counter, and nonce, in the command that acts.
 */
import type { SigningAlgorithm } from '../../card/cose/signing.ts'
import { judgeOrder, type Refusal } from '../../card/judge.ts'
import type { Answer } from '../../card/messages/answer.ts'
import type { CardNumber } from '../../card/numbers.ts'
import type { Order } from '../../card/order.ts'
import { rebuildSigned } from '../../card/rebuild.ts'
import type { CardRegister, RegisteredCard } from '../../card/register.ts'
import { requestIn } from '../../card-receiver/asked-bytes.ts'
import { issuerOfCard } from '../../card-receiver/banks.ts'
import type { ReceiverAnswered, ReceiverRefused } from '../../card-receiver/edge.ts'
import { openAnswer } from '../../card-receiver/open-answer.ts'
import { endOrders, orderRow } from '../../card-receiver/orders.ts'
import { preCheck } from '../../card-receiver/pre-check.ts'
import type { AskedOf } from '../../card-receiver/receiver.ts'
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import { steppedOnce } from '../../invariant.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Firm } from '../firm.ts'

export interface Signed {
  readonly of: AskedOf
  readonly nonce: Uint8Array
  /** COSE_Sign1, whole. */
  readonly message: Uint8Array
  readonly answer: Answer
  readonly issuer: InstitutionId
  readonly order: Order
  readonly counter: number
}

export type Judged =
  /** By a card that this firm knows: it may act on it. */
  | ({ readonly outcome: 'genuine' } & Signed)
  /** By a card that it does not know yet: its bank is to be asked. */
  | ({ readonly outcome: 'plausible' } & Signed)
  | ReceiverRefused
  | { readonly outcome: 'unreadable-answer' }

type ClientCardRow = {
  readonly bank: InstitutionId
  readonly account: AccountNumber
  readonly algorithm: SigningAlgorithm
  readonly public_key: Uint8Array
  readonly expires_at: bigint
  readonly counter: bigint
  /** As its bank has listed it. */
  readonly state: 'blocked' | 'revoked' | null
}

function clientCard(tx: ReadTx, { config }: Firm, card: CardNumber): Promise<ClientCardRow | undefined> {
  return tx.one<ClientCardRow>(
    `SELECT client.bank, account, client.algorithm, public_key, expires_at, counter, state FROM client_card AS client
     LEFT JOIN listed_card AS listed ON listed.tenant = client.tenant AND listed.card = client.card AND listed.bank = client.bank
     WHERE client.tenant = ? AND client.card = ?`,
    ...[config.id, card],
  )
}

async function newcomer(
  tx: ReadTx,
  { config }: Firm,
  card: CardNumber,
  bank: InstitutionId,
  { expiresAt }: { readonly expiresAt: number },
): Promise<Pick<ClientCardRow, 'expires_at' | 'counter' | 'state'>> {
  const listed = await tx.one<{ state: 'blocked' | 'revoked' }>(
    'SELECT state FROM listed_card WHERE tenant = ? AND card = ? AND bank = ?',
    ...[config.id, card, bank],
  )
  return { expires_at: BigInt(expiresAt), counter: 0n, state: listed?.state ?? null }
}

export async function judgeSigned(
  firm: Firm,
  { principal, intent, nonce, answer: came }: ReceiverAnswered & Pick<AskedOf, 'principal'>,
): Promise<Judged> {
  const { store, runtime, receiver } = firm
  const of = { principal, intent }
  const answer = await runtime.work(openAnswer(receiver, came))
  if (answer === undefined) return { outcome: 'unreadable-answer' }
  const [asked, issuer, known] = await store.read(async tx => [
    await orderRow(tx, receiver, of, nonce),
    await issuerOfCard(tx, receiver, answer.card),
    await clientCard(tx, firm, answer.card),
  ])
  // A nonce that they were not asked with under this intent has no order to put together.
  if (asked === undefined) return refused({ reason: 'foreign-nonce' })
  if (issuer === undefined) return refused({ reason: 'unknown-card' })
  // Whoever has signed in acts by cards of that account alone: others are as unknown to it as those that do not exist.
  if (principal !== '' && known?.account !== principal) return refused({ reason: 'unknown-card' })
  const message = rebuildSigned(requestIn(asked), answer, issuer)
  const presented = { message, receiver: receiver.id, now: Math.trunc(now(firm) / 1_000) }
  const judgement = await runtime.work(
    known === undefined
      ? preCheck(receiver, of, { message, issuer, account: answer.account })
      : judgeOrder(presented, registerOf(firm, of, known)),
  )
  if (judgement.outcome === 'refused') return refused(judgement)
  if (judgement.outcome === 'undecided') return refused({ reason: 'not-now' })
  const { order, witness } = judgement
  return { outcome: judgement.outcome, of, nonce, message, answer, issuer, order, counter: witness.counter }
}

function registerOf(firm: Firm, of: AskedOf, known: ClientCardRow): CardRegister {
  const { store, receiver } = firm
  return {
    card: async (_, issuer) => (issuer === known.bank ? registered(known) : 'unknown'),
    asked: async (asker, nonce) => {
      const row = asker === receiver.id ? await store.read(tx => orderRow(tx, receiver, of, nonce)) : undefined
      if (row === undefined) return { state: 'foreign' }
      return row.over_at === null ? { state: 'open', request: requestIn(row) } : { state: 'used' }
    },
    // What goes out goes to the account that the firm itself put into the order.
    payeeName: async () => 'elsewhere',
    mayCollect: async () => false,
  }
}

function registered({ bank, account, algorithm, public_key: bytes, ...row }: ClientCardRow): RegisteredCard {
  const state = row.state ?? 'active'
  return {
    ...{ issuer: bank, account, key: { algorithm, bytes }, state },
    ...{ expiresAt: Number(row.expires_at), counter: Number(row.counter) },
  }
}

function refused(refusal: Refusal | { readonly reason: 'not-now' }): ReceiverRefused {
  const { reason } = refusal
  return 'field' in refusal ? { outcome: 'refused', reason, field: refusal.field } : { outcome: 'refused', reason }
}

/**
 * Nonce, counter and card, once more in the command that acts: another answer may have come in between. `vouched`: what the card's bank
 * says of it now, for one that this firm does not know yet.
 */
export async function refusalSince(
  tx: ReadTx,
  firm: Firm,
  { of, nonce, order, counter, issuer }: Signed,
  at: number,
  vouched?: { readonly expiresAt: number },
): Promise<ReceiverRefused | undefined> {
  const row = await orderRow(tx, firm.receiver, of, nonce)
  if (row?.over_at !== null) return refused({ reason: 'used-nonce' })
  const seconds = Math.trunc(at / 1_000)
  if (seconds > order.expiresAt) return refused({ reason: 'late' })
  const card =
    (await clientCard(tx, firm, order.card)) ?? (vouched && (await newcomer(tx, firm, order.card, issuer, vouched)))
  if (card === undefined) return refused({ reason: 'unknown-card' })
  if (BigInt(counter) <= card.counter) return refused({ reason: 'old-counter' })
  if (card.state !== null) return refused({ reason: card.state })
  return seconds > Number(card.expires_at) ? refused({ reason: 'expired' }) : undefined
}

export interface Act {
  readonly kind: 'sign-in' | 'trade' | 'cancel' | 'fund'
  /** The trade or the payout. */
  readonly subject: string | null
}

/** The order is over, and neither counter nor nonce is accepted again. */
export async function useUp(tx: Tx, firm: Firm, signed: Signed, { kind, subject }: Act, at: number): Promise<void> {
  const { config, receiver } = firm
  const { of, order, counter, nonce, message } = signed
  await endOrders(tx, receiver, of, at)
  const counted = await tx.run(
    'UPDATE client_card SET counter = ? WHERE tenant = ? AND card = ? AND counter < ?',
    ...[BigInt(counter), config.id, order.card, BigInt(counter)],
  )
  steppedOnce(counted, 'a card acted with a counter that was used', order.card)
  await tx.run(
    'INSERT INTO card_act (tenant, card, counter, nonce, kind, subject, message, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ...[config.id, order.card, BigInt(counter), nonce, kind, subject, message, BigInt(at)],
  )
}
