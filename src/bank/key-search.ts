/**
 * A bank looks at every start for records without a key (`lost-keys.ts`) and keys without a record (`orphans.ts`). Both grow with its books, and
 * nobody is served meanwhile: so it opens when it has seen the first records of each amount, the newest sales, and as much of the rest as
 * takes no time, and goes on with the rest a page at a time while it serves. Where one of those that it sees before has no key, all are looked at before it opens.
 *
 *     newest sales, first of the stock ─▶ some pages ─▶ opens ─▶ stock ─▶ sales ─▶ keys ─▶ what is lost is withdrawn
 */
import { raiseAlarm } from '../alarm.ts'
import { Slices } from '../clearing/slices.ts'
import { StepWorker } from '../clearing/worker.ts'
import type { MadeKeys } from '../keys/record-keys.ts'
import { Cancellation, now } from '../runtime.ts'
import type { Branch } from './branch.ts'
import { type LostSale, lostBehind, lostOfNewest, stillLost, withdraw, withdrawUntellable } from './lost-keys.ts'
import { destroyOrphans } from './orphans.ts'

/** Rows that are looked at before the bank opens. */
interface BeforeOpening {
  readonly firstOfAmount: number
  readonly newestSales: number
  /** With the first of each amount; small books are searched to their end. */
  readonly inAll: number
}

const usual: BeforeOpening = { firstOfAmount: 64, newestSales: 256, inAll: 4_096 }

/** A millisecond or two of this thread, and of the writer for what is withdrawn. */
const keysAtOnce = 256
const salesAtOnce = 1_024
const withdrawnAtOnce = 256

/** How often it looks whether the other machine, or a person, has spoken. */
const lookEveryMs = 1_000

type Searched = Pick<Branch, 'runtime' | 'store' | 'recordKeys' | 'stockKeys' | 'elsewhere' | 'troubled'> & {
  readonly config: Pick<Branch['config'], 'id'>
}

export class KeySearch {
  readonly #branch: Searched
  readonly #beforeOpening: BeforeOpening
  readonly #slices: Slices
  readonly #worker: StepWorker
  readonly #made: MadeKeys
  readonly #closing = new Cancellation()
  #stage: 'stock' | 'sales' | 'keys' | 'withdrawing' | 'over' = 'stock'
  #lastSale = ''
  #lastKey = ''
  readonly #lostSales: LostSale[] = []
  #hasAlarmed = false

  /** Before anything of this bank makes a key. */
  constructor(branch: Searched, beforeOpening: BeforeOpening = usual) {
    this.#branch = branch
    this.#beforeOpening = beforeOpening
    this.#made = branch.recordKeys.noteMade()
    this.#slices = new Slices(branch)
    this.#worker = new StepWorker({
      runtime: branch.runtime,
      step: () => this.#stepAside(),
      troubled: branch.troubled,
    })
  }

  /** What must be known before anybody is served. */
  async begin(): Promise<void> {
    const { stockKeys } = this.#branch
    const { firstOfAmount, newestSales, inAll } = this.#beforeOpening
    const lostSales = await lostOfNewest(this.#branch, newestSales)
    let rows = await stockKeys.begin(firstOfAmount)
    if (lostSales.length + stockKeys.lost.length > 0) {
      await withdrawUntellable(this.#branch)
      stockKeys.over()
      this.#stage = 'keys'
    }
    while (rows < inAll && this.#stage !== 'over' && !this.#isFound) rows += await this.#step()
    if (!this.#isFound) return
    // Among few: all of them are looked at once more, and the other machine is waited for.
    await withdrawUntellable(this.#branch)
    stockKeys.over()
    this.#lostSales.length = 0
    while (rows < inAll && this.#stage !== 'over') rows += await this.#step()
  }

  /** The rest, from now on. */
  wake(): void {
    this.#worker.wake()
  }

  /** Resolves when the search is over, or waits for the other machine. */
  idle(): Promise<void> {
    return this.#worker.idle()
  }

  async close(): Promise<void> {
    this.#closing.cancel('closing')
    this.#slices.close()
    await this.#worker.close()
    this.#made.stop()
  }

  get #isFound(): boolean {
    return this.#branch.stockKeys.lost.length + this.#lostSales.length > 0
  }

  async #stepAside(): Promise<boolean> {
    if (this.#stage === 'over') return false
    await this.#step()
    await this.#slices.breathe()
    return true
  }

  /** @returns how many rows it looked at */
  async #step(): Promise<number> {
    switch (this.#stage) {
      case 'stock': {
        const rows = await this.#branch.stockKeys.more()
        if (rows === undefined) this.#stage = 'sales'
        return rows ?? 0
      }
      case 'sales': {
        const { lost, last } = await lostBehind(this.#branch, this.#lastSale, salesAtOnce)
        this.#lostSales.push(...lost)
        if (last === undefined) this.#stage = 'keys'
        else this.#lastSale = last
        return salesAtOnce
      }
      case 'keys': {
        const last = await destroyOrphans(this.#branch, this.#made, this.#lastKey, keysAtOnce)
        if (last !== undefined) this.#lastKey = last
        else {
          this.#made.stop()
          this.#stage = 'withdrawing'
        }
        return keysAtOnce
      }
      case 'withdrawing': {
        await this.#withdraw()
        return 0
      }
      case 'over':
        return 0
    }
  }

  /** A part of what has no key; over when nothing is left. */
  async #withdraw(): Promise<void> {
    const { stockKeys, elsewhere, runtime } = this.#branch
    const found = {
      records: stockKeys.lost.slice(0, withdrawnAtOnce),
      sales: this.#lostSales.slice(0, withdrawnAtOnce),
    }
    const count = found.records.length + found.sales.length
    if (count > 0 && elsewhere && !elsewhere.hasTold()) {
      const lost = await stillLost(this.#branch, { records: stockKeys.lost, sales: this.#lostSales })
      await this.#alarmOnce(elsewhere.waitsFor(lost.records.length + lost.sales.length))
      await runtime.sleep(lookEveryMs, this.#closing).catch(() => {})
      return
    }
    if (count > 0) await withdraw(this.#branch, await stillLost(this.#branch, found))
    stockKeys.settled(found.records)
    this.#lostSales.splice(0, found.sales.length)
    if (this.#isFound) return
    elsewhere?.gaveUp()
    stockKeys.over()
    this.#stage = 'over'
  }

  async #alarmOnce(detail: string): Promise<void> {
    if (this.#hasAlarmed) return
    this.#hasAlarmed = true
    const { store, config } = this.#branch
    const alarm = { peer: config.id, kind: 'record-keys-behind', detail, at: now(this.#branch) } as const
    await store.execute(tx => raiseAlarm(tx, config.id, alarm))
  }
}
