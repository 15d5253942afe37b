/**
 * Which business date an event belongs to, and which dates are closed. A date runs from cut-off to cut-off in the
 * institution's time zone (`cut-off.ts`). The database knows what is closed, so a clock that jumps back never puts an
 * event into a closed date, and missed nights are closed in order.
 */
import type { InstitutionId } from '../ids.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { type CutOff, dateByClock, nextDate } from './cut-off.ts'
import { earliestBusinessDate, type Head, headOf } from './journal.ts'

export const businessDateMigrations: readonly Migration[] = [
  {
    room: 'business-date',
    number: 1,
    sql: `
      CREATE TABLE business_date (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        date TEXT NOT NULL,
        closed_at INTEGER NOT NULL,
        chain TEXT NOT NULL,
        seq INTEGER NOT NULL,
        head TEXT NOT NULL,
        PRIMARY KEY (tenant, date)
      ) STRICT;
      CREATE TRIGGER business_date_stays_closed BEFORE DELETE ON business_date
        BEGIN SELECT RAISE(ABORT, 'a closed date stays closed'); END`,
  },
]

export interface Calendar extends CutOff {
  readonly tenant: InstitutionId
}

/** The business date to stamp on an event of now: by the clock, but never a closed one. */
export async function businessDate(tx: ReadTx, calendar: Calendar, at: number): Promise<string> {
  const byClock = dateByClock(calendar, at)
  const closed = await lastClosedDate(tx, calendar.tenant)
  return closed !== undefined && closed >= byClock ? nextDate(closed) : byClock
}

async function lastClosedDate(tx: ReadTx, tenant: InstitutionId): Promise<string | undefined> {
  const row = await tx.one<{ date: string | null }>(
    'SELECT max(date) AS date FROM business_date WHERE tenant = ?',
    tenant,
  )
  return row?.date ?? undefined
}

export interface ClosedDate {
  readonly date: string
  readonly head: Head
}

/**
 * Closes every date that is over, in order, missed nights too, each with the chain's head of now: no more can be added to
 * the date. Returns what was closed, to be signed.
 */
export async function closeDatesThatAreOver(
  tx: Tx,
  calendar: Calendar,
  chain: string,
  at: number,
): Promise<readonly ClosedDate[]> {
  const head = await headOf(tx, chain)
  const dates = await datesToClose(tx, calendar, chain, at)
  for (const date of dates) await closeDate(tx, calendar.tenant, date, head, at)
  return dates.map(date => ({ date, head }))
}

/** The dates that are over and not closed, oldest first; from the earliest of the chain on when none was ever closed. */
export async function datesToClose(tx: ReadTx, calendar: Calendar, chain: string, at: number): Promise<string[]> {
  const closed = await lastClosedDate(tx, calendar.tenant)
  const first = closed === undefined ? await earliestBusinessDate(tx, chain) : nextDate(closed)
  if (first === undefined) return []
  const today = dateByClock(calendar, at)
  const dates: string[] = []
  for (let date = first; date < today; date = nextDate(date)) dates.push(date)
  return dates
}

/** Closes a date for ever. Closing it again changes nothing. */
export async function closeDate(tx: Tx, tenant: InstitutionId, date: string, head: Head, at: number): Promise<void> {
  await tx.run(
    `INSERT INTO business_date (tenant, date, closed_at, chain, seq, head)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, date) DO NOTHING`,
    tenant,
    date,
    BigInt(Math.trunc(at)),
    head.chain,
    head.seq,
    head.hash,
  )
}
