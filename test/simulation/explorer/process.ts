/** A process that can die: its timers never fire again, and nobody waits for them. */
import { Cancellation, type Cancelled, type Runtime } from '../../../src/runtime.ts'
import type { VirtualRuntime } from '../../support/virtual-runtime.ts'

export class MortalProcess implements Runtime {
  readonly #world: VirtualRuntime
  readonly #cancellations = new Set<Cancellation>()
  #isDead = false

  constructor(world: VirtualRuntime) {
    this.#world = world
  }

  /** Without ceremony. */
  kill(): void {
    this.#isDead = true
    for (const cancellation of this.#cancellations) cancellation.cancel('dead')
  }

  get isDead(): boolean {
    return this.#isDead
  }

  /** Timers that are still running. */
  get timers(): number {
    return this.#cancellations.size
  }

  wallNow(): number {
    return this.#world.wallNow()
  }

  monotonicMs(): number {
    return this.#world.monotonicMs()
  }

  async sleep(ms: number, signal?: Cancelled): Promise<void> {
    if (signal?.aborted) throw signal.reason
    const cancellation = new Cancellation()
    const onAbort = () => cancellation.cancel(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#cancellations.add(cancellation)
    try {
      await this.#world.sleep(ms, cancellation)
    } catch (reason) {
      if (!this.#isDead) throw reason
    } finally {
      this.#cancellations.delete(cancellation)
      signal?.removeEventListener('abort', onAbort)
    }
    if (this.#isDead) await never
  }

  random(byteCount: number): Uint8Array {
    return this.#world.random(byteCount)
  }

  work<T>(promise: Promise<T>): Promise<T> {
    return this.#world.work(promise)
  }

  offThread<T>(promise: Promise<T>): Promise<T> {
    return this.#world.offThread(promise)
  }

  reached(point: string): void {
    this.#world.reached(point)
  }
}

const never = new Promise<never>(() => {})
