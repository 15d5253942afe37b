/**
 * Virtual time and seeded chance. A week of calls runs in a second, and a failure repeats from its seed.
 *
 * The clock stands still while anything can go on without it: promises that are ready, and work announced through
 * `work` (a hash, a commit). When nothing can, it jumps to the next sleeper. When nobody sleeps either, the test is
 * stuck: `run` rejects with what it knows instead of hanging.
 */
import type { Cancelled, Runtime } from '../../src/runtime.ts'

interface Sleeper {
  readonly wakesAtMs: number
  /** Of two that wake at the same instant, the one that lay down first. */
  readonly number: number
  readonly wake: () => void
}

export interface VirtualRuntimeOptions {
  readonly seed?: number
  /** Wall-clock time at the start, in ms since 1970. */
  readonly startsAt?: number
  /** Called at every named point of the money path. Throw here to crash the institution under test. */
  readonly onReached?: (point: string) => void
}

/** 2026-11-22, 10:00 in Shanghai. */
export const usualStart = 1_795_312_800_000

/** How long, in real time, `run` waits for something unannounced (a file, a socket) before it says that it is stuck. */
const patienceMs = 2_000

export class VirtualRuntime implements Runtime {
  readonly seed: number
  readonly #onReached: (point: string) => void
  readonly #draw: () => number
  #nowMs = 0
  #wallOffsetMs: number
  #sleepers: Sleeper[] = []
  #sleepersSoFar = 0
  #workUnderWay = 0

  constructor({ seed = 1, startsAt = usualStart, onReached = () => {} }: VirtualRuntimeOptions = {}) {
    this.seed = seed
    this.#draw = drawFrom(seed)
    this.#wallOffsetMs = startsAt
    this.#onReached = onReached
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
    return Uint8Array.from({ length: byteCount }, () => this.#draw() & 0xff)
  }

  work<T>(promise: Promise<T>): Promise<T> {
    this.#workUnderWay++
    return promise.finally(() => this.#workUnderWay--)
  }

  reached(point: string): void {
    this.#onReached(point)
  }

  /** Runs `body` to its end, moving time whenever nothing else can move. */
  async run<T>(body: () => Promise<T>): Promise<T> {
    let isOver = false
    const result = body().finally(() => {
      isOver = true
    })
    result.catch(() => {})
    let idleSince: number | undefined
    for (;;) {
      await everyReadyPromise()
      if (isOver) return result
      if (this.#workUnderWay === 0 && this.#wakeNext()) {
        idleSince = undefined
        continue
      }
      idleSince ??= performance.now()
      if (performance.now() - idleSince > patienceMs * (this.#workUnderWay > 0 ? 15 : 1)) throw new Error(this.#stuck())
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }

  #wakeNext(): boolean {
    const next = this.#sleepers.reduce<Sleeper | undefined>((soonest, sleeper) => {
      if (!soonest || sleeper.wakesAtMs < soonest.wakesAtMs) return sleeper
      return soonest
    }, undefined)
    if (!next) return false
    this.#sleepers.splice(this.#sleepers.indexOf(next), 1)
    this.#nowMs = next.wakesAtMs
    next.wake()
    return true
  }

  #stuck(): string {
    const work = this.#workUnderWay
    return `stuck at ${this.#nowMs} ms of virtual time: nobody sleeps, ${work} announced work(s) under way (seed ${this.seed})`
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
