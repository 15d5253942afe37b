/** Clerks on virtual time: who is on duty, how soon each answers, and what they do once they are joined to a caller. */
import type { ClerkLeg, ClerkSignal, Clerks, Digit, OnDuty, Prompt } from '../../src/phone/line.ts'
import type { VirtualRuntime } from './virtual-runtime.ts'

export interface ClerkHabits {
  /** Undefined: never. */
  readonly answersAfterMs?: number | undefined
  /** The keys that they press, one in each talk that begins; afterwards they hang up. */
  readonly presses?: string
  /** From the beginning of a talk to the key, or to the end. */
  readonly talksForMs?: number
  /** From the beginning on, in a call of their own. */
  readonly isBusyForMs?: number
}

export class SimulatedLeg implements ClerkLeg {
  readonly said: string[] = []
  readonly gone: Promise<void>
  isGone = false
  #onKey: (key: Digit) => void = () => {}
  #becomeGone: () => void = () => {}
  #presses: string
  readonly #runtime: VirtualRuntime
  readonly #talksForMs: number

  constructor(runtime: VirtualRuntime, { presses = '', talksForMs = 10_000 }: ClerkHabits) {
    this.#runtime = runtime
    this.#presses = presses
    this.#talksForMs = talksForMs
    this.gone = new Promise(resolve => {
      this.#becomeGone = resolve
    })
  }

  listen(onKey: (key: Digit) => void): void {
    this.#onKey = onKey
  }

  async say({ text, clips }: Prompt): Promise<void> {
    if (this.isGone) return
    this.said.push(text)
    await this.#runtime.sleep(clips.reduce((sumMs, { durationMs }) => sumMs + durationMs, 0))
  }

  async signal(which: ClerkSignal): Promise<void> {
    if (this.isGone) return
    this.said.push(`(${which})`)
    await this.#runtime.sleep(300)
  }

  async hangUp(): Promise<void> {
    this.leave()
  }

  leave(): void {
    this.isGone = true
    this.#becomeGone()
  }

  /** They press one at once. */
  key(key: Digit): void {
    this.#onKey(key)
  }

  /** A talk has begun. `isOver`: they were parted meanwhile. */
  async talks(isOver: () => boolean): Promise<void> {
    await this.#runtime.sleep(this.#talksForMs)
    if (isOver() || this.isGone) return
    const key = this.#presses[0]
    this.#presses = this.#presses.slice(1)
    if (key === undefined) this.leave()
    else this.#onKey(key as Digit)
  }
}

export class SimulatedClerks implements Clerks {
  /** Everybody who was rung, in order. */
  readonly rung: string[] = []
  readonly legs: SimulatedLeg[] = []
  readonly #runtime: VirtualRuntime
  readonly #habits: Readonly<Record<string, ClerkHabits>>
  readonly #beganAtMs: number

  constructor(runtime: VirtualRuntime, habits: Readonly<Record<string, ClerkHabits>>) {
    this.#runtime = runtime
    this.#habits = habits
    this.#beganAtMs = runtime.monotonicMs()
  }

  async onDuty(accounts: readonly string[]): Promise<OnDuty> {
    const here = accounts.filter(account => account in this.#habits)
    const passedMs = this.#runtime.monotonicMs() - this.#beganAtMs
    const isBusy = (account: string) => passedMs < (this.#habits[account]?.isBusyForMs ?? 0)
    return { free: here.filter(account => !isBusy(account)), busy: here.filter(isBusy) }
  }

  async ring(account: string, forMs: number, signal: AbortSignal): Promise<ClerkLeg | undefined> {
    this.rung.push(account)
    const habits = this.#habits[account] ?? {}
    const { answersAfterMs = Number.POSITIVE_INFINITY } = habits
    const isAnswered = await this.#runtime.sleep(Math.min(answersAfterMs, forMs), signal).then(
      () => answersAfterMs <= forMs,
      () => false,
    )
    if (!isAnswered) return undefined
    const leg = new SimulatedLeg(this.#runtime, habits)
    this.legs.push(leg)
    return leg
  }
}
