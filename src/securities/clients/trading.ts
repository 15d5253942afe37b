/** Trades by card: asked for, signed, judged by the firm itself, and taken or taken back in one command with the signature. */
import { hash } from 'node:crypto'
import { toHex } from '../../bytes.ts'
import type { ReceiverAnswered, ReceiverAsked, ReceiverRefused } from '../../card-receiver/edge.ts'
import { askForOrder } from '../../card-receiver/orders.ts'
import type { AccountNumber, IntentId } from '../../ids.ts'
import { InvariantBroken } from '../../invariant.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { isPayable } from '../../money.ts'
import { now, orderedId } from '../../runtime.ts'
import { before, decided, type IntendedRequest, type IntentReused, once } from '../../store/once.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type Firm, listed, sharesOf } from '../firm.ts'
import {
  cancelTrade,
  selectTrades,
  type TradeOrder,
  type TradeRow,
  type TradeState,
  type TradeTaken,
  takeTrade,
} from '../trade.ts'
import { judgeSigned, refusalSince, type Signed, useUp } from './signed.ts'

export type TradeAsked = ReceiverAsked<'trade'> | { readonly outcome: 'unknown-security' }
export type CancelAsked = ReceiverAsked<'cancel'> | { readonly outcome: 'unknown-trade' }

export type TradeCancelled =
  | { readonly outcome: 'cancelled'; readonly number: string }
  /** It was executed, has expired, or was cancelled before. */
  | { readonly outcome: 'too-late'; readonly state: TradeState }
  | { readonly outcome: 'unknown-trade' }

/** Who has signed in, and under which intent they were asked. */
export type Answered = ReceiverAnswered & { readonly account: AccountNumber }

/** Nothing was done: the order may be answered again while it lives. */
export type NotActedOn = ReceiverRefused | { readonly outcome: 'unreadable-answer' } | IntentReused

export async function askTrade(
  firm: Firm,
  { intent, ...order }: TradeOrder & { readonly intent: IntentId },
): Promise<TradeAsked> {
  const { config, receiver } = firm
  const { account: principal, side, quantity, limit } = order
  const security = listed(firm, quantity.asset.code)
  if (security === undefined) return { outcome: 'unknown-security' }
  if (!isPayable(quantity, sharesOf(security.isin))) return { outcome: 'refused-amount' }
  if (limit !== undefined && !isPayable(limit, config.currency)) return { outcome: 'refused-amount' }
  if (await isDecided(firm, principal, intent)) return { outcome: 'intent-reused' }
  return askForOrder(receiver, { principal, intent, type: 'trade' }, () => ({
    ...{ type: 'trade', side, quantity },
    ...(limit !== undefined && { limit }),
  }))
}

export async function askCancel(
  firm: Firm,
  {
    account: principal,
    intent,
    trade,
  }: { readonly account: AccountNumber; readonly intent: IntentId; readonly trade: string },
): Promise<CancelAsked> {
  const row = await firm.store.read(tx => tradeNumbered(tx, firm, principal, trade))
  if (row === undefined) return { outcome: 'unknown-trade' }
  if (await isDecided(firm, principal, intent)) return { outcome: 'intent-reused' }
  return askForOrder(firm.receiver, { principal, intent, type: 'cancel' }, () => ({ type: 'cancel', trade }))
}

export function tradeByCard(firm: Firm, answered: Answered): Promise<TradeTaken | NotActedOn> {
  return actOn<TradeTaken>(firm, 'trade', answered, async (tx, signed, { at, id }) => {
    const { order } = signed
    if (order.type !== 'trade') throw new InvariantBroken('what is no trade was to be traded', order.type)
    const { account, side, quantity, limit } = order
    const wanted = { account, side, quantity, ...(limit !== undefined && { limit }) }
    const taken = await takeTrade(tx, firm, wanted, { at, id })
    return { became: taken, ...(taken.outcome === 'executed' || taken.outcome === 'taken' ? { subject: id } : {}) }
  })
}

export function cancelByCard(firm: Firm, answered: Answered): Promise<TradeCancelled | NotActedOn> {
  return actOn<TradeCancelled>(firm, 'cancel', answered, async (tx, { order }, { at }) => {
    if (order.type !== 'cancel') throw new InvariantBroken('what cancels nothing was to cancel', order.type)
    const row = await tradeNumbered(tx, firm, order.account, order.trade)
    if (row === undefined) return { became: { outcome: 'unknown-trade' } }
    if (row.state !== 'open') return { became: { outcome: 'too-late', state: row.state } }
    const when = { at, businessDate: await businessDate(tx, firm.calendar, at) }
    if (!(await cancelTrade(tx, firm, row, when))) return { became: { outcome: 'too-late', state: 'expired' } }
    return { became: { outcome: 'cancelled', number: row.number }, subject: row.id }
  })
}

interface Drawn {
  readonly at: number
  readonly id: string
}
/** `subject`: what was done; without it nothing was, and the signature is not used up. */
interface Done<O> {
  readonly became: O
  readonly subject?: string
}

/** Judges what came, and does it once: whatever the books decide stays so for that very answer. */
export async function actOn<O extends { readonly outcome: string }>(
  firm: Firm,
  kind: 'trade' | 'cancel' | 'fund',
  answered: Answered,
  act: (tx: Tx, signed: Signed, drawn: Drawn) => Promise<Done<O>>,
): Promise<O | NotActedOn> {
  const { config, store, runtime } = firm
  const { account, intent, nonce, answer } = answered
  runtime.reached(`${kind}.requested`)
  const request = { nonce: toHex(nonce), way: answer.way, answer: hash('sha256', answer.bytes) }
  const intended: IntendedRequest = { tenant: config.id, principal: account, id: intent, kind, request }
  const known = await store.read(tx => before<O>(tx, intended))
  if (known !== undefined) return known
  const judged = await judgeSigned(firm, { principal: account, intent, nonce, answer })
  if (judged.outcome === 'refused' || judged.outcome === 'unreadable-answer') return judged
  if (judged.outcome === 'plausible') return { outcome: 'refused', reason: 'unknown-card' }
  const drawn = { at: now(firm), id: orderedId(runtime) }
  const became = await store.execute<O | NotActedOn>(async tx => {
    const earlier = await before<O>(tx, intended)
    if (earlier !== undefined) return earlier
    const refusal = await refusalSince(tx, firm, judged, drawn.at)
    if (refusal !== undefined) return refusal
    return once<O>(tx, intended, async () => {
      const done = await act(tx, judged, drawn)
      if (done.subject !== undefined) await useUp(tx, firm, judged, { kind, subject: done.subject }, drawn.at)
      return done.became
    })
  })
  runtime.reached(`${kind}.committed`)
  firm.wakeMarket()
  firm.mail.wake()
  return became
}

export function isDecided({ store, config }: Firm, principal: string, id: IntentId): Promise<boolean> {
  return store.read(async tx => (await decided(tx, config.id, { principal, id })) !== undefined)
}

/** Numbers come again after a million trades: the newest has it. */
function tradeNumbered(tx: ReadTx, { config }: Firm, account: string, number: string): Promise<TradeRow | undefined> {
  return tx.one<TradeRow>(
    `${selectTrades} WHERE tenant = ? AND account = ? AND number = ? ORDER BY id DESC LIMIT 1`,
    ...[config.id, account, number],
  )
}
