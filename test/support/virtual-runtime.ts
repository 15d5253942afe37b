/**
 * Virtual time and seeded chance. A week of calls runs in a second, and a failure repeats from its seed.
 *
 * The clock stands still while anything can go on without it: promises that are ready, and work announced through
 * `work` (a hash, a commit). When nothing can, it jumps to the next sleeper. When nobody sleeps either, the test is
 * stuck: `run` rejects with what it knows instead of hanging.
 */
import { toHex } from '../../src/bytes.ts'
import type { Cancelled, Runtime } from '../../src/runtime.ts'

interface Sleeper {
  readonly wakesAtMs: number
  /** Of two that wake at the same instant, the one that lay down first. */
  readonly number: number
  readonly wake: () => void
}

interface Away {
  /** Resolves when it has ended, well or not. */
  readonly settled: Promise<void>
  isSettled(): boolean
  /** Lets whoever announced it go on. */
  comeBack(): void
}

export interface VirtualRuntimeOptions {
  readonly seed?: number
  /** Wall-clock time at the start, in ms since 1970. */
  readonly startsAt?: number
  /** Called at every named point of the money path. Throw here to crash the institution under test. */
  readonly onReached?: (point: string) => void
  /** Called with whatever it is asked for and gives: two runs that are told alike have the same. */
  readonly onEvent?: (event: string) => void
}

/** 2026-11-22, 10:00 in Shanghai. */
export const usualStart = 1_795_312_800_000

/** How long, in real time, `run` waits for something unannounced (a file, a key) before it says that it is stuck. */
const patienceMs = 30_000

/** The same for announced work. A world that is made on a time of its own is one, and takes half a minute where others have the machine. */
const patienceWithWorkMs = 120_000

/** How long, in real time, a `run` may go on in which somebody always sleeps: what it waits for never comes, if no test is that long. */
const longestRunMs = 280_000

export class VirtualRuntime implements Runtime {
  readonly seed: number
  readonly #onReached: (point: string) => void
  readonly #onEvent: ((event: string) => void) | undefined
  readonly #draw: () => number
  #nowMs = 0
  #wallOffsetMs: number
  #sleepers: Sleeper[] = []
  #sleepersSoFar = 0
  #workUnderWay = 0
  #isRunning = false
  /** What is done off the thread, in the order in which it was announced. */
  readonly #away: Away[] = []

  constructor({ seed = 1, startsAt = usualStart, onReached = () => {}, onEvent }: VirtualRuntimeOptions = {}) {
    this.seed = seed
    this.#draw = drawFrom(seed)
    this.#wallOffsetMs = startsAt
    this.#onReached = onReached
    this.#onEvent = onEvent
  }

  wallNow(): number {
    return Math.floor(this.#wallOffsetMs + this.#nowMs)
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  /** The wall clock is set forward or back; the monotonic clock does not notice. */
  jumpWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  sleep(ms: number, signal?: Cancelled): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter(other => other !== sleeper)
        reject(signal?.reason)
      }
      const sleeper: Sleeper = {
        wakesAtMs: this.#nowMs + Math.max(0, ms),
        number: this.#sleepersSoFar++,
        wake: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  random(byteCount: number): Uint8Array {
    const drawn = Uint8Array.from({ length: byteCount }, () => this.#draw() & 0xff)
    this.#onEvent?.(`draw ${byteCount}: ${toHex(drawn)}`)
    return drawn
  }

  work<T>(promise: Promise<T>): Promise<T> {
    this.#workUnderWay++
    return promise.finally(() => this.#workUnderWay--)
  }

  offThread<T>(promise: Promise<T>): Promise<T> {
    if (!this.#isRunning) return promise
    return new Promise(resolve => {
      let isSettled = false
      const noted = () => {
        isSettled = true
      }
      this.#away.push({
        settled: promise.then(noted, noted),
        isSettled: () => isSettled,
        comeBack: () => resolve(promise),
      })
    })
  }

  reached(point: string): void {
    this.#onEvent?.(`reached ${point}`)
    this.#onReached(point)
  }

  /** Runs `body` to its end, moving time whenever nothing else can move; for `longestMs` of real time at most. */
  async run<T>(body: () => Promise<T>, longestMs = longestRunMs): Promise<T> {
    const endsAt = performance.now() + longestMs
    let isOver = false
    this.#isRunning = true
    const result = body().finally(() => {
      isOver = true
      this.#isRunning = false
      for (const { comeBack } of this.#away.splice(0)) comeBack()
    })
    result.catch(() => {})
    let idleSince: number | undefined
    for (;;) {
      await everyReadyPromise()
      if (isOver) return result
      if (performance.now() > endsAt) throw new Error(`no end within ${longestMs} ms: ${this.#state()}`)
      const away = this.#away.shift()
      if (away !== undefined) {
        await this.#untilSettled(away)
        away.comeBack()
        continue
      }
      if (this.#workUnderWay === 0 && this.#wakeNext()) {
        idleSince = undefined
        continue
      }
      idleSince ??= performance.now()
      const patience = this.#workUnderWay > 0 ? patienceWithWorkMs : patienceMs
      if (performance.now() - idleSince > patience) throw new Error(this.#stuck())
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }

  async #untilSettled({ settled, isSettled }: Away): Promise<void> {
    if (isSettled()) return
    let timer: NodeJS.Timeout | undefined
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(this.#stuck())), patienceMs)
    })
    await Promise.race([settled, tooLong]).finally(() => clearTimeout(timer))
  }

  #wakeNext(): boolean {
    const next = this.#sleepers.reduce<Sleeper | undefined>((soonest, sleeper) => {
      if (!soonest || sleeper.wakesAtMs < soonest.wakesAtMs) return sleeper
      return soonest
    }, undefined)
    if (!next) return false
    this.#sleepers.splice(this.#sleepers.indexOf(next), 1)
    this.#nowMs = next.wakesAtMs
    this.#onEvent?.(`woke ${next.number} at ${next.wakesAtMs}`)
    next.wake()
    return true
  }

  #stuck(): string {
    return `stuck: nobody sleeps, ${this.#state()}`
  }

  #state(): string {
    return `${this.#workUnderWay} announced work(s) under way, ${this.#sleepers.length} sleeper(s) at ${this.#nowMs} ms of virtual time (seed ${this.seed})`
  }
}

/** All microtasks run before the event loop comes to its next immediate. */
function everyReadyPromise(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

/** 32-bit values from a seed (mulberry32): good enough for tests, and the same on every machine. */
export function drawFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 15), z | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return (z ^ (z >>> 14)) >>> 0
  }
}
