/**
 * A customer's trade with the firm, from the order to the shares. Each is numbered, and the customer quotes it by that.
 *
 *     1 take                 ──▶ open       a card signed the order; money or shares are reserved
 *     2 execute    open      ──▶ executed   at a quote: reserved becomes traded, on both sides, and is to be settled
 *     3 settle     executed  ──▶ settled    one trading day later: shares against money, in one posting
 *     4 cancel     open      ──▶ cancelled  a card signed it; what was reserved is free
 *     5 expire     open      ──▶ expired    its trading day is over; what was reserved is free
 *
 * An order at market takes steps 1 and 2 in one command or none; one with a limit takes both at once where the list has reached it. Any
 * other step is a fault. The firm deals with its own shares and money: what it does not have it does not sell or pay.
 */
import type { Isin } from '../card/numbers.ts'
import type { AccountNumber } from '../ids.ts'
import { InvariantBroken, invariant, steppedOnce } from '../invariant.ts'
import { accountExists, balanceOf } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import type { AccountId } from '../ledger/chart.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { nextReference } from '../ledger/reference.ts'
import { capture, release, reserve } from '../ledger/reserve.ts'
import { isPayable, type Money } from '../money.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { Listed } from './config.ts'
import {
  clientCash,
  clientShares,
  type Firm,
  houseCash,
  houseShares,
  inCurrency,
  listed,
  openCash,
  openShares,
  sharesOf,
  unsettledCash,
  unsettledShares,
  type When,
} from './firm.ts'
import { type Quote, quoteAt } from './quotes.ts'
import { nextTradingDay, tradingDayAt } from './trading-day.ts'

export type TradeState = 'open' | 'executed' | 'settled' | 'cancelled' | 'expired'
export type Side = 'buy' | 'sell'

export interface TradeOrder {
  readonly account: AccountNumber
  readonly side: Side
  /** Whole shares; its asset's code is the security. */
  readonly quantity: Money
  /** Per share. Without one: at the list's price of now. */
  readonly limit?: Money
}

export type TradeTaken =
  | { readonly outcome: 'executed'; readonly number: string; readonly price: Money; readonly settlesOn: string }
  /** It waits for the list to reach its limit, until its trading day is over. */
  | { readonly outcome: 'taken'; readonly number: string; readonly goodUntil: number }
  | { readonly outcome: 'insufficient-funds'; readonly available: Money }
  | { readonly outcome: 'insufficient-shares'; readonly available: Money }
  /** At market, while nobody deals. */
  | { readonly outcome: 'market-closed'; readonly opensAt: number }
  /** At market, and the firm has not enough shares, or money, to deal so much. */
  | { readonly outcome: 'no-counterparty' }
  | { readonly outcome: 'unknown-security' }
  /** Nothing, or more than can be paid. */
  | { readonly outcome: 'refused-amount' }

export type TradeRow = {
  readonly id: string
  readonly number: string
  readonly account: AccountNumber
  readonly side: Side
  readonly isin: Isin
  readonly quantity: bigint
  readonly limit_minor: bigint | null
  readonly taken_at: bigint
  readonly good_until: bigint
  readonly state: TradeState
  readonly quote: bigint | null
  readonly settles_on: string | null
  readonly settles_at: bigint | null
}

const columns =
  'id, number, account, side, isin, quantity, limit_minor, taken_at, good_until, state, quote, settles_on, settles_at'

export const selectTrades = `SELECT ${columns} FROM trade`

const holdOf = (id: string) => `trade ${id}`

/** Steps 1 and, where it can be executed at once, 2. */
export async function takeTrade(
  tx: Tx,
  firm: Firm,
  order: TradeOrder,
  { at, id }: { readonly at: number; readonly id: string },
): Promise<TradeTaken> {
  const { config } = firm
  const security = listed(firm, order.quantity.asset.code)
  if (security === undefined) return { outcome: 'unknown-security' }
  const quote = await quoteAt(tx, firm, security, at)
  const day = tradingDayAt(config, at)
  if (order.limit === undefined && quote === undefined) return { outcome: 'market-closed', opensAt: day.opensAt }
  const price = order.limit ?? inCurrency(firm, quote?.minor ?? 0n)
  const worth = inCurrency(firm, price.minor * order.quantity.minor)
  if (![price, worth].every(amount => isPayable(amount, config.currency))) return { outcome: 'refused-amount' }
  if (!isPayable(order.quantity, sharesOf(security.isin))) return { outcome: 'refused-amount' }
  const reaches = quote !== undefined && isReached(order.side, order.limit?.minor, quote)
  const isDealt = reaches && (await hasOtherSide(tx, firm, order, quote))
  if (order.limit === undefined && !isDealt) return { outcome: 'no-counterparty' }

  const when = { at, businessDate: await businessDate(tx, firm.calendar, at) }
  const short = await reserveFor(tx, firm, { order, security, worth, id, until: day.closesAt, when })
  if (short !== undefined) return short
  const number = await nextReference(tx, config.id)
  await tx.run(
    `INSERT INTO trade (tenant, id, number, account, side, isin, quantity, limit_minor, taken_at, good_until, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')`,
    ...[config.id, id, number, order.account, order.side, security.isin, order.quantity.minor],
    ...[order.limit?.minor ?? null, BigInt(at), BigInt(day.closesAt)],
  )
  if (!isDealt) return { outcome: 'taken', number, goodUntil: day.closesAt }
  const settlesOn = await execute(tx, firm, await tradeRow(tx, firm, id), quote, when)
  return { outcome: 'executed', number, price: inCurrency(firm, quote.minor), settlesOn }
}

interface Reserving {
  readonly order: TradeOrder
  readonly security: Listed
  /** At its limit, or at the price of now. */
  readonly worth: Money
  readonly id: string
  readonly until: number
  readonly when: When
}

type Short = Extract<TradeTaken, { outcome: 'insufficient-funds' | 'insufficient-shares' }>

async function reserveFor(tx: Tx, firm: Firm, reserving: Reserving): Promise<Short | undefined> {
  const { order, security, worth, id, until, when } = reserving
  const { account, side, quantity } = order
  const isBuy = side === 'buy'
  const short = isBuy ? 'insufficient-funds' : 'insufficient-shares'
  const from = isBuy ? clientCash(account) : clientShares(account, security.isin)
  // Whoever has no account has nothing, and gets none by asking.
  if (!(await accountExists(tx, from, firm.chain)))
    return { outcome: short, available: isBuy ? inCurrency(firm, 0n) : { minor: 0n, asset: sharesOf(security.isin) } }
  const [wanted, to] = isBuy ? [worth, unsettledCash(account)] : [quantity, unsettledShares(account, security.isin)]
  const { available } = await balanceOf(tx, from, firm.chain)
  if (available.minor < wanted.minor) return { outcome: short, available }
  await openCash(tx, firm, account, when)
  await openShares(tx, firm, account, security.isin, when)
  const reserved = await reserve(tx, {
    ...{ id: holdOf(id), ...when, kind: 'trade', reference: id, chain: firm.chain },
    ...{ debit: from, credit: to, amount: wanted, expiresAt: until },
  })
  if (reserved.outcome !== 'reserved') throw new InvariantBroken('what was there could not be reserved', id)
  return undefined
}

/** Whether the list has come to the limit: not above it to buy, not below it to sell. */
export function isReached(side: Side, limit: bigint | undefined, { minor }: Quote): boolean {
  if (limit === undefined) return true
  return side === 'buy' ? minor <= limit : minor >= limit
}

/** Whether the firm itself has the shares, or the money, for it. */
export async function hasOtherSide(
  tx: ReadTx,
  { chain }: Firm,
  { side, quantity }: Pick<TradeOrder, 'side' | 'quantity'>,
  quote: Quote,
): Promise<boolean> {
  const [account, needed] =
    side === 'buy'
      ? [houseShares(quantity.asset.code as Isin), quantity.minor]
      : [houseCash, quantity.minor * quote.minor]
  return (await balanceOf(tx, account, chain)).available.minor >= needed
}

/** Step 2. Both sides in one command; returns the date of settlement. */
export async function execute(tx: Tx, firm: Firm, trade: TradeRow, quote: Quote, when: When): Promise<string> {
  const { config, chain } = firm
  const { id, account, side, isin } = trade
  invariant(isReached(side, trade.limit_minor ?? undefined, quote), 'a trade is executed beyond its limit', id)
  const quantity = { minor: trade.quantity, asset: sharesOf(isin) }
  const worth = inCurrency(firm, trade.quantity * quote.minor)
  const [own, other, from, to]: readonly [Money, Money, AccountId, AccountId] =
    side === 'buy'
      ? [worth, quantity, houseShares(isin), unsettledShares(account, isin)]
      : [quantity, worth, houseCash, unsettledCash(account)]
  const captured = await capture(tx, {
    ...{ id: `execute ${id}`, reservation: holdOf(id), ...when, chain, amount: own, kind: 'trade-executed' },
  })
  const dealt = await post(tx, {
    ...{ id: `deal ${id}`, ...when, chain, kind: 'trade-executed', reference: id },
    entries: [debit(from, other), credit(to, other)],
  })
  if (captured.outcome !== 'posted' || dealt.outcome !== 'posted')
    throw new InvariantBroken('a trade that was reserved could not be executed', id)
  const { date } = tradingDayAt(config, when.at)
  const settles = nextTradingDay(config, date)
  const executed = await tx.run(
    `UPDATE trade SET state = 'executed', quote = ?, executed_at = ?, traded_on = ?, settles_on = ?, settles_at = ?
     WHERE tenant = ? AND id = ? AND state = 'open'`,
    ...[quote.number, BigInt(when.at), date, settles.date, BigInt(settles.opensAt), config.id, id],
  )
  steppedOnce(executed, 'a trade that is not open was executed', id)
  return settles.date
}

/** Step 3: delivery against payment is one posting, so that neither is without the other. */
export async function settle(tx: Tx, firm: Firm, trade: TradeRow & { readonly minor: bigint }, when: When) {
  const { config, chain } = firm
  const { id, account, side, isin } = trade
  const shares = { minor: trade.quantity, asset: sharesOf(isin) }
  const worth = inCurrency(firm, trade.quantity * trade.minor)
  const [sharesTo, cashTo] =
    side === 'buy' ? [clientShares(account, isin), houseCash] : [houseShares(isin), clientCash(account)]
  const posted = await post(tx, {
    ...{ id: `settle ${id}`, ...when, chain, kind: 'trade-settled', reference: id },
    entries: [
      ...[debit(unsettledShares(account, isin), shares), credit(sharesTo, shares)],
      ...[debit(unsettledCash(account), worth), credit(cashTo, worth)],
    ],
  })
  if (posted.outcome !== 'posted') throw new InvariantBroken('a trade that was executed could not be settled', id)
  const settled = await tx.run(
    `UPDATE trade SET state = 'settled', settled_at = ? WHERE tenant = ? AND id = ? AND state = 'executed'`,
    ...[BigInt(when.at), config.id, id],
  )
  steppedOnce(settled, 'a trade that is not executed was settled', id)
}

/** Step 4. False: its time has come, and it is about to expire. */
export async function cancelTrade(tx: Tx, firm: Firm, { id }: Pick<TradeRow, 'id'>, when: When): Promise<boolean> {
  const { chain } = firm
  const freed = await release(tx, { id: `cancel ${id}`, reservation: holdOf(id), ...when, chain })
  if (freed.outcome !== 'released') {
    if (freed.state === 'overdue') return false
    throw new InvariantBroken('a trade that is not open was cancelled', id)
  }
  await end(tx, firm, id, 'cancelled', when.at)
  return true
}

/** Step 5, of each whose reservation has just expired. */
export async function expireTrades(tx: Tx, firm: Firm, holds: readonly string[], at: number): Promise<void> {
  for (const hold of holds) await end(tx, firm, hold.slice(holdOf('').length), 'expired', at)
}

async function end(tx: Tx, { config }: Firm, id: string, state: 'cancelled' | 'expired', at: number): Promise<void> {
  const ended = await tx.run(
    `UPDATE trade SET state = ?, ended_at = ? WHERE tenant = ? AND id = ? AND state = 'open'`,
    ...[state, BigInt(at), config.id, id],
  )
  steppedOnce(ended, 'a trade that is not open was ended', id)
}

async function tradeRow(tx: ReadTx, { config }: Firm, id: string): Promise<TradeRow> {
  const row = await tx.one<TradeRow>(`${selectTrades} WHERE tenant = ? AND id = ?`, config.id, id)
  if (row === undefined) throw new InvariantBroken('there is no such trade', id)
  return row
}
