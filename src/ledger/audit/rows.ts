/**
 * The raw rows that an audit reads, as they stand in the database, and how it reads them: in the order of a key, a page at
 * a time, so that a book of any length takes the same memory.
 */
import type { ReadTx, Row, SqlValue } from '../../store/store.ts'

export type EventRow = {
  chain: string
  seq: bigint
  id: string
  event: string
  kind: string
  reference: string
  at: bigint
  business_date: string
  about: string | null
  expires_at: bigint | null
  facts: string | null
  previous: Uint8Array
  hash: Uint8Array
}

export type EntryRow = {
  chain: string
  seq: bigint
  line: bigint
  account: string
  side: string
  minor: bigint
  asset: string
  scale: bigint
}

export type HeadRow = {
  chain: string
  seq: bigint
  hash: Uint8Array
  at: bigint
  signer: string
  key_id: string
  signature: Uint8Array
}

const pageSize = 1_000

/** The rows of a query that is ordered by a key, read as they are needed. */
export class Rows<R extends Row> {
  readonly #read: (after: R | undefined, limit: bigint) => Promise<R[]>
  #page: R[] = []
  #place = 0
  #ended = false

  /** `read`: at most `limit` rows whose key is above that of `after`, in order. */
  constructor(read: (after: R | undefined, limit: bigint) => Promise<R[]>) {
    this.#read = read
  }

  /** The row that is due, without taking it. Undefined after the last. */
  async peek(): Promise<R | undefined> {
    const row = this.#page[this.#place]
    if (row !== undefined || this.#ended) return row
    this.#page = await this.#read(this.#page.at(-1), BigInt(pageSize))
    this.#place = 0
    this.#ended = this.#page.length < pageSize
    return this.#page[0]
  }

  take(): void {
    this.#place++
  }
}

/** What a page of the journal holds, in order: events, each with its entries. */
export interface JournalPage {
  readonly chain: string
  readonly events: readonly EventRow[]
  /** By the event's `seq`. */
  readonly entries: ReadonlyMap<bigint, readonly EntryRow[]>
  /** Entries in this stretch of the chain that belong to no event. */
  readonly stray: readonly EntryRow[]
}

/** Every chain that has an event or an entry. */
export async function chainsOf(tx: ReadTx): Promise<string[]> {
  // One step of the index for each chain: DISTINCT would read all of it. SQLite takes the steps, as it compares names by their
  // bytes: one that is not text any more comes here as another name, before which the walk would stand for ever.
  const rows = await tx.all<{ chain: string }>(
    `WITH RECURSIVE step (chain) AS (
       SELECT ''
       UNION ALL
       SELECT (SELECT min(chain) FROM (SELECT min(chain) AS chain FROM journal WHERE chain > step.chain
                 UNION ALL SELECT min(chain) FROM entry WHERE chain > step.chain))
       FROM step WHERE step.chain IS NOT NULL)
     SELECT chain FROM step WHERE chain <> ''`,
  )
  return rows.map(({ chain }) => chain)
}

/** Hands the chain's rows after `after` to `visit`, page by page. */
export async function walkJournal(
  tx: ReadTx,
  chain: string,
  after: bigint,
  visit: (page: JournalPage) => Promise<void>,
): Promise<void> {
  for (let from = after; ; ) {
    const events = await tx.all<EventRow>(
      'SELECT * FROM journal WHERE chain = ? AND seq > ? ORDER BY seq LIMIT ?',
      chain,
      from,
      BigInt(pageSize),
    )
    const last = events.at(-1)
    const isLast = last === undefined || events.length < pageSize
    // Behind the last event no entry may stand: the last page looks at all of them.
    const to = isLast ? 2n ** 63n - 1n : last.seq
    const rows = await tx.all<EntryRow>(
      'SELECT * FROM entry WHERE chain = ? AND seq > ? AND seq <= ? ORDER BY seq, line',
      chain,
      from,
      to,
    )
    await visit(pageOf(chain, events, rows))
    if (isLast) return
    from = last.seq
  }
}

function pageOf(chain: string, events: readonly EventRow[], rows: readonly EntryRow[]): JournalPage {
  const entries = new Map<bigint, EntryRow[]>(events.map(event => [event.seq, []]))
  const stray: EntryRow[] = []
  for (const row of rows) (entries.get(row.seq) ?? stray).push(row)
  return { chain, events, entries, stray }
}

/** Finds, with one query, what is wrong: each row says where and what. */
export async function violations(
  tx: ReadTx,
  sql: string,
  ...values: SqlValue[]
): Promise<{ readonly place: string; readonly what: string }[]> {
  return tx.all<{ place: string; what: string }>(sql, ...values)
}
