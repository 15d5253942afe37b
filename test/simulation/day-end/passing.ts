/** Times and lives of institutions that die in a night: a clock that stands still, and who counts the points that are passed. */
import type { Runtime } from '../../../src/runtime.ts'
import { MortalRuntime } from '../../support/mortal-runtime.ts'

/** A runtime whose wall clock shows what it is set to. */
export class SteadyClock implements Runtime {
  readonly #runtime: Runtime
  nowMs: number

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.nowMs = runtime.wallNow()
  }

  wallNow = () => this.nowMs
  monotonicMs = () => this.#runtime.monotonicMs()
  sleep = (ms: number, signal?: AbortSignal) => this.#runtime.sleep(ms, signal)
  random = (byteCount: number) => this.#runtime.random(byteCount)
  work = <T>(promise: Promise<T>) => this.#runtime.work(promise)
  offThread = <T>(promise: Promise<T>) => this.#runtime.offThread(promise)
  reached = () => {}
}

export class Passing extends MortalRuntime {
  readonly runtime: Runtime
  readonly passed: string[] = []
  /** Called with each point, and its place among them. */
  passes: (point: string, place: number) => void = () => {}

  constructor(runtime: Runtime) {
    super(runtime)
    this.runtime = runtime
  }

  override reached(point: string): void {
    this.passed.push(point)
    this.passes(point, this.passed.length - 1)
    super.reached(point)
  }
}

/** Whose clock goes on whenever it is looked at: a slice of work has time for one row. */
export class Hurried extends Passing {
  #lookedAt = 0

  override monotonicMs = () => this.runtime.monotonicMs() + 2 * this.#lookedAt++
}
