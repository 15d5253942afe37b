/** What the people of a payee look at in its office. */
import type { DayEndReport } from '../../clearing/report.ts'
import type { PayeeDayEnd } from '../clearing/day-end.ts'
import type { Shop } from '../shop.ts'
import type { KnownKeys } from '../till/api-keys.ts'
import type { SignedAct } from './act.ts'
import { type GivenBackByPerson, giveBackByPerson } from './give-back.ts'
import { type Happening, happened, happenedOn, latest } from './happenings.ts'
import { actOnKey, type DoneAboutKey } from './keys.ts'
import { type Told, toldOf } from './shops.ts'
import { type BankStanding, dateOfNow, standings, type Today, today } from './standing.ts'
import { contradictionsOf, type HeldAt, heldAt, type WaitingResult, waitingResults } from './undecided.ts'

export interface Office {
  /** The business date of now, `2026-11-22`. */
  date(): Promise<string>
  /** With the sums of the day, for which all its rows are read. */
  today(): Promise<Today>
  /** Of each bank that may sell its vouchers, or ever did. */
  standings(): Promise<readonly BankStanding[]>
  /** Newest first, those before the row `before` of its journal. */
  latest(which: { readonly before?: bigint | undefined; readonly limit: number }): Promise<readonly Happening[]>
  happened(seq: bigint): Promise<Happening | undefined>
  /** Of business dates from `first` to `last`, `2026-11-22`, oldest first. */
  happenedOn(dates: { readonly first: string; readonly last: string }): AsyncGenerator<Happening>
  /** Day-end files, newest first: of one business date, or the latest hundred. */
  reports(date?: string): Promise<readonly DayEndReport[]>
  /** Results that contradict their files, oldest first. */
  waitingResults(): Promise<readonly WaitingResult[]>
  /** Of a result that waits: what contradicts the file, or these books, in English. */
  contradictions(file: { readonly bank: string; readonly number: bigint }): Promise<readonly string[]>
  /** Banks that hold files of ours which these books have lost, and which cannot be placed: how many of each. */
  held(): Promise<readonly HeldAt[]>
  /** By API key that was ever told something. */
  told(): Promise<readonly Told[]>
  /** What somebody signed: `unsignedAct` says what. */
  giveBack(signed: SignedAct): Promise<GivenBackByPerson>
  /** Likewise, about the key of a shop's program. */
  aboutKey(signed: SignedAct): Promise<DoneAboutKey>
}

export function officeOf(shop: Shop, dayEnd: Pick<PayeeDayEnd, 'reports'>, known: Pick<KnownKeys, 'forget'>): Office {
  return {
    date: () => dateOfNow(shop),
    today: () => today(shop),
    standings: () => standings(shop),
    latest: which => latest(shop, which),
    happened: seq => happened(shop, seq),
    happenedOn: dates => happenedOn(shop, dates),
    reports: date => dayEnd.reports(date),
    waitingResults: () => waitingResults(shop),
    contradictions: file => contradictionsOf(shop, file),
    held: () => heldAt(shop),
    told: () => toldOf(shop),
    giveBack: signed => giveBackByPerson(shop, signed),
    aboutKey: signed => actOnKey(shop, known, signed),
  }
}
