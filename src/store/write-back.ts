/**
 * Keeps the write-ahead log short. What is in it is written to the database by a thread of its own, while the writer goes on: within a
 * commit, as SQLite does it by itself, everybody who waits for one would wait for the disk (`docs/decisions/044`). Once all of it is
 * written back and nobody reads from it, SQLite starts it again from its beginning. A writer that never rests, or a reader that
 * stays (a forgotten shell, a backup that hangs), lets it grow until the disk is full: past its limit it is truncated between two
 * commits, and when that does not succeed for a while, somebody is called.
 *
 *     commits ──▶ [ written back │ not yet ▒▒▒▒ ] ── 32 MB not yet: the thread is sent ──▶ database
 *                 └────────── 128 MB in all: truncated, when little is left to write, and at 256 MB in any case
 */
import { Worker } from 'node:worker_threads'
import type { Runtime } from '../runtime.ts'
import { busyTimeoutMs, type Sqlite } from './connection.ts'

/** Something keeps the write-ahead log from being truncated, or from being written back beside the writer. */
export interface LogTooLong {
  readonly bytes: number
  readonly forMs: number
  /** Why the thread that writes it back fails each time. Undefined: a reader holds the log. */
  readonly cause?: unknown
}

export interface WalLimits {
  /** So much waits to be written back before the thread is sent. */
  readonly passBytes: number
  /** The log may be as long as this, and twice as long where the thread does not keep up. */
  readonly bytes: number
  /** So little is left that the writer may write it back itself. */
  readonly fewBytes: number
  /** How long a reader may hold it, or the thread fail, before somebody is called. */
  readonly patienceMs: number
  /** Between two attempts: each writes back what it can. */
  readonly retryMs: number
}

const megabyte = 1_024 * 1_024
export const usualWalLimits: WalLimits = {
  passBytes: 32 * megabyte,
  bytes: 128 * megabyte,
  fewBytes: 2 * megabyte,
  patienceMs: 30_000,
  retryMs: 1_000,
}

/** Of each page in the log (SQLite file format, 4.1). */
const frameHeaderBytes = 24

interface Parts {
  /** The writing connection. */
  readonly database: Sqlite
  readonly file: string
  readonly runtime: Runtime
  readonly limits: WalLimits
  /** Begins the thread: it takes the file's path, and answers when it is written back. It may throw: a machine has only so many. */
  readonly thread?: () => Worker
}

function usualThread(): Worker {
  return new Worker(new URL('./write-back-thread.mjs', import.meta.url), { name: 'write back' })
}

export class WriteBack {
  readonly #parts: Parts
  readonly #tooLong: (what: LogTooLong) => void
  /** Tells the length of the log and does nothing. */
  readonly #look: { get(): unknown }
  readonly #frameBytes: number
  #thread: Worker | undefined
  #pass: Promise<void> | undefined
  #passed: () => void = () => {}
  #nextPassAtMs = Number.NEGATIVE_INFINITY
  /** Since when it could not be truncated, and the next time to try. */
  #held: { readonly since: number; tryAt: number; called: boolean } | undefined
  /** Since when no pass has come to its end. */
  #failing: { readonly since: number; called: boolean } | undefined
  #bytes = 0

  constructor(parts: Parts, tooLong: (what: LogTooLong) => void) {
    this.#parts = parts
    this.#tooLong = tooLong
    this.#look = parts.database.prepare('PRAGMA wal_checkpoint(NOOP)')
    this.#frameBytes = Number(parts.database.pragma('page_size', { simple: true })) + frameHeaderBytes
  }

  /** Call it between two transactions. It never throws: what it fails at keeps no command from being carried out. */
  keep(): void {
    try {
      this.#keep()
    } catch (error) {
      this.#failed(error)
    }
  }

  #keep(): void {
    const { limits } = this.#parts
    const { bytes, waiting } = this.#length()
    this.#bytes = bytes
    const isLong = bytes > limits.bytes
    if (waiting >= limits.passBytes || (isLong && waiting > limits.fewBytes)) this.#sendThread()
    if (!isLong) this.#held = undefined
    else if (waiting <= limits.fewBytes || bytes > 2 * limits.bytes) this.#truncate(bytes)
  }

  /** Resolves when the thread has ended. The log is as it is: SQLite writes it back when the last connection closes. */
  async close(): Promise<void> {
    // The process may have nothing else to do, and would end here.
    this.#thread?.ref()
    await this.#pass
    await this.#thread?.terminate()
  }

  #length(): { readonly bytes: number; readonly waiting: number } {
    const { log, checkpointed } = this.#look.get() as { log: bigint; checkpointed: bigint }
    return { bytes: Number(log) * this.#frameBytes, waiting: Number(log - checkpointed) * this.#frameBytes }
  }

  #sendThread(): void {
    const { runtime, file } = this.#parts
    if (this.#pass !== undefined || runtime.monotonicMs() < this.#nextPassAtMs) return
    let thread: Worker
    try {
      thread = this.#running()
    } catch (error) {
      this.#failed(error)
      return
    }
    this.#pass = new Promise(resolve => {
      this.#passed = resolve
    })
    thread.postMessage(file)
  }

  #running(): Worker {
    if (this.#thread) return this.#thread
    const thread = (this.#parts.thread ?? usualThread)()
    // It keeps no process alive that has nothing else to do.
    thread.unref()
    thread.on('message', () => {
      this.#failing = undefined
      this.#endPass()
    })
    let cause: unknown
    thread.on('error', error => {
      cause = error
    })
    thread.on('exit', code => {
      this.#thread = undefined
      // Only while it writes back does anybody wait for it; otherwise it is ended because the store closes.
      if (this.#pass !== undefined) this.#failed(cause ?? new Error(`the thread ended with ${code}`))
      this.#endPass()
    })
    this.#thread = thread
    return thread
  }

  #endPass(): void {
    this.#pass = undefined
    this.#passed()
  }

  /** It is tried again after a pause; the writer goes on, and truncates the log itself when it is twice too long. */
  #failed(cause: unknown): void {
    const { runtime, limits } = this.#parts
    const at = runtime.monotonicMs()
    this.#nextPassAtMs = at + limits.retryMs
    this.#failing ??= { since: at, called: false }
    const forMs = at - this.#failing.since
    if (this.#failing.called || forMs < limits.patienceMs) return
    this.#failing.called = true
    this.#tooLong({ bytes: this.#bytes, forMs, cause })
  }

  #truncate(bytes: number): void {
    const { runtime, limits } = this.#parts
    const at = runtime.monotonicMs()
    if (this.#held !== undefined && at < this.#held.tryAt) return
    if (this.#truncated()) {
      this.#held = undefined
      return
    }
    this.#held ??= { since: at, tryAt: at, called: false }
    this.#held.tryAt = at + limits.retryMs
    const forMs = at - this.#held.since
    if (this.#held.called || forMs < limits.patienceMs) return
    this.#held.called = true
    this.#tooLong({ bytes, forMs })
  }

  /** Without waiting for a reader: calls are waiting for us. */
  #truncated(): boolean {
    const { database } = this.#parts
    database.pragma('busy_timeout = 0')
    try {
      const [result] = database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: bigint }]
      return result.busy === 0n
    } catch {
      // The disk is full, or gives errors: then it is not truncated, and that is what is said.
      return false
    } finally {
      database.pragma(`busy_timeout = ${busyTimeoutMs}`)
    }
  }
}
