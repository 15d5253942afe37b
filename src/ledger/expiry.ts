/**
 * Ends holds whose time has come, on time: asleep until the next is due, and without a timer while none is open. Whoever
 * takes a hold wakes it.
 */
import { Cancellation, now, type Runtime } from '../runtime.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'
import { businessDate, type Calendar } from './business-date.ts'
import { expireDue } from './reserve.ts'

export interface HoldExpiryParts {
  readonly store: Store
  readonly runtime: Runtime
  readonly calendar: Calendar
  readonly chain: string
  readonly troubled: (error: unknown) => void
  /** In the same command: whatever else comes to its end with these holds. */
  readonly expired?: (tx: Tx, holds: readonly string[]) => Promise<void>
}

/** A clock that is put forward is noticed within a minute. */
const longestSleepMs = 60_000
const pauseAfterTroubleMs = 5_000
const together = 100

export class HoldExpiry {
  readonly #parts: HoldExpiryParts
  #sleeping: Cancellation | undefined
  #woken = false
  #closed = false
  #watching: Promise<void> | undefined

  constructor(parts: HoldExpiryParts) {
    this.#parts = parts
  }

  /** There may be another hold. */
  wake(): void {
    this.#woken = true
    this.#sleeping?.cancel('woken')
    if (this.#closed) return
    this.#watching ??= this.#watch().finally(() => {
      this.#watching = undefined
      if (this.#woken && !this.#closed) this.wake()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#sleeping?.cancel('closing')
    await this.#watching
  }

  async #watch(): Promise<void> {
    while (!this.#closed) {
      this.#woken = false
      try {
        const due = await this.#parts.store.read(tx => nextDue(tx, this.#parts.chain))
        if (due === undefined && !this.#woken) return
        const at = now(this.#parts)
        if (due === undefined || due > at) await this.#sleep(Math.min((due ?? at) - at, longestSleepMs))
        else await this.#expire(at)
      } catch (error) {
        if (this.#closed) return
        this.#parts.troubled(error)
        await this.#sleep(pauseAfterTroubleMs)
      }
    }
  }

  #expire(at: number): Promise<readonly string[]> {
    const { store, calendar, chain, expired } = this.#parts
    return store.execute(async tx => {
      const date = await businessDate(tx, calendar, at)
      const holds = await expireDue(tx, { chain, at, businessDate: date, limit: together })
      await expired?.(tx, holds)
      return holds
    })
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#woken || this.#closed || ms <= 0) return
    const alarm = new Cancellation()
    this.#sleeping = alarm
    // It is woken by rejecting, which is no trouble.
    await this.#parts.runtime.sleep(ms, alarm).catch(() => {})
    this.#sleeping = undefined
  }
}

async function nextDue(tx: ReadTx, chain: string): Promise<number | undefined> {
  const row = await tx.one<{ at: bigint | null }>(
    `SELECT min(expires_at) AS at FROM reservation WHERE chain = ? AND state = 'open'`,
    chain,
  )
  return row?.at === null || row === undefined ? undefined : Number(row.at)
}
