/**
 * Time and chance. Everything that reads a clock, waits or draws a random value is handed a `Runtime`, so that a test can
 * run a week of calls in a second and repeat a failure from its seed. A lint rule forbids the globals everywhere else.
 */

import { randomFillSync } from 'node:crypto'
import { toHex } from './bytes.ts'

export interface Runtime {
  /** Date and time of day, in milliseconds since 1970-01-01T00:00:00Z. May jump: never measure durations with it. */
  wallNow(): number
  /** Milliseconds on a clock that only goes forward. For durations and deadlines. */
  monotonicMs(): number
  /** Resolves after `ms`. Rejects with the signal's reason when aborted first. */
  sleep(ms: number, signal?: Cancelled): Promise<void>
  /** `byteCount` bytes fit for keys. */
  random(byteCount: number): Uint8Array
  /**
   * Announces work that goes on off this thread or beyond this process (a hash, a commit, a request), and returns its
   * promise. Virtual time stands still while any is under way.
   */
  work<T>(promise: Promise<T>): Promise<T>
  /**
   * As `work`, for what another thread does by itself (a hash, a decryption) and for a turn of the event loop. Which of two is
   * ready first depends on the machine; in virtual time each comes back in the order in which they were announced.
   */
  offThread<T>(promise: Promise<T>): Promise<T>
  /**
   * Says that execution has reached a named point of the money path, such as `sale.committed`. Nothing happens in
   * production; a test may kill the process here.
   */
  reached(point: string): void
}

/** What `sleep` needs of an `AbortSignal`. */
export interface Cancelled {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', onAbort: () => void, options?: { readonly once: true }): void
  removeEventListener(type: 'abort', onAbort: () => void): void
}

/**
 * Cancels one sleep. A call sleeps and is woken for every key: measured 1 µs for each, where an `AbortController` with its
 * event and its weak references takes 9.
 */
export class Cancellation implements Cancelled {
  aborted = false
  reason: unknown
  #onAbort: (() => void) | undefined

  cancel(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    this.#onAbort?.()
  }

  addEventListener(_type: 'abort', onAbort: () => void): void {
    this.#onAbort = onAbort
  }

  removeEventListener(): void {
    this.#onAbort = undefined
  }
}

export const systemRuntime: Runtime = {
  wallNow: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep,
  random: randomFromBlocks(4_096),
  work: promise => promise,
  offThread: promise => promise,
  reached: () => {},
}

/**
 * Draws from the system a block at a time, as Node's own `randomUUID` does: a draw costs as much for 16 bytes as for the
 * block, and a sale draws a dozen times. No byte is given twice, and none stays here that was given.
 */
function randomFromBlocks(blockLength: number): Runtime['random'] {
  const block = new Uint8Array(blockLength)
  let used = blockLength
  return byteCount => {
    if (byteCount > blockLength / 8) return randomFillSync(new Uint8Array(byteCount))
    if (used + byteCount > blockLength) {
      randomFillSync(block)
      used = 0
    }
    const drawn = block.slice(used, used + byteCount)
    block.fill(0, used, used + byteCount)
    used += byteCount
    return drawn
  }
}

/** A timer that is this late says that the process stood still: a slow disk, a machine that was full. */
const standstillMs = 50

/**
 * After a standstill Node runs the timers first and reads what came meanwhile afterwards: an answer would pass for one that
 * never came, a key for silence. So a timer that is late lets everything be read before it counts.
 */
function sleep(ms: number, signal?: Cancelled): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const dueMs = performance.now() + ms
    let turn: NodeJS.Immediate | undefined
    const onAbort = () => {
      clearTimeout(timer)
      clearImmediate(turn)
      reject(signal?.reason)
    }
    const wake = () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }
    const timer = setTimeout(() => {
      if (performance.now() < dueMs + standstillMs) wake()
      else turn = setImmediate(wake)
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Lets everybody else who is ready have a turn first: between the slices of long work. Takes no time, virtual or not. */
export function nextTurn(runtime: Runtime): Promise<void> {
  return runtime.offThread(new Promise(resolve => setImmediate(resolve)))
}

/** Raised when something outside the process did not answer in time. */
export class DeadlineExceeded extends Error {
  constructor(what: string, afterMs: number) {
    super(`${what}: no answer within ${afterMs} ms`)
    this.name = 'DeadlineExceeded'
  }
}

/** Settles as `work` does, or rejects with `DeadlineExceeded` after `ms`. The work itself is not cancelled. */
export async function withDeadline<T>(runtime: Runtime, what: string, ms: number, work: Promise<T>): Promise<T> {
  const done = new Cancellation()
  const late = runtime.sleep(ms, done).then(
    () => {
      throw new DeadlineExceeded(what, ms)
    },
    () => new Promise<never>(() => {}),
  )
  try {
    return await Promise.race([work, late])
  } finally {
    done.cancel('settled')
  }
}

/** A whole number drawn uniformly from `0 … limit - 1`; `limit` at most 2³². */
export function randomBelow(runtime: Runtime, limit: number): number {
  const fair = Math.floor(0x1_0000_0000 / limit) * limit
  for (;;) {
    const bytes = runtime.random(4)
    const drawn = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    if (drawn < fair) return drawn % limit
  }
}

/** `count` decimal digits, each drawn uniformly. */
export function randomDigits(runtime: Runtime, count: number): string {
  return Array.from({ length: count }, () => randomBelow(runtime, 10)).join('')
}

/** The date and time as rows hold it: whole milliseconds since 1970-01-01T00:00:00Z. */
export function now({ runtime }: { readonly runtime: Runtime }): number {
  return Math.trunc(runtime.wallNow())
}

/** Milliseconds since 1970 of an instant that a text names, such as `Nov 26 11:49:28 2027 GMT`; NaN where it names none. */
export function instantOf(text: string): number {
  return Date.parse(text)
}

/**
 * A fresh id of 32 lower-case hexadecimal digits for a row that is written now: 48 bits of the time in milliseconds, then 80
 * random ones. What is written together stands together: a sale whose id is all random changed 9.6 pages of a bank that had
 * sold 19,000 vouchers, and changes 7.4 with this one. Not for what must not tell its time.
 */
export function orderedId(runtime: Runtime): string {
  const time = now({ runtime }).toString(16).padStart(12, '0')
  return time + toHex(runtime.random(10))
}

/** A fresh 128-bit id, in 32 lower-case hexadecimal digits. */
export function randomId(runtime: Runtime): string {
  return toHex(runtime.random(16))
}
