/** The demonstration's price list: what a share costs at which time of each trading day. It is the same every day. */
import { minutesOf } from '../institution/config.ts'
import type { Listed, SecuritiesConfig } from './config.ts'
import { instantOn, isOpen, type TradingDay, tradingDayAt } from './trading-day.ts'

export interface Listing {
  /** Since when: the opening, or the last change of the day. */
  readonly since: number
  readonly price: bigint
}

type Lists = Pick<SecuritiesConfig, 'timeZone' | 'trading' | 'securities'>

/** Undefined: the firm does not deal at that instant. */
export function listedAt(lists: Lists, security: Listed, at: number): Listing | undefined {
  const day = tradingDayAt(lists, at)
  if (!isOpen(day, at)) return undefined
  return listingsOn(lists, day, security).findLast(({ since }) => since <= at)
}

/** The next instant at which a price may be another, or trading opens. */
export function nextListing(lists: Lists, at: number): number {
  const day = tradingDayAt(lists, at)
  if (day.opensAt > at) return day.opensAt
  const later = lists.securities.flatMap(security =>
    listingsOn(lists, day, security).flatMap(({ since }) => (since > at ? [since] : [])),
  )
  return Math.min(...later, tradingDayAt(lists, day.closesAt).opensAt)
}

function listingsOn(lists: Lists, { date, opensAt, closesAt }: TradingDay, { prices }: Listed): readonly Listing[] {
  const opening = minutesOf(lists.trading.from)
  const atOpening = prices.findLast(({ from }) => minutesOf(from) <= opening) ?? prices.at(-1)
  if (atOpening === undefined) return []
  const changes = prices.map(({ from, price }) => ({ since: instantOn(lists, date, from), price }))
  return [
    { since: opensAt, price: atOpening.price },
    ...changes.filter(({ since }) => opensAt < since && since < closesAt),
  ]
}
