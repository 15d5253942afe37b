/** A process that can die: its timers never fire again, and nobody waits for them. */
import type { Runtime } from '../../../src/runtime.ts'
import type { VirtualRuntime } from '../../support/virtual-runtime.ts'

export class MortalProcess implements Runtime {
  readonly #world: VirtualRuntime
  readonly #death = new AbortController()
  #timers = 0

  constructor(world: VirtualRuntime) {
    this.#world = world
  }

  /** Without ceremony. */
  kill(): void {
    this.#death.abort()
  }

  get isDead(): boolean {
    return this.#death.signal.aborted
  }

  /** Timers that are still running. */
  get timers(): number {
    return this.#timers
  }

  wallNow(): number {
    return this.#world.wallNow()
  }

  monotonicMs(): number {
    return this.#world.monotonicMs()
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const death = this.#death.signal
    this.#timers++
    try {
      await this.#world.sleep(ms, signal ? AbortSignal.any([signal, death]) : death)
    } catch (reason) {
      if (death.aborted) return await never
      throw reason
    } finally {
      this.#timers--
    }
    if (death.aborted) await never
  }

  random(byteCount: number): Uint8Array {
    return this.#world.random(byteCount)
  }

  work<T>(promise: Promise<T>): Promise<T> {
    return this.#world.work(promise)
  }

  reached(point: string): void {
    this.#world.reached(point)
  }
}

const never = new Promise<never>(() => {})
