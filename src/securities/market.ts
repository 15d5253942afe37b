/**
 * The firm's clock: writes down what the price list says when it changes, executes the orders that it has reached, and settles
 * what is due, on time. It sleeps until the next of these; whoever takes an order wakes it.
 */
import { businessDate } from '../ledger/business-date.ts'
import { Cancellation, now } from '../runtime.ts'
import type { ReadTx } from '../store/store.ts'
import type { Listed } from './config.ts'
import { type Firm, sharesOf } from './firm.ts'
import { nextListing } from './price-list.ts'
import { quoteAt } from './quotes.ts'
import { execute, hasOtherSide, isReached, selectTrades, settle, type TradeRow } from './trade.ts'

/** A clock that is put forward is noticed within a minute. */
const longestSleepMs = 60_000
const pauseAfterTroubleMs = 5_000
const together = 100

export class Market {
  readonly #firm: Firm
  #sleeping: Cancellation | undefined
  #woken = false
  #closed = false
  #watching: Promise<void> | undefined

  constructor(firm: Firm) {
    this.#firm = firm
  }

  /** There is another order, or the books are open. */
  wake(): void {
    this.#woken = true
    this.#sleeping?.cancel('woken')
    if (!this.#closed) this.#watching ??= this.#watch()
  }

  /** Does what is due now. */
  async look(): Promise<void> {
    const at = now(this.#firm)
    await settleDue(this.#firm, at)
    for (const security of this.#firm.config.securities) await executeReached(this.#firm, security, at)
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
        await this.look()
        await this.#sleepUntil(await this.#nextDue())
      } catch (error) {
        if (this.#closed) return
        this.#firm.troubled(error)
        await this.#sleep(pauseAfterTroubleMs)
      }
    }
  }

  async #nextDue(): Promise<number> {
    const { config, store } = this.#firm
    const settles = await store.read(tx => nextSettlement(tx, this.#firm))
    return Math.min(nextListing(config, now(this.#firm)), settles ?? Number.POSITIVE_INFINITY)
  }

  async #sleepUntil(due: number): Promise<void> {
    for (let at = now(this.#firm); at < due && !this.#woken && !this.#closed; at = now(this.#firm))
      await this.#sleep(Math.min(due - at, longestSleepMs))
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#woken || this.#closed) return
    const alarm = new Cancellation()
    this.#sleeping = alarm
    // It is woken by rejecting, which is no trouble.
    await this.#firm.runtime.sleep(ms, alarm).catch(() => {})
    this.#sleeping = undefined
  }
}

/** Every trade whose day of settlement has opened, oldest first. */
async function settleDue(firm: Firm, at: number): Promise<void> {
  const { store, config, calendar } = firm
  for (;;) {
    const settled = await store.execute(async tx => {
      const due = await tx.all<TradeRow & { readonly minor: bigint }>(
        `SELECT trade.*, quote.minor FROM trade JOIN quote ON quote.tenant = trade.tenant AND quote.isin = trade.isin
           AND quote.number = trade.quote
         WHERE trade.tenant = ? AND state = 'executed' AND settles_at <= ? ORDER BY settles_at, id LIMIT ?`,
        ...[config.id, BigInt(at), BigInt(together)],
      )
      const when = { at, businessDate: await businessDate(tx, calendar, at) }
      for (const trade of due) await settle(tx, firm, trade, when)
      return due.length
    })
    firm.runtime.reached('trades.settled')
    if (settled < together) return
  }
}

/** Orders that the list has reached, in the order in which they were taken, as far as the firm has the other side. */
async function executeReached(firm: Firm, security: Listed, at: number): Promise<void> {
  const { store, config, calendar } = firm
  const { isin } = security
  let last = ''
  for (;;) {
    const seen = await store.execute(async tx => {
      const quote = await quoteAt(tx, firm, security, at)
      if (quote === undefined) return []
      const open = await tx.all<TradeRow>(
        `${selectTrades} WHERE tenant = ? AND isin = ? AND state = 'open' AND good_until > ? AND id > ? ORDER BY id LIMIT ?`,
        ...[config.id, isin, BigInt(at), last, BigInt(together)],
      )
      const when = { at, businessDate: await businessDate(tx, calendar, at) }
      for (const trade of open) {
        const quantity = { minor: trade.quantity, asset: sharesOf(isin) }
        if (!isReached(trade.side, trade.limit_minor ?? undefined, quote)) continue
        if (await hasOtherSide(tx, firm, { side: trade.side, quantity }, quote))
          await execute(tx, firm, trade, quote, when)
      }
      return open
    })
    firm.runtime.reached('trades.executed')
    last = seen.at(-1)?.id ?? ''
    if (seen.length < together) return
  }
}

async function nextSettlement(tx: ReadTx, { config }: Firm): Promise<number | undefined> {
  const row = await tx.one<{ at: bigint | null }>(
    `SELECT min(settles_at) AS at FROM trade WHERE tenant = ? AND state = 'executed'`,
    config.id,
  )
  return row?.at === null || row === undefined ? undefined : Number(row.at)
}
