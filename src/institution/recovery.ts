/**
 * Whether our books went back in time: a backup was put back, a folder copied, a machine set to an earlier state. Each
 * counterparty is asked at every start which head of our change log it holds, and an institution is open to it from then on.
 * One that is ahead of our books means recovery: our letters are numbered anew in an announced epoch, counterparties send what
 * we had taken from them once more, and what was alive then stays closed until two people have looked at it (`gap.ts`).
 *
 *     asked ──1 everybody holds what we have, or less──▶ whole
 *       │                                                 │ 3 a counterparty that was away holds more
 *       └──2 somebody holds more──▶ gap ◀─────────────────┘
 */

import { raiseAlarm } from '../alarm.ts'
import { BackOff } from '../back-off.ts'
import { toHex } from '../bytes.ts'
import type { InstitutionId } from '../ids.ts'
import { mainChain } from '../ledger/journal.ts'
import { beginNewEpoch, type ChainStart } from '../mail/epochs.ts'
import type { ToldHead } from '../mail/letter.ts'
import type { HeldOfUs, SignedLogHead } from '../mail/log-heads.ts'
import type { Mail } from '../mail/mail.ts'
import { logChain } from '../mail/own-letters.ts'
import { pinnedPeers } from '../mail/peers.ts'
import { now, type Runtime } from '../runtime.ts'
import { type LogHead, noHead } from '../store/change-log/head.ts'
import { hashAt } from '../store/change-log/tables.ts'
import { NotKept, type ReadTx, type Store, type Tx } from '../store/store.ts'
import { epochOf } from '../store/tenants.ts'
import { hasGap, noteGap, noteNextOf } from './gap.ts'

/** How long callers wait, after a start, for counterparties to answer. Who answers later is opened to later. */
const patienceMs = 2_000
const askDeadlineMs = 5_000
const pauses = { firstMs: 200, mostMs: 10_000 }

export interface RecoveryParts {
  readonly institution: InstitutionId
  readonly store: Store
  readonly runtime: Runtime
  readonly mail: Pick<Mail, 'heldOfUs' | 'openTo' | 'wake'>
  /** Where the books stood when they were opened, before anything was written: there a new epoch would start. */
  readonly openedAt: Standing
  readonly troubled: (error: unknown) => void
  /** What writes letters by itself may do so from now on. */
  readonly begun?: () => void
  /** In the command that notes a gap: what the business has to undo or to keep closed by itself. */
  readonly lost?: (tx: Tx) => Promise<void>
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

/** Whether accounts are closed until two people have looked at them. Unknown: the store failed first, or was closed. */
export type Begun = 'open' | 'closed' | 'unknown'

interface Answer extends HeldOfUs {
  readonly peer: InstitutionId
}

export class Recovery {
  readonly #parts: RecoveryParts
  readonly #closing = new AbortController()
  readonly #open: Promise<void>
  #resolveOpen = () => {}
  readonly #closedAgain: Promise<void>
  #resolveClosedAgain = () => {}
  readonly #begun: Promise<Begun>
  #resolveBegun: (found: Begun) => void = () => {}
  #isBegun = false
  #asking: Promise<unknown> = Promise.resolve()
  #weighing: Promise<void> = Promise.resolve()
  /** Of this run: a gap that is found later concerns those that were heard before it, too. */
  readonly #heard: Answer[] = []

  constructor(parts: RecoveryParts) {
    const { store } = parts
    // A lease that runs out while PostgreSQL is away comes back with it, and callers with both.
    this.#parts = {
      ...parts,
      store: {
        ...store,
        read: query => this.#untilKept(() => store.read(query)),
        execute: (command, urgency) => this.#untilKept(() => store.execute(command, urgency)),
      },
    }
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
  get begun(): Promise<Begun> {
    return this.#begun
  }

  /** Resolves when callers may be served: new accounts always, those of a gap with a word of their own. */
  get open(): Promise<void> {
    return this.#open
  }

  /** Resolves when a counterparty that was away at the start turns out to hold more than we have: what is alive is closed. */
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
      this.#resolveBegun('unknown')
      // Whoever opened the books for one command has closed them again before all of this was asked.
      if (this.#closing.signal.aborted) return
      throw error
    }
  }

  async #askEverybody(): Promise<'open' | 'closed'> {
    const { store, institution, runtime } = this.#parts
    const peers = await store.read(tx => pinnedPeers(tx, institution))
    const early: Answer[] = []
    let isEarly = true
    const asked = peers.map(async ({ institution: peer }) => {
      const held = await this.#untilAnswered(peer)
      if (held === undefined) return
      if (isEarly) early.push({ peer, ...held })
      else await this.#weigh([{ peer, ...held }])
    })
    this.#asking = Promise.all(asked).catch(this.#parts.troubled)
    const over = new AbortController()
    await Promise.race([this.#asking, runtime.sleep(patienceMs, over.signal).catch(() => {})])
    over.abort()
    isEarly = false
    // Together, so that one epoch is above all that anybody has seen.
    await this.#weigh(early)
    this.#isBegun = true
    this.#resolveOpen()
    return (await store.read(tx => hasGap(tx, institution))) ? 'closed' : 'open'
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#asking
  }

  /** What was certainly not done is done again, until we stop. */
  async #untilKept<T>(work: () => Promise<T>): Promise<T> {
    const backOff = new BackOff(this.#parts.runtime, pauses)
    for (;;)
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof NotKept && (await backOff.pause(this.#closing.signal)))) throw error
      }
  }

  /** Undefined when we stop before. */
  async #untilAnswered(peer: InstitutionId): Promise<HeldOfUs | undefined> {
    const { mail, runtime } = this.#parts
    const backOff = new BackOff(runtime, pauses)
    do {
      try {
        return await mail.heldOfUs(peer, askDeadlineMs)
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
    for (const { head, ...answer } of answers)
      if (head !== null && (await store.read(tx => isAhead(tx, store, institution, head))))
        ahead.push({ ...answer, head })
    this.#heard.push(...answers)
    if (ahead.length > 0) await this.#recover(ahead)
    if (await store.read(tx => hasGap(tx, institution)))
      await store.execute(async tx => {
        for (const { peer, next } of this.#heard) await noteNextOf(tx, institution, peer, next)
      })
    for (const { peer, head } of answers) await this.#untilKept(() => mail.openTo(peer, head))
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
      const { sequence: held } = highest.head
      const ledgerReached = openedAt.ledger.find(({ chain }) => chain === mainChain)?.seq ?? 0n
      const gap = { epoch, reached: reached.sequence, held, heldBy: highest.peer, ledgerReached }
      await noteGap(tx, institution, gap, at)
      await this.#parts.lost?.(tx)
      const detail = `our books reach to record ${reached.sequence}, and ${highest.peer} holds record ${held} of others`
      await raiseAlarm(tx, institution, { peer: highest.peer, kind: 'books-went-back', detail, at })
    })
    mail.wake()
    if (this.#isBegun) this.#resolveClosedAgain()
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
