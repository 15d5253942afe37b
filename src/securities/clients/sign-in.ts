/**
 * Signing in by card. The firm judges what was signed as far as it can, and forwards it with the personal password, still sealed, to the
 * card's bank, which alone can compare it. Of a card that comes for the first time the bank also says whose it is, and which key it has;
 * from then on the firm judges by itself whatever else is signed.
 */
import { raiseAlarm } from '../../alarm.ts'
import { parseResultReason } from '../../card/messages/result.ts'
import type { CardNumber } from '../../card/numbers.ts'
import type { ReceiverAnswered, ReceiverAsked, ReceiverRefused } from '../../card-receiver/edge.ts'
import { askForOrder } from '../../card-receiver/orders.ts'
import type { AccountNumber, IntentId } from '../../ids.ts'
import type { QueryAnswer } from '../../mail/messages.ts'
import { Undeliverable } from '../../mail/transport.ts'
import { DeadlineExceeded, now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Firm } from '../firm.ts'
import { judgeSigned, refusalSince, type Signed, useUp } from './signed.ts'

/** Who has signed in: known by the account that the card is for. */
export interface Client {
  readonly account: AccountNumber
  readonly card: CardNumber
}

export type SignedIn =
  | { readonly outcome: 'signed-in'; readonly client: Client }
  | ReceiverRefused
  | { readonly outcome: 'unreadable-answer' }
  /** The card's bank does not answer, and nobody else can compare the personal password. */
  | { readonly outcome: 'bank-out-of-reach' }

const nobodyYet = { principal: '' }

export function askSignIn({ receiver }: Firm, intent: IntentId): Promise<ReceiverAsked<'sign-in'>> {
  return askForOrder(receiver, { ...nobodyYet, intent, type: 'sign-in' }, () => ({ type: 'sign-in' }))
}

export async function signIn(firm: Firm, answered: ReceiverAnswered): Promise<SignedIn> {
  const { store, runtime } = firm
  runtime.reached('sign-in.requested')
  const judged = await judgeSigned(firm, { ...nobodyYet, ...answered })
  if (judged.outcome === 'refused' || judged.outcome === 'unreadable-answer') return judged
  const vouched = await vouchedFor(firm, judged)
  if (vouched === 'out-of-reach') return { outcome: 'bank-out-of-reach' }
  if (vouched.outcome === 'refused') return refusedByBank(vouched)
  const { card, account } = judged.order
  if (vouched.account !== account) return { outcome: 'refused', reason: 'changed-field', field: 'account' }
  const at = now(firm)
  const since = await store.execute(async tx => {
    if (await isOfAnotherBank(tx, firm, judged)) {
      const detail = `card ${card}: the account that it is said to be of is another bank's`
      await raiseAlarm(tx, firm.config.id, { peer: judged.issuer, kind: 'card-contradicted', detail, at })
      return { outcome: 'refused', reason: 'unknown-card' } as const
    }
    const refusal = await refusalSince(tx, firm, judged, at, vouched)
    if (refusal !== undefined) return refusal
    await enrol(tx, firm, judged, vouched, at)
    await useUp(tx, firm, judged, { kind: 'sign-in', subject: null }, at)
    return undefined
  })
  runtime.reached('sign-in.committed')
  return since ?? { outcome: 'signed-in', client: { account, card } }
}

type Vouched = QueryAnswer<'card-holder'>

async function vouchedFor(
  { mail, config }: Firm,
  { message, answer, issuer }: Signed,
): Promise<Vouched | 'out-of-reach'> {
  try {
    return await mail.ask(issuer, 'card-holder', { message, password: answer.password }, config.vouchDeadlineMs)
  } catch (error) {
    if (error instanceof DeadlineExceeded || error instanceof Undeliverable) return 'out-of-reach'
    throw error
  }
}

function refusedByBank(vouched: Extract<Vouched, { outcome: 'refused' }>): ReceiverRefused {
  const { reason, field, triesLeft } = vouched
  return {
    ...{ outcome: 'refused', reason: parseResultReason(reason) ?? 'not-now' },
    ...(field !== undefined && { field }),
    ...(triesLeft !== undefined && { triesLeft }),
  }
}

/**
 * Whether the account is known by a card of another bank. A customer is an account, and an account is of one bank: another one that
 * vouches for a card of it would let its holder act for that customer.
 */
async function isOfAnotherBank(tx: ReadTx, { config }: Firm, { order, issuer }: Signed): Promise<boolean> {
  const row = await tx.one(
    'SELECT card FROM client_card WHERE tenant = ? AND account = ? AND bank <> ? LIMIT 1',
    ...[config.id, order.account, issuer],
  )
  return row !== undefined
}

/** What the first sign-in wrote stands: a bank says the same of one card each time. */
async function enrol(
  tx: Tx,
  { config }: Firm,
  { order: { card }, issuer }: Signed,
  { account, name, algorithm, key, expiresAt }: Extract<Vouched, { outcome: 'found' }>,
  at: number,
): Promise<void> {
  await tx.run(
    `INSERT INTO client_card (tenant, card, bank, account, name, algorithm, public_key, expires_at, enrolled_at, counter)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (tenant, card) DO NOTHING`,
    ...[config.id, card, issuer, account, name, algorithm, key, BigInt(expiresAt), BigInt(at)],
  )
}
