/**
 * Whether our books went back in time: a backup was put back, a folder copied, a machine set to an earlier state. Each
 * counterparty is asked at every start which head of our change log it holds, and an institution is open to it from then on.
 * One that is ahead of our books means recovery: our letters are numbered anew in an announced epoch, counterparties send what
 * we had taken from them once more, and callers are not served before two people have looked at what is lost.
 *
 *     asked ──1 everybody holds what we have, or less──▶ open
 *       │                                                 │ 3 a counterparty that was away holds more
 *       └──2 somebody holds more──▶ closed ◀──────────────┘
 *                                      └──4 two people release it──▶ open
 */

import { raiseAlarm } from '../alarm.ts'
import { BackOff } from '../back-off.ts'
import { toHex } from '../bytes.ts'
import type { InstitutionId } from '../ids.ts'
import type { Approved } from '../keys/approval.ts'
import { beginNewEpoch, type ChainStart } from '../mail/epochs.ts'
import type { ToldHead } from '../mail/letter.ts'
import type { SignedLogHead } from '../mail/log-heads.ts'
import type { Mail } from '../mail/mail.ts'
import { logChain } from '../mail/own-letters.ts'
import { pinnedPeers } from '../mail/peers.ts'
import { now, type Runtime } from '../runtime.ts'
import { type LogHead, noHead } from '../store/change-log/head.ts'
import { hashAt } from '../store/change-log/tables.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'
import { epochOf } from '../store/tenants.ts'

export const recoveryMigrations: readonly Migration[] = [
  {
    room: 'recovery',
    number: 1,
    sql: `
      CREATE TABLE recovery (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        epoch INTEGER NOT NULL,
        -- The last record that our books had when they were opened, and the highest that a counterparty holds.
        reached INTEGER NOT NULL,
        held INTEGER NOT NULL,
        held_by TEXT NOT NULL,
        found_at INTEGER NOT NULL,
        released_at INTEGER,
        -- The digest of the proposal by which two people released it.
        proposal TEXT,
        PRIMARY KEY (tenant, epoch),
        CHECK ((released_at IS NULL) = (proposal IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER recovery_stands_for_ever BEFORE DELETE ON recovery
        BEGIN SELECT RAISE(ABORT, 'a recovery stands for ever'); END`,
  },
]

/** How long callers wait, after a start, for counterparties to answer. Who answers later is opened to later. */
const patienceMs = 2_000
const askDeadlineMs = 5_000
const pauses = { firstMs: 200, mostMs: 10_000 }

export interface RecoveryParts {
  readonly institution: InstitutionId
  readonly store: Store
  readonly runtime: Runtime
  readonly mail: Pick<Mail, 'highestHead' | 'openTo' | 'wake'>
  /** Where the books stood when they were opened, before anything was written: there a new epoch would start. */
  readonly openedAt: Standing
  readonly troubled: (error: unknown) => void
  /** What writes letters by itself may do so from now on. */
  readonly begun?: () => void
}

/** Where every chain stood at a moment. */
export interface Standing {
  readonly log: LogHead
  readonly ledger: readonly ToldHead[]
}

/** `heads`: of the ledger's chains. */
export async function standingOf(store: Store, heads: (tx: ReadTx) => Promise<readonly ToldHead[]>): Promise<Standing> {
  const log = store.head() ?? noHead
  return { log, ledger: await store.read(heads) }
}

interface Answer {
  readonly peer: InstitutionId
  readonly head: SignedLogHead | null
}

export class Recovery {
  readonly #parts: RecoveryParts
  readonly #closing = new AbortController()
  readonly #open: Promise<void>
  #resolveOpen = () => {}
  #isOpen = false
  readonly #closedAgain: Promise<void>
  #resolveClosedAgain = () => {}
  readonly #begun: Promise<'open' | 'closed'>
  #resolveBegun: (found: 'open' | 'closed') => void = () => {}
  #asking: Promise<unknown> = Promise.resolve()
  #weighing: Promise<void> = Promise.resolve()

  constructor(parts: RecoveryParts) {
    this.#parts = parts
    this.#open = new Promise(resolve => {
      this.#resolveOpen = resolve
    })
    this.#begun = new Promise(resolve => {
      this.#resolveBegun = resolve
    })
    this.#closedAgain = new Promise(resolve => {
      this.#resolveClosedAgain = resolve
    })
  }

  /** What `begin` found. */
  get begun(): Promise<'open' | 'closed'> {
    return this.#begun
  }

  /** Resolves when callers may be served. */
  get open(): Promise<void> {
    return this.#open
  }

  /** Resolves when a counterparty that was away at the start turns out to hold more than we have: callers must leave. */
  get closedAgain(): Promise<void> {
    return this.#closedAgain
  }

  /** Asks everybody. Resolves when all have answered or patience is over; the rest is asked until it answers. */
  async begin(): Promise<void> {
    try {
      const found = await this.#askEverybody()
      this.#parts.begun?.()
      this.#resolveBegun(found)
    } catch (error) {
      // The store has failed: nobody is served from it.
      this.#resolveBegun('closed')
      throw error
    }
  }

  async #askEverybody(): Promise<'open' | 'closed'> {
    const { store, institution, runtime } = this.#parts
    const peers = await store.read(tx => pinnedPeers(tx, institution))
    const early: Answer[] = []
    let isEarly = true
    const asked = peers.map(async ({ institution: peer }) => {
      const head = await this.#untilAnswered(peer)
      if (head === undefined) return
      if (isEarly) early.push({ peer, head })
      else await this.#weigh([{ peer, head }])
    })
    this.#asking = Promise.all(asked).catch(this.#parts.troubled)
    const over = new AbortController()
    await Promise.race([this.#asking, runtime.sleep(patienceMs, over.signal).catch(() => {})])
    over.abort()
    isEarly = false
    // Together, so that one epoch is above all that anybody has seen.
    await this.#weigh(early)
    if (await store.read(tx => isClosed(tx, institution))) return 'closed'
    this.released()
    return 'open'
  }

  /** Two people have released it, in a command that has committed. */
  released(): void {
    this.#isOpen = true
    this.#resolveOpen()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#asking
  }

  /** Undefined when we stop before. */
  async #untilAnswered(peer: InstitutionId): Promise<SignedLogHead | null | undefined> {
    const { mail, runtime } = this.#parts
    const backOff = new BackOff(runtime, pauses)
    do {
      try {
        return await mail.highestHead(peer, askDeadlineMs)
      } catch {
        // Away, or not ready yet. Letters to it wait as they do whenever a peer is away.
      }
    } while (await backOff.pause(this.#closing.signal))
    return undefined
  }

  /** One after the other: two that answer at once must not begin two epochs. */
  #weigh(answers: readonly Answer[]): Promise<void> {
    const weighed = this.#weighing.then(() => this.#weighNow(answers))
    this.#weighing = weighed.catch(() => {})
    return weighed
  }

  async #weighNow(answers: readonly Answer[]): Promise<void> {
    const { store, institution, mail } = this.#parts
    const ahead: (Answer & { readonly head: SignedLogHead })[] = []
    for (const { peer, head } of answers)
      if (head !== null && (await store.read(tx => isAhead(tx, store, institution, head)))) ahead.push({ peer, head })
    if (ahead.length > 0) await this.#recover(ahead)
    for (const { peer, head } of answers) await mail.openTo(peer, head)
  }

  async #recover(ahead: readonly (Answer & { readonly head: SignedLogHead })[]): Promise<void> {
    const { store, institution, runtime, openedAt, mail } = this.#parts
    const at = now({ runtime })
    const reached = openedAt.log
    const latest = ahead.reduce((a, b) => (b.head.epoch > a.head.epoch ? b : a))
    const highest = ahead.reduce((a, b) => (b.head.sequence > a.head.sequence ? b : a))
    await store.execute(async tx => {
      const log = { chain: logChain, seq: reached.sequence, hash: toHex(reached.hash) }
      const starts: ChainStart[] = [log, ...openedAt.ledger.map(({ chain, seq, hash }) => ({ chain, seq, hash }))]
      const epoch = await beginNewEpoch(tx, institution, { shown: latest.head.epoch, starts })
      await tx.run(
        'INSERT INTO recovery (tenant, epoch, reached, held, held_by, found_at) VALUES (?, ?, ?, ?, ?, ?)',
        ...[institution, epoch, reached.sequence, highest.head.sequence, highest.peer, BigInt(at)],
      )
      const detail = `our books reach to record ${reached.sequence}, and ${highest.peer} holds record ${highest.head.sequence} of others`
      await raiseAlarm(tx, institution, { peer: highest.peer, kind: 'books-went-back', detail, at })
    })
    mail.wake()
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#resolveClosedAgain()
  }
}

/** Whether a head of ours that somebody holds is of books that these are not, or not any more. */
async function isAhead(tx: ReadTx, store: Store, tenant: InstitutionId, held: SignedLogHead): Promise<boolean> {
  const epoch = await epochOf(tx, tenant)
  if (held.epoch !== epoch) return held.epoch > epoch
  const own = store.head() ?? noHead
  if (held.sequence > own.sequence) return true
  const there = await hashAt(tx, held.sequence)
  return there !== undefined && Buffer.compare(there, held.hash) !== 0
}

/** Whether callers wait for two people. */
async function isClosed(tx: ReadTx, tenant: InstitutionId): Promise<boolean> {
  const row = await tx.one('SELECT 1 AS found FROM recovery WHERE tenant = ? AND released_at IS NULL LIMIT 1', tenant)
  return row !== undefined
}

export interface Loss {
  readonly epoch: bigint
  /** The last record that is left, and the highest that a counterparty holds. */
  readonly reached: bigint
  readonly held: bigint
  readonly heldBy: InstitutionId
  readonly foundAt: number
  readonly releasedAt: number | undefined
}

/** Every time our books went back, oldest first. */
export async function losses(tx: ReadTx, tenant: InstitutionId): Promise<readonly Loss[]> {
  const rows = await tx.all<{
    epoch: bigint
    reached: bigint
    held: bigint
    held_by: InstitutionId
    found_at: bigint
    released_at: bigint | null
  }>(
    'SELECT epoch, reached, held, held_by, found_at, released_at FROM recovery WHERE tenant = ? ORDER BY epoch',
    tenant,
  )
  return rows.map(({ held_by, found_at, released_at, ...row }) => ({
    ...row,
    heldBy: held_by,
    foundAt: Number(found_at),
    releasedAt: released_at === null ? undefined : Number(released_at),
  }))
}

/** Two people have looked at what is lost and let callers in again. False when nothing was closed. */
export async function releaseRecovery(tx: Tx, tenant: InstitutionId, by: Approved, at: number): Promise<boolean> {
  const released = await tx.run(
    'UPDATE recovery SET released_at = ?, proposal = ? WHERE tenant = ? AND released_at IS NULL',
    ...[BigInt(at), by.digest, tenant],
  )
  return released > 0n
}
