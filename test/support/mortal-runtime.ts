/**
 * An institution's own life within a test's runtime: at a chosen named point it dies, and from then on it reaches nothing
 * more, commits included, as a killed process would not.
 */
import type { Runtime } from '../../src/runtime.ts'

export class Killed extends Error {
  constructor(point: string) {
    super(`killed at ${point}`)
    this.name = 'Killed'
  }
}

export class MortalRuntime implements Runtime {
  readonly #runtime: Runtime
  /** Named points that are still passed before it dies. */
  #left = Number.POSITIVE_INFINITY
  #at: string | undefined
  #deadAt: string | undefined

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Passes so many named points more, and dies at the next. */
  dieAfter(points: number): void {
    this.#left = points
  }

  /** Forgets what it was to die of. */
  live(): void {
    this.#left = Number.POSITIVE_INFINITY
    this.#at = undefined
  }

  /** Dies when it reaches this point. */
  dieAt(point: string): void {
    this.#at = point
  }

  /** Dies now: it reaches nothing more. */
  die(): void {
    this.#deadAt ??= 'once'
  }

  get deadAt(): string | undefined {
    return this.#deadAt
  }

  reached(point: string): void {
    if (this.#deadAt === undefined && (this.#left-- <= 0 || point === this.#at)) this.#deadAt = point
    if (this.#deadAt !== undefined) throw new Killed(this.#deadAt)
  }

  wallNow = () => this.#runtime.wallNow()
  monotonicMs = () => this.#runtime.monotonicMs()
  sleep = (ms: number, signal?: AbortSignal) => this.#runtime.sleep(ms, signal)
  random = (byteCount: number) => this.#runtime.random(byteCount)
  work = <T>(promise: Promise<T>) => this.#runtime.work(promise)
  offThread = <T>(promise: Promise<T>) => this.#runtime.offThread(promise)
}
