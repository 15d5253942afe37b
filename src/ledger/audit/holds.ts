/**
 * Follows every hold from its reservation to its end: nothing accrues or is captured beyond what was reserved, nothing
 * starts that has not accrued, nothing follows the end, no expiry comes before its time, what was started is posted in the end, and
 * the cached row says the same. Only holds that are open stay in memory.
 */
import type { ReadTx } from '../../store/store.ts'
import type { Finding, FindingKind } from './finding.ts'
import { type EntryRow, type EventRow, type JournalPage, violations } from './rows.ts'

interface Hold {
  readonly id: string
  readonly debit: string
  readonly credit: string
  readonly minor: bigint
  readonly asset: string
  readonly scale: bigint
  readonly expiresAt: bigint
  accrued: bigint
  started: bigint
  captured: bigint
  state: string
}

type HoldRow = {
  debit: string
  credit: string
  minor: bigint
  asset: string
  scale: bigint
  expires_at: bigint
  state: string
  /** These two are not there in books that 0.1.0 wrote and no later program has opened. */
  accrued?: bigint
  started?: bigint
  captured: bigint
}

const events = new Set(['reserve', 'accrue', 'start', 'capture-part', 'capture', 'release', 'expire'])
const ended: Readonly<Record<string, string>> = { capture: 'captured', release: 'released', expire: 'expired' }

export class HoldsCheck {
  readonly findings: Finding[] = []
  readonly #tx: ReadTx
  readonly #chain: string
  readonly #from: bigint
  readonly #open = new Map<string, Hold>()

  /** `from`: the row of the chain that was proved before; holds that were open then are read when they are needed. */
  constructor(tx: ReadTx, chain: string, from: bigint) {
    this.#tx = tx
    this.#chain = chain
    this.#from = from
  }

  async page(page: JournalPage): Promise<void> {
    for (const event of page.events) {
      if (events.has(event.event)) await this.#visit(event, page.entries.get(event.seq) ?? [])
    }
  }

  /** The holds that are still open and, of the whole chain, rows of holds that no event made. */
  async end(whole: boolean): Promise<void> {
    for (const hold of this.#open.values()) await this.#compare(hold)
    if (!whole) return
    const made = await violations(
      this.#tx,
      `SELECT reservation.id AS place, 'no event made this reservation' AS what
       FROM reservation LEFT JOIN journal ON journal.chain = reservation.chain AND journal.id = reservation.id
       WHERE reservation.chain = ? AND event IS NOT 'reserve'`,
      this.#chain,
    )
    for (const { place, what } of made) this.#find('reservation-cache', `${this.#chain} ${place}`, what)
  }

  async #visit(event: EventRow, entries: readonly EntryRow[]): Promise<void> {
    const where = `${event.chain} ${event.seq}`
    if (event.event === 'reserve') {
      const hold = reserved(event, entries)
      if (hold === undefined) this.#find('impossible-event', where, 'a reservation is one debit, one credit and an end')
      else this.#open.set(hold.id, hold)
      return
    }
    const about = event.about ?? ''
    const hold = this.#open.get(about) ?? (await this.#openBefore(about))
    if (hold === undefined) {
      this.#find('impossible-event', where, `${event.event} of a reservation that is not open`)
      return
    }
    const wrong = follow(hold, event, entries)
    if (wrong !== undefined) this.#find('impossible-event', where, wrong)
    if (hold.state === 'open') this.#open.set(hold.id, hold)
    else {
      this.#open.delete(hold.id)
      await this.#compare(hold)
    }
  }

  /** A hold that was open at the row from which this audit goes on. */
  async #openBefore(id: string): Promise<Hold | undefined> {
    if (this.#from === 0n) return undefined
    const past = await this.#tx.all<EventRow>(
      `SELECT * FROM journal WHERE chain = ? AND id = ? AND seq <= ?
       UNION ALL SELECT * FROM (SELECT * FROM journal WHERE chain = ? AND about = ? AND seq <= ? ORDER BY seq)`,
      ...[this.#chain, id, this.#from],
      ...[this.#chain, id, this.#from],
    )
    let hold: Hold | undefined
    for (const event of past) {
      const entries = await this.#tx.all<EntryRow>(
        'SELECT * FROM entry WHERE chain = ? AND seq = ? ORDER BY line',
        this.#chain,
        event.seq,
      )
      if (event.event === 'reserve') hold = reserved(event, entries)
      else if (hold !== undefined) follow(hold, event, entries)
    }
    return hold?.state === 'open' ? hold : undefined
  }

  async #compare(hold: Hold): Promise<void> {
    const row = await this.#tx.one<HoldRow>(
      'SELECT * FROM reservation WHERE chain = ? AND id = ?',
      this.#chain,
      hold.id,
    )
    const same =
      row !== undefined &&
      row.debit === hold.debit &&
      row.credit === hold.credit &&
      row.minor === hold.minor &&
      row.asset === hold.asset &&
      row.scale === hold.scale &&
      row.expires_at === hold.expiresAt &&
      row.state === hold.state &&
      (row.accrued ?? hold.accrued) === hold.accrued &&
      (row.started ?? hold.started) === hold.started &&
      row.captured === hold.captured
    const where = `${this.#chain} ${hold.id}`
    if (!same) this.#find('reservation-cache', where, `the events made it ${hold.state}, the cache differs`)
  }

  #find(kind: FindingKind, where: string, what: string): void {
    this.findings.push({ kind, where, what })
  }
}

function reserved(event: EventRow, entries: readonly EntryRow[]): Hold | undefined {
  const [from, to, ...more] = entries
  if (from?.side !== 'debit' || to?.side !== 'credit' || more.length > 0 || event.expires_at === null) return undefined
  const { minor, asset, scale } = from
  return {
    ...{ id: event.id, debit: from.account, credit: to.account, minor, asset, scale },
    ...{ expiresAt: event.expires_at, accrued: 0n, started: 0n, captured: 0n, state: 'open' },
  }
}

/** Plays an event of an open hold. Returns what is wrong with it. */
function follow(hold: Hold, event: EventRow, entries: readonly EntryRow[]): string | undefined {
  const isLate = event.at >= hold.expiresAt
  const [from, to, ...more] = entries
  const minor = from?.minor ?? 0n
  const isEnd = event.event === 'capture' || event.event === 'release' || event.event === 'expire'
  const wrong: string[] = []
  if (
    entries.length > 0 &&
    (more.length > 0 ||
      from?.account !== hold.debit ||
      from.side !== 'debit' ||
      to?.account !== hold.credit ||
      to.side !== 'credit' ||
      from.asset !== hold.asset)
  ) {
    wrong.push('it moves otherwise than was reserved')
  }
  if (event.event === 'accrue') hold.accrued += minor
  else if (event.event === 'start') hold.started += minor
  else hold.captured += minor
  if (hold.started > hold.accrued) wrong.push(`it starts ${hold.started}, of which ${hold.accrued} has accrued`)
  if (hold.captured > hold.started) hold.started = hold.captured
  if (hold.started > hold.accrued) hold.accrued = hold.started
  if (hold.accrued > hold.minor) wrong.push(`it uses ${hold.accrued} of ${hold.minor}`)
  if (isEnd && hold.captured < hold.started) wrong.push(`${hold.started - hold.captured} were used and are not posted`)
  if (event.event === 'expire' && !isLate) wrong.push('it expired before its time')
  if (event.event !== 'expire' && event.event !== 'release' && isLate) wrong.push('its time had come before')
  if (isEnd) hold.state = ended[event.event] ?? event.event
  else if (hold.captured >= hold.minor) hold.state = 'captured'
  return wrong.length === 0 ? undefined : wrong.join(', ')
}
