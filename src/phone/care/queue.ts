/**
 * Callers who wait for a clerk of one institution, in the order in which they came.
 *
 *   waiting ──1 a clerk on duty is free──▶ ringing ──2 answers──▶ the caller's
 *      ▲                                     └─3 does not──▶ not asked for this caller again ──┐
 *      └───────────────────────────────────────────────────────────────────────────────────────┘
 *      ├─4 everybody on duty was asked, or nobody is on duty, at two looks ──▶ nobody; who is in a call is on duty, too
 *      ├─5 waited for as long as one may ──▶ nobody
 *      ├─6 the institution drains ──▶ closing
 *      └─7 leave(): a clerk who answers just then is let go
 */
import { Cancellation, DeadlineExceeded, type Runtime } from '../../runtime.ts'
import type { ClerkLeg, Clerks, OnDuty } from '../line.ts'

const ringMs = 20_000
const lookEveryMs = 2_000

export type Served = ClerkLeg | 'nobody' | 'closing'

export interface Place {
  /** How many are to be served before this one. */
  readonly ahead: number
  /** Who answered, or why nobody does. Never rejects. */
  readonly served: Promise<Served>
  /** The caller waits no more, or has talked: a clerk who answered is let go. */
  leave(): void
}

export interface QueueParts {
  readonly runtime: Runtime
  /** The allow-list. */
  readonly accounts: readonly string[]
  readonly waitMs: number
  readonly troubled: (error: unknown) => void
}

interface Waiting {
  /** As they are reached from where this caller is. */
  readonly clerks: Clerks | undefined
  readonly sinceMs: number
  /** Who was rung for this caller in vain. */
  readonly tried: Set<string>
  readonly left: AbortController
  /** At the last look there was nobody to hope for. */
  isHopeless: boolean
  isRinging: boolean
  readonly settle: (served: Served) => void
}

export class CareQueue {
  readonly #parts: QueueParts
  #waiting: Waiting[] = []
  /** Being rung, or in a talk that this queue began. */
  readonly #engaged = new Set<string>()
  #isLooking = false
  #nap = new Cancellation()
  #isClosing = false

  constructor(parts: QueueParts) {
    this.#parts = parts
  }

  /** Whoever waits is told that nobody will come; so is whoever comes. Talks go on. */
  close(): void {
    this.#isClosing = true
    for (const each of [...this.#waiting]) this.#end(each, 'closing')
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length
  }

  join(clerks: Clerks | undefined): Place {
    let settle: (served: Served) => void = () => {}
    const served = new Promise<Served>(resolve => {
      settle = resolve
    })
    const sinceMs = this.#parts.runtime.monotonicMs()
    const waiting: Waiting = {
      ...{
        clerks,
        sinceMs,
        settle,
        tried: new Set<string>(),
        left: new AbortController(),
        isHopeless: false,
        isRinging: false,
      },
    }
    this.#waiting.push(waiting)
    if (this.#isClosing) this.#end(waiting, 'closing')
    else this.#wake()
    const ahead = () => Math.max(0, this.#waiting.indexOf(waiting))
    return {
      get ahead() {
        return ahead()
      },
      served,
      leave: () => {
        this.#end(waiting, 'nobody')
        void served.then(letGo).catch(this.#parts.troubled)
      },
    }
  }

  #wake(): void {
    this.#nap.cancel('woken')
    void this.#look()
  }

  /** While anybody waits, whoever is free is rung for whoever waits longest. */
  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const { runtime, waitMs } = this.#parts
    while (this.#waiting.length > 0) {
      // Who ends a talk while this is asked is on duty again a moment later.
      const engaged = new Set(this.#engaged)
      const onDuty = await this.#onDuty()
      for (const each of [...this.#waiting]) {
        if (each.isRinging) continue
        const there = onDuty.get(each.clerks)
        const free = there?.free.filter(account => !this.#engaged.has(account) && !each.tried.has(account)) ?? []
        const wasHopeless = each.isHopeless
        each.isHopeless =
          there !== undefined && !mayStillAnswer(each, [...there.free, ...there.busy, ...engaged, ...this.#engaged])
        if ((wasHopeless && each.isHopeless) || runtime.monotonicMs() - each.sinceMs >= waitMs)
          this.#end(each, 'nobody')
        else if (free[0] !== undefined) void this.#ring(free[0], each)
      }
      this.#nap = new Cancellation()
      if (this.#waiting.length > 0) await runtime.sleep(lookEveryMs, this.#nap).catch(() => {})
    }
    this.#isLooking = false
  }

  /** From where callers wait. Undefined where it is not known now. */
  async #onDuty(): Promise<Map<Clerks | undefined, OnDuty | undefined>> {
    const { accounts, troubled } = this.#parts
    const from = [...new Set(this.#waiting.map(({ clerks }) => clerks))]
    const asked = from.map(async clerks => {
      try {
        return [clerks, (await clerks?.onDuty(accounts)) ?? nobody] as const
      } catch (error) {
        // Asterisk is away for a moment, and they wait no longer than one may.
        if (!(error instanceof DeadlineExceeded)) troubled(error)
        return [clerks, undefined] as const
      }
    })
    return new Map(await Promise.all(asked))
  }

  async #ring(account: string, waiting: Waiting): Promise<void> {
    waiting.isRinging = true
    this.#engaged.add(account)
    try {
      const clerk = await waiting.clerks?.ring(account, ringMs, waiting.left.signal)
      waiting.isRinging = false
      waiting.tried.add(account)
      if (clerk === undefined) return
      if (waiting.left.signal.aborted) await clerk.hangUp()
      else this.#end(waiting, clerk)
      await clerk.gone
    } catch (error) {
      waiting.isRinging = false
      waiting.tried.add(account)
      this.#parts.troubled(error)
    } finally {
      this.#engaged.delete(account)
    }
  }

  #end(waiting: Waiting, served: Served): void {
    if (!this.#waiting.includes(waiting)) return
    this.#waiting = this.#waiting.filter(each => each !== waiting)
    waiting.left.abort()
    if (this.#waiting.length === 0) this.#nap.cancel('nobody waits')
    waiting.settle(served)
  }
}

const nobody: OnDuty = { free: [], busy: [] }

/** Somebody who was not asked in vain is free, or will be: those in a talk come back to duty. */
function mayStillAnswer({ tried }: Waiting, accounts: readonly string[]): boolean {
  return accounts.some(account => !tried.has(account))
}

/** Harmless where the clerk has left already. */
async function letGo(served: Served): Promise<void> {
  if (typeof served === 'object') await served.hangUp()
}
