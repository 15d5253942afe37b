/**
 * Keeps the write-ahead log short. SQLite starts it again from its beginning once all of it is written back and nobody reads
 * from it; a reader that stays (a forgotten shell, a backup that hangs) lets it grow until the disk is full. Past the limit it is
 * truncated between two commits, and when that does not succeed for a while, somebody is called.
 */
import { statSync } from 'node:fs'
import type { Runtime } from '../runtime.ts'
import { busyTimeoutMs, type Sqlite } from './connection.ts'

/** Something keeps the write-ahead log from being truncated. */
export interface LogTooLong {
  readonly bytes: number
  readonly forMs: number
}

export interface WalLimits {
  /** The log may be as long as this. Four times what it grows to between two automatic checkpoints. */
  readonly bytes: number
  /** How long a reader may hold it before somebody is called. */
  readonly patienceMs: number
  /** Between two attempts: each writes back what it can. */
  readonly retryMs: number
}

export const usualWalLimits: WalLimits = { bytes: 128 * 1_024 * 1_024, patienceMs: 30_000, retryMs: 1_000 }

export class WalLimit {
  readonly #database: Sqlite
  readonly #file: string
  readonly #runtime: Runtime
  readonly #limits: WalLimits
  readonly #tooLong: (what: LogTooLong) => void
  /** Since when it could not be truncated, and the next time to try. */
  #held: { readonly since: number; tryAt: number; called: boolean } | undefined

  /** `file`: the database's. `database`: its writing connection. */
  constructor(
    parts: { readonly database: Sqlite; readonly file: string; readonly runtime: Runtime; readonly limits: WalLimits },
    tooLong: (what: LogTooLong) => void,
  ) {
    this.#database = parts.database
    this.#file = `${parts.file}-wal`
    this.#runtime = parts.runtime
    this.#limits = parts.limits
    this.#tooLong = tooLong
  }

  /** Call it between two transactions. */
  keep(): void {
    const bytes = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0
    if (bytes <= this.#limits.bytes) {
      this.#held = undefined
      return
    }
    const at = this.#runtime.monotonicMs()
    if (this.#held !== undefined && at < this.#held.tryAt) return
    if (this.#truncated()) {
      this.#held = undefined
      return
    }
    this.#held ??= { since: at, tryAt: at, called: false }
    this.#held.tryAt = at + this.#limits.retryMs
    const forMs = at - this.#held.since
    if (this.#held.called || forMs < this.#limits.patienceMs) return
    this.#held.called = true
    this.#tooLong({ bytes, forMs })
  }

  /** Without waiting for a reader: calls are waiting for us. */
  #truncated(): boolean {
    this.#database.pragma('busy_timeout = 0')
    try {
      const [result] = this.#database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: bigint }]
      return result.busy === 0n
    } catch {
      // The disk is full, or gives errors: then it is not truncated, and that is what is said.
      return false
    } finally {
      this.#database.pragma(`busy_timeout = ${busyTimeoutMs}`)
    }
  }
}
