/**
 * Tries of a short secret that must not shut its owner out: whoever knows an account's number can key wrong PINs for it,
 * so wrong ones close it to the origin that they come from, for a time that grows, and only many of them in one day to
 * everybody else. A try takes a slot, durable before anything is compared, so that neither a crash nor a crowd gives one
 * more; the slot counts as wrong until it proves right.
 *
 *     1 third wrong from an origin    open       ──▶ closed to it    for 5 min, then 30 min, 4 h, 24 h
 *     2 its time is over              closed     ──▶ open
 *     3 tenth wrong in a day          open       ──▶ closed to all   origins but known ones, from wherever they came
 *     4 next business date            to all     ──▶ open
 *     5 a branch opens it             closed     ──▶ open
 *     6 right                         open       ──▶ open            known for 90 days, all tries of this origin free again
 *
 * A subject that does not exist is closed like any other. Origins are fingerprints under a key: the tables name nobody.
 */
import type { InstitutionId } from '../ids.ts'
import { now, type Runtime } from '../runtime.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'
import type { Comparison } from './tries.ts'
import { Turns } from './turns.ts'

export const originTriesMigrations: readonly Migration[] = [
  {
    room: 'origin-tries',
    number: 1,
    sql: `
      CREATE TABLE origin_tries (
        tenant TEXT NOT NULL,
        secret TEXT NOT NULL,
        subject TEXT NOT NULL,
        origin TEXT NOT NULL,
        used INTEGER NOT NULL CHECK (used BETWEEN 0 AND 3),
        -- How often in a row it was closed: each time is longer.
        closings INTEGER NOT NULL CHECK (closings >= 0),
        closed_until INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        -- When the secret was last right from here.
        known_at INTEGER,
        PRIMARY KEY (tenant, secret, subject, origin)
      ) STRICT;
      CREATE TABLE daily_tries (
        tenant TEXT NOT NULL,
        secret TEXT NOT NULL,
        subject TEXT NOT NULL,
        date TEXT NOT NULL,
        used INTEGER NOT NULL CHECK (used >= 0),
        PRIMARY KEY (tenant, secret, subject)
      ) STRICT`,
  },
]

const mostFromOrigin = 3
const mostInDay = 10
const minute = 60_000
const closedForMs = [5 * minute, 30 * minute, 240 * minute, 1_440 * minute]
const day = 1_440 * minute
const knownForMs = 90 * day

export type OriginTried<T> =
  | { readonly outcome: 'right'; readonly value: T }
  /** `triesLeft`: at least one. */
  | { readonly outcome: 'wrong'; readonly triesLeft: number }
  /** `byThis`: this try closed it; otherwise it was not compared. */
  | { readonly outcome: 'closed'; readonly forMs: number; readonly byThis: boolean }
  | { readonly outcome: 'closed-today' }
  /** Nothing was found out, and the try was given back. */
  | { readonly outcome: 'undecided' }
  /** Too many wait for this subject and origin already. */
  | { readonly outcome: 'busy' }

export interface Attempt<T> {
  readonly subject: string
  /** The origin's fingerprint. */
  readonly origin: string
  /** False: who goes wrong here closes the subject to their own origin alone, however often, and is not shut out by what others did. */
  readonly countsForAll?: boolean
  /** Reads what the secret is compared with, in the command that takes the slot. */
  readonly look: (tx: ReadTx) => Promise<T>
  readonly compare: (value: T) => Promise<Comparison>
}

interface Taken<T> {
  readonly outcome: 'taken'
  readonly value: T
  /** Of this origin, this one included. */
  readonly used: number
  /** Of everybody today, this one included. */
  readonly usedToday: number
  readonly isKnown: boolean
  /** How long it is closed to this origin if this was wrong. */
  readonly closesForMs: number
}

type Slot<T> = Taken<T> | Extract<OriginTried<T>, { readonly outcome: 'closed' | 'closed-today' }>

type Row = {
  readonly used: bigint
  readonly closings: bigint
  readonly closed_until: bigint
  readonly known_at: bigint | null
}

export interface Closings {
  /** To how many origins it is closed, and until when the last of them: milliseconds since 1970 UTC. */
  readonly origins: number
  readonly until: number | undefined
  /** Closed to all origins but known ones until this business date is over. */
  readonly toAllOn: string | undefined
}

export class OriginTries {
  readonly #store: Store
  readonly #runtime: Runtime
  readonly #tenant: InstitutionId
  readonly #secret: string
  readonly #dateOf: (tx: ReadTx, at: number) => Promise<string>
  readonly #troubled: (error: unknown) => void
  readonly #turns = new Turns()

  /** `secret`: what is guessed, such as `pin`. `dateOf`: the business date of an instant. */
  constructor(options: {
    readonly store: Store
    readonly runtime: Runtime
    readonly tenant: InstitutionId
    readonly secret: string
    readonly dateOf: (tx: ReadTx, at: number) => Promise<string>
    readonly troubled: (error: unknown) => void
  }) {
    this.#store = options.store
    this.#runtime = options.runtime
    this.#tenant = options.tenant
    this.#secret = options.secret
    this.#dateOf = options.dateOf
    this.#troubled = options.troubled
  }

  /** One try. */
  async attempt<T>(attempt: Attempt<T>): Promise<OriginTried<T>> {
    const turn = this.#turns.take(`${attempt.subject} ${attempt.origin}`)
    if (turn === undefined) return { outcome: 'busy' }
    await turn.come
    let settled: Promise<unknown> = Promise.resolve()
    try {
      const at = now({ runtime: this.#runtime })
      const slot = await this.#store.execute(tx => this.#takeSlot(tx, attempt, at))
      if (slot.outcome !== 'taken') return slot
      this.#runtime.reached(`${this.#secret}.slot-taken`)
      let comparison: Comparison = 'undecided'
      try {
        comparison = await attempt.compare(slot.value)
      } finally {
        if (comparison !== 'wrong') settled = this.#settle(attempt, comparison, at)
      }
      if (comparison === 'right') return { outcome: 'right', value: slot.value }
      if (comparison === 'undecided') return { outcome: 'undecided' }
      return wrong(slot)
    } finally {
      // Nobody waits for it but who tries next: what is lost with the process is a try that stays used up.
      settled.catch(this.#troubled).finally(turn.end)
    }
  }

  /** A branch opens the subject again, to everybody. Where it was right before stays known. */
  async open(tx: Tx, subject: string): Promise<void> {
    await tx.run(
      `UPDATE origin_tries SET used = 0, closings = 0, closed_until = 0
       WHERE tenant = ? AND secret = ? AND subject = ?`,
      this.#tenant,
      this.#secret,
      subject,
    )
    await tx.run(
      'DELETE FROM daily_tries WHERE tenant = ? AND secret = ? AND subject = ?',
      this.#tenant,
      this.#secret,
      subject,
    )
  }

  /** To whom wrong tries have closed the subject at `at`. Whether it exists makes no difference. */
  async closings(tx: ReadTx, subject: string, at: number): Promise<Closings> {
    const row = await tx.one<{ origins: bigint; until: bigint | null }>(
      `SELECT count(*) AS origins, max(closed_until) AS until FROM origin_tries
       WHERE tenant = ? AND secret = ? AND subject = ? AND closed_until > ?`,
      this.#tenant,
      this.#secret,
      subject,
      BigInt(at),
    )
    const date = await this.#dateOf(tx, at)
    const toAll = (await this.#usedInDay(tx, subject, date)) >= mostInDay
    return {
      origins: Number(row?.origins ?? 0n),
      until: row?.until == null ? undefined : Number(row.until),
      toAllOn: toAll ? date : undefined,
    }
  }

  /** The secret is another one now. Where the old one was right is known no more, but for the origin that changed it. */
  async changed(tx: Tx, subject: string, by: string | undefined): Promise<void> {
    await tx.run(
      'UPDATE origin_tries SET known_at = NULL WHERE tenant = ? AND secret = ? AND subject = ? AND origin <> ?',
      this.#tenant,
      this.#secret,
      subject,
      by ?? '',
    )
  }

  /** Nightly: forgets what is so old that it decides nothing any more. */
  async forget(tx: Tx, at: number): Promise<void> {
    const before = BigInt(at - knownForMs)
    await tx.run(
      'DELETE FROM origin_tries WHERE tenant = ? AND secret = ? AND last_at < ? AND coalesce(known_at, 0) < ?',
      this.#tenant,
      this.#secret,
      before,
      before,
    )
    const today = await this.#dateOf(tx, at)
    await tx.run(
      'DELETE FROM daily_tries WHERE tenant = ? AND secret = ? AND date < ?',
      this.#tenant,
      this.#secret,
      today,
    )
  }

  /** The third slot closes the subject to its origin at once: it opens again if the comparison says right. */
  async #takeSlot<T>(tx: Tx, { subject, origin, look, countsForAll = true }: Attempt<T>, at: number): Promise<Slot<T>> {
    const date = await this.#dateOf(tx, at)
    const row = await this.#row(tx, subject, origin)
    const isKnown = row?.known_at !== undefined && row.known_at !== null && Number(row.known_at) > at - knownForMs
    const soFar = await this.#usedInDay(tx, subject, date)
    if (countsForAll && soFar >= mostInDay && !isKnown) return { outcome: 'closed-today' }
    if (row !== undefined && Number(row.closed_until) > at) {
      return { outcome: 'closed', forMs: Number(row.closed_until) - at, byThis: false }
    }
    const used = row === undefined || row.used >= BigInt(mostFromOrigin) ? 1 : Number(row.used) + 1
    const closes = used === mostFromOrigin
    const closings = Number(row?.closings ?? 0n)
    await tx.run(
      `INSERT INTO origin_tries (tenant, secret, subject, origin, used, closings, closed_until, last_at, known_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)
       ON CONFLICT (tenant, secret, subject, origin) DO UPDATE SET used = excluded.used, closings = excluded.closings,
         closed_until = excluded.closed_until, last_at = excluded.last_at`,
      this.#tenant,
      this.#secret,
      subject,
      origin,
      BigInt(used),
      BigInt(closes ? closings + 1 : closings),
      BigInt(closes ? at + closingMs(closings) : 0),
      BigInt(at),
    )
    const usedToday = countsForAll ? soFar + 1 : 0
    if (countsForAll)
      await tx.run(
        `INSERT INTO daily_tries (tenant, secret, subject, date, used) VALUES (?, ?, ?, ?, 1)
         ON CONFLICT (tenant, secret, subject) DO UPDATE SET date = excluded.date, used = ?`,
        this.#tenant,
        this.#secret,
        subject,
        date,
        BigInt(usedToday),
      )
    const closesForMs = closingMs(closings)
    return { outcome: 'taken', value: await look(tx), used, usedToday, isKnown, closesForMs }
  }

  /** Right: this origin's tries are free again and it is known. Undecided: the slot is given back. */
  async #settle(
    { subject, origin, countsForAll = true }: Pick<Attempt<unknown>, 'subject' | 'origin' | 'countsForAll'>,
    comparison: 'right' | 'undecided',
    at: number,
  ): Promise<void> {
    await this.#store.execute(async tx => {
      await tx.run(
        comparison === 'right'
          ? `UPDATE origin_tries SET used = 0, closings = 0, closed_until = 0, known_at = last_at
             WHERE tenant = ? AND secret = ? AND subject = ? AND origin = ?`
          : `UPDATE origin_tries SET used = used - 1, closings = closings - (used = 3), closed_until = 0
             WHERE tenant = ? AND secret = ? AND subject = ? AND origin = ? AND used > 0`,
        this.#tenant,
        this.#secret,
        subject,
        origin,
      )
      if (!countsForAll) return
      await tx.run(
        `UPDATE daily_tries SET used = used - 1
         WHERE tenant = ? AND secret = ? AND subject = ? AND date = ? AND used > 0`,
        this.#tenant,
        this.#secret,
        subject,
        await this.#dateOf(tx, at),
      )
    })
    this.#runtime.reached(`${this.#secret}.settled`)
  }

  #row(tx: ReadTx, subject: string, origin: string): Promise<Row | undefined> {
    return tx.one<Row>(
      `SELECT used, closings, closed_until, known_at FROM origin_tries
       WHERE tenant = ? AND secret = ? AND subject = ? AND origin = ?`,
      this.#tenant,
      this.#secret,
      subject,
      origin,
    )
  }

  async #usedInDay(tx: ReadTx, subject: string, date: string): Promise<number> {
    const row = await tx.one<{ used: bigint }>(
      'SELECT used FROM daily_tries WHERE tenant = ? AND secret = ? AND subject = ? AND date = ?',
      this.#tenant,
      this.#secret,
      subject,
      date,
    )
    return Number(row?.used ?? 0n)
  }
}

function wrong({ used, usedToday, isKnown, closesForMs }: Taken<unknown>): OriginTried<never> {
  if (usedToday >= mostInDay && !isKnown) return { outcome: 'closed-today' }
  if (used >= mostFromOrigin) return { outcome: 'closed', forMs: closesForMs, byThis: true }
  const leftToday = isKnown ? mostFromOrigin : mostInDay - usedToday
  return { outcome: 'wrong', triesLeft: Math.min(mostFromOrigin - used, leftToday) }
}

function closingMs(closings: number): number {
  return closedForMs[Math.min(closings, closedForMs.length - 1)] ?? day
}
