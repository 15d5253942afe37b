/**
 * An institution's process on duty: whether it takes calls, and how it comes to its end.
 *
 *   starting ──1──▶ serving ◀──2──▶ no-asterisk
 *                      │ 3                │ 3
 *                      ▼                  │
 *                  draining ◀─────────────┘
 *                      │ 4
 *                      ▼
 *                    over
 *
 * 1 connected to an Asterisk · 2 the last of its sockets was lost, or one is back · 3 `drain` · 4 the last call has ended, the time is up, or it was told again
 */
import type { ConnectedEverywhere } from '../phone/asterisk/connect-everywhere.ts'
import { Cancellation, type Runtime } from '../runtime.ts'
import type { Contract } from './owner/contract.ts'
import type { HandlersOf, OtherEnd } from './owner/operation.ts'
import type { Drained, Standing } from './shown.ts'

/** What it is on duty for, as far as that matters here. */
export type Attended = Pick<ConnectedEverywhere, 'calls' | 'isConnected' | 'away' | 'turnAway' | 'allEnded'>

export class Duty {
  readonly #runtime: Runtime
  readonly #drainMs: number
  #attended: Attended | undefined
  #isAttended: (attended: Attended) => void = () => {}
  readonly #attending = new Promise<Attended>(resolve => {
    this.#isAttended = resolve
  })
  #drained: Promise<Drained> | undefined
  #isEnding = false
  #isTold: () => void = () => {}
  /** Resolves when it has decided to drain and to end. */
  readonly ending: Promise<void> = new Promise(resolve => {
    this.#isTold = resolve
  })
  readonly #hurry = new Cancellation()
  #isOver: (how: Drained) => void = () => {}
  /** Resolves when it has drained by its own decision, and is to end. */
  readonly over: Promise<Drained> = new Promise(resolve => {
    this.#isOver = resolve
  })

  /** `drainMs`: how long callers may go on talking once no new ones are taken. */
  constructor(runtime: Runtime, drainMs: number) {
    this.#runtime = runtime
    this.#drainMs = drainMs
  }

  attend(attended: Attended): void {
    this.#attended = attended
    this.#isAttended(attended)
  }

  standing(): Standing {
    const calls = this.#attended?.calls ?? 0
    if (this.#drained) return { ready: false, state: 'draining', calls }
    if (!this.#attended?.isConnected) return { ready: false, state: 'no-asterisk', calls }
    const { away } = this.#attended
    return { ready: true, state: 'serving', calls, ...(away.length > 0 && { away }) }
  }

  get isDraining(): boolean {
    return this.#drained !== undefined
  }

  /**
   * Takes no new call from now on, and resolves when those in progress have ended or the time is up: also those of a process that died, which
   * are here once it is connected. Asked again, it is the same draining.
   */
  drain(): Promise<Drained> {
    this.#drained ??= this.#drain()
    return this.#drained
  }

  /** As `drain`, and the process ends then. */
  async end(): Promise<Drained> {
    this.#isEnding = true
    this.#isTold()
    const how = await this.drain()
    this.#isOver(how)
    return how
  }

  /** As `end`; told again, it waits no longer. */
  terminate(): void {
    if (this.#isEnding) this.#hurry.cancel('told again')
    void this.end()
  }

  async #drain(): Promise<Drained> {
    // What `standing` says changes at once; the dialplan is told afterwards.
    await Promise.resolve()
    const late = this.#runtime.sleep(this.#drainMs, this.#hurry).catch(() => {})
    await Promise.race([this.#allEnded(), late])
    this.#hurry.cancel('over')
    const calls = this.#attended?.calls ?? 0
    return { outcome: calls === 0 ? 'ended' : 'cut', calls }
  }

  async #allEnded(): Promise<void> {
    const attended = await this.#attending
    await attended.turnAway()
    await attended.allEnded()
  }
}

const tellEveryMs = 200

/** What commands ask of it. */
export function dutyHandlers(duty: Duty, runtime: Runtime): HandlersOf<Contract> {
  return {
    standing: async () => duty.standing(),
    drain: (_request, asker) => tellCalls(duty.end(), async () => duty.standing().calls, asker, runtime),
  }
}

/** Tells how many calls are in progress, whenever it is another number, until `draining` has ended. */
export async function tellCalls(
  draining: Promise<Drained>,
  count: () => Promise<number>,
  asker: OtherEnd<never, { readonly calls: number }>,
  runtime: Runtime,
): Promise<Drained> {
  let how: Drained | undefined
  let told: number | undefined
  while (how === undefined) {
    const calls = await count()
    if (calls !== told) asker.tell({ calls })
    told = calls
    how = await Promise.race([draining, runtime.sleep(tellEveryMs).then(() => undefined)])
  }
  return how
}
