/**
 * Who may write an institution's log. A lease has an epoch, which each new holder makes one higher: from then on no record of the old one gets in. And it
 * has an end, which its holder counts on a clock of his own from before he asked, so that nobody needs to agree on the time:
 * whoever has seen it stand still for as long as it lasts knows that it is over.
 */
import { toHex } from '../../bytes.ts'
import { Cancellation, type Runtime } from '../../runtime.ts'
import { NotKept } from '../store.ts'
import type { Link } from './link.ts'
import type { OwnLease } from './own-lease.ts'
import type { KeeperTimes } from './place.ts'

/** Two machines' clocks need not run alike: by so much longer a taker waits, a part of a lease. */
const margin = 1 / 30

interface LeaseRow extends OwnLease {
  readonly renewals: bigint
  readonly free: boolean
}

export interface Held {
  readonly epoch: bigint
  /** On this process's clock, from before it was asked for. */
  readonly sinceMs: number
}

/** Looks at a lease again and again, and takes it when its holder has let go or has not renewed it for as long as it lasts. */
export class LeaseTaker {
  readonly #runtime: Runtime
  readonly #institution: string
  readonly #leaseMs: number
  readonly #ended: OwnLease | undefined
  #seen: (LeaseRow & { readonly sinceMs: number }) | undefined

  /** `ended`: its holder is known to be gone (`own-lease.ts`). */
  constructor(runtime: Runtime, institution: string, { leaseMs }: KeeperTimes, ended?: OwnLease) {
    this.#runtime = runtime
    this.#institution = institution
    this.#leaseMs = leaseMs
    this.#ended = ended
  }

  /** Undefined while it is another's. @throws Refused, Unanswered */
  async tryToTake(link: Link): Promise<(Held & OwnLease) | undefined> {
    const row = await this.#look(link)
    if (row === undefined) return undefined
    const nowMs = this.#runtime.monotonicMs()
    if (this.#seen === undefined || !isSame(this.#seen, row)) this.#seen = { ...row, sinceMs: nowMs }
    // What is seen was renewed before it was seen.
    const isOver = nowMs >= this.#seen.sinceMs + this.#leaseMs * (1 + margin)
    const isEnded = row.epoch === this.#ended?.epoch && row.holder === this.#ended.holder
    if (!row.free && !isOver && !isEnded) return undefined
    const holder = toHex(this.#runtime.random(16))
    const taken = await link.query(
      `UPDATE tonebank_lease SET epoch = epoch + 1, renewals = 0, free = false, holder = $5
         WHERE institution = $1 AND epoch = $2 AND renewals = $3 AND free = $4 RETURNING epoch`,
      [this.#institution, row.epoch, row.renewals, row.free, holder],
    )
    const epoch = taken[0]?.['epoch']
    return epoch === undefined ? undefined : { epoch: BigInt(String(epoch)), holder, sinceMs: nowMs }
  }

  /** Undefined where whoever makes PostgreSQL's tables anew does so at this moment: the next look finds or makes the row. */
  async #look(link: Link): Promise<LeaseRow | undefined> {
    await link.query(
      `INSERT INTO tonebank_lease (institution, epoch, renewals, free)
         SELECT $1, 0, 0, true WHERE NOT EXISTS (SELECT 1 FROM tonebank_lease WHERE institution = $1)
         ON CONFLICT DO NOTHING`,
      [this.#institution],
    )
    const [row] = await link.query('SELECT epoch, renewals, free, holder FROM tonebank_lease WHERE institution = $1', [
      this.#institution,
    ])
    if (row === undefined) return undefined
    return {
      epoch: BigInt(String(row['epoch'])),
      renewals: BigInt(String(row['renewals'])),
      free: row['free'] === true,
      holder: String(row['holder']),
    }
  }
}

function isSame(a: LeaseRow, b: LeaseRow): boolean {
  return a.epoch === b.epoch && a.renewals === b.renewals && a.free === b.free
}

/** What becomes of a lease while it is kept up. */
export interface LeaseHeard {
  /** Another has it. */
  readonly lost: (cause: unknown) => void
  /** It has run out, as it could not be renewed, and nobody else has it so far. Once, until it is back. */
  readonly away: (cause: unknown) => void
  readonly back: () => void
}

export class Lease {
  readonly #runtime: Runtime
  readonly #link: Link
  readonly #institution: string
  readonly #times: KeeperTimes
  readonly epoch: bigint
  #untilMs: number
  #fenced = false
  #renewing: Promise<void> | undefined
  readonly #stopping = new Cancellation()

  /** `link`: of its own, as a renewal does not wait until a record is kept, and with `renewalTimes`. */
  constructor(runtime: Runtime, link: Link, institution: string, { epoch, sinceMs }: Held, times: KeeperTimes) {
    this.#runtime = runtime
    this.#link = link
    this.#institution = institution
    this.#times = times
    this.epoch = epoch
    this.#untilMs = sinceMs + times.leaseMs
  }

  get isHeld(): boolean {
    return !this.#fenced && this.#runtime.monotonicMs() < this.#untilMs
  }

  /** @throws NotKept */
  assertHeld(): void {
    if (!this.isHeld) throw new NotKept(this.#fenced ? 'another process has taken over' : 'its lease has run out')
  }

  /** Another has it: it does not come back. */
  fence(): void {
    this.#fenced = true
  }

  /** Renews it until it is released or another's. */
  keepUp(heard: LeaseHeard): void {
    this.#renewing = this.#keepUp(heard)
  }

  /** So that another need not wait until it is over. It may fail: then he waits. */
  async release(): Promise<void> {
    this.#stopping.cancel('released')
    await this.#renewing
    const wasHeld = this.isHeld
    this.fence()
    const release = 'UPDATE tonebank_lease SET free = true WHERE institution = $1 AND epoch = $2'
    if (wasHeld) await this.#link.query(release, [this.#institution, this.epoch]).catch(() => {})
    this.#link.close()
  }

  async #keepUp({ lost, away, back }: LeaseHeard): Promise<void> {
    let isAway = false
    for (let pauseMs = this.#times.renewEveryMs; await this.#pause(pauseMs); ) {
      pauseMs = this.#times.renewEveryMs
      const askedAtMs = this.#runtime.monotonicMs()
      try {
        const renewed = await this.#link.query(
          `UPDATE tonebank_lease SET renewals = renewals + 1 WHERE institution = $1 AND epoch = $2 RETURNING 1 AS renewed`,
          [this.#institution, this.epoch],
          'renew',
        )
        if (renewed.length > 0) {
          this.#untilMs = askedAtMs + this.#times.leaseMs
          if (isAway) back()
          isAway = false
          continue
        }
        if (!(await this.#isTaken())) continue
        this.fence()
        return lost(new NotKept('another process has taken over'))
      } catch (error) {
        // It is asked again, for as long as nobody else has taken it: at once while that may save it.
        if (this.isHeld) pauseMs = Math.min(pauseMs, this.#times.leaseMs / 60)
        else if (!isAway) {
          isAway = true
          away(error)
        }
      }
    }
  }

  /** What only reads is answered at once, by a server that is not the primary any more, too: with this a message is written, whose commit waits for the standby. */
  async #isTaken(): Promise<boolean> {
    const [row] = await this.#link.query(
      `SELECT epoch, pg_logical_emit_message(true, 'tonebank', '') FROM tonebank_lease WHERE institution = $1`,
      [this.#institution],
    )
    return row !== undefined && BigInt(String(row['epoch'])) > this.epoch
  }

  #pause(ms: number): Promise<boolean> {
    return this.#runtime.sleep(ms, this.#stopping).then(
      () => true,
      () => false,
    )
  }
}
