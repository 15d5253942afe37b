/**
 * Slow hashes, off the event loop, a few at a time. Callers who wait on the phone go first, and are told `busy` when too
 * many wait already; work that nobody waits for (a batch of vouchers) fills the gaps.
 */
import { type Algorithm, hashRaw } from '@node-rs/argon2'
import type { Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'

/** Argon2id (RFC 9106), one lane. */
export interface HashCost {
  readonly memoryKiB: number
  readonly passes: number
}

/** About 40 ms of a core on the machines we measured (2.5 GHz Xeon): slow for a thief, a short silence for a caller. */
export const defaultCost: HashCost = { memoryKiB: 47_104, passes: 2 }

export type Urgency = 'caller' | 'background'

// The package declares a const enum, which erasable syntax cannot use; RFC 9106 section 3.1 gives type 2 to Argon2id.
const argon2id = 2 as Algorithm

interface Waiting {
  start(): void
}

export class HashPool {
  readonly #runtime: Runtime
  readonly #parallel: number
  readonly #queueLimit: number
  readonly #waiting: Record<Urgency, Waiting[]> = { caller: [], background: [] }
  #running = 0

  /** `parallel`: hashes at a time; keep it below the cores. `queueLimit`: callers who may wait besides. */
  constructor(runtime: Runtime, options: { readonly parallel: number; readonly queueLimit: number }) {
    this.#runtime = runtime
    this.#parallel = options.parallel
    this.#queueLimit = options.queueLimit
  }

  /** 32 bytes, or `busy`, which only a caller's hash can be. */
  async hash(secret: Secret, salt: Uint8Array, cost: HashCost, urgency: Urgency): Promise<Uint8Array | 'busy'> {
    if (this.#running >= this.#parallel) {
      if (urgency === 'caller' && this.#waiting.caller.length >= this.#queueLimit) return 'busy'
      await this.#runtime.work(new Promise<void>(resolve => this.#waiting[urgency].push({ start: resolve })))
    } else {
      this.#running += 1
    }
    try {
      const options = { algorithm: argon2id, memoryCost: cost.memoryKiB, timeCost: cost.passes, parallelism: 1 }
      return await this.#runtime.offThread(hashRaw(secret.reveal(), { ...options, salt, outputLen: 32 }))
    } finally {
      this.#passOn()
    }
  }

  /** Hands the place to who has waited longest, callers first. */
  #passOn(): void {
    const next = this.#waiting.caller.shift() ?? this.#waiting.background.shift()
    if (next === undefined) this.#running -= 1
    else next.start()
  }
}
