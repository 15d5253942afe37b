/**
 * Which records of the stock are known to have their key. They are looked at in the order in which they are sold, which is random, so that
 * the first ones of each amount speak for the rest: a bank opens when it has seen these, and looks at the others while it serves. A
 * record is not sold before it was looked at. What came into stock since the bank opened has just got its key.
 */
import type { InstitutionId } from '../ids.ts'
import type { RecordKeys } from '../keys/record-keys.ts'
import type { Money } from '../money.ts'
import { columnsOf } from '../store/amount-columns.ts'
import type { ReadTx, SqlValue, Store } from '../store/store.ts'

export interface LostRecord {
  readonly key: string
  readonly payee: InstitutionId
  readonly batch: string
  readonly serial: bigint
}

/** Of the records of one amount that were in stock when the bank opened. */
interface Amount {
  readonly payee: InstitutionId
  readonly minor: bigint
  readonly asset: string
  /** All that are sold before, and itself, were looked at. Undefined: all were. */
  upto: Uint8Array | undefined
  looking?: Promise<number> | undefined
}

/** A record that would be sold next was not looked at yet. Nothing was done. */
export class NotLookedAt extends Error {
  constructor() {
    super('it is not known yet whether this record has its key')
    this.name = 'NotLookedAt'
  }
}

const recordsAtOnce = 256
const before = new Uint8Array()

interface Parts {
  readonly store: Store
  readonly recordKeys: Pick<RecordKeys, 'missing'>
  readonly config: { readonly id: InstitutionId }
}

export class StockKeys {
  readonly #store: Store
  readonly #recordKeys: Pick<RecordKeys, 'missing'>
  readonly #tenant: InstitutionId
  readonly #amounts = new Map<string, Amount>()
  #turns: Amount[] = []
  readonly #lost = new Map<string, LostRecord>()

  constructor({ store, recordKeys, config }: Parts) {
    this.#store = store
    this.#recordKeys = recordKeys
    this.#tenant = config.id
  }

  /** At start: the first `most` of each amount. @returns how many were looked at */
  async begin(most: number): Promise<number> {
    for (const amount of await this.#store.read(tx => amountsIn(tx, this.#tenant)))
      this.#amounts.set(nameOf(amount.payee, amount.minor, amount.asset), { ...amount, upto: before })
    this.#turns = [...this.#amounts.values()]
    let rows = 0
    for (const amount of this.#turns) rows += await this.#look(amount, most)
    return rows
  }

  /** Some more, of one amount after the other. @returns how many; undefined: all were looked at */
  async more(): Promise<number | undefined> {
    for (let amount = this.#turns.shift(); amount !== undefined; amount = this.#turns.shift()) {
      if (amount.upto === undefined) continue
      this.#turns.push(amount)
      return this.#look(amount)
    }
    return undefined
  }

  /** Those that would be sold next, for a sale that came to one too early. */
  async ahead(payee: InstitutionId, amount: Money): Promise<void> {
    const [minor, asset] = columnsOf(amount)
    const known = this.#amounts.get(nameOf(payee, minor, asset))
    if (known?.upto !== undefined) await this.#look(known)
  }

  /** Of a record in stock, in a sale: whether it has its key. `shuffle`: its place in the order. @throws NotLookedAt */
  hasKey(payee: InstitutionId, amount: Money, { key, shuffle }: { key: string; shuffle: Uint8Array }): boolean {
    if (this.#lost.has(key)) return false
    const [minor, asset] = columnsOf(amount)
    const upto = this.#amounts.get(nameOf(payee, minor, asset))
    if (upto?.upto !== undefined && Buffer.compare(shuffle, upto.upto) > 0) throw new NotLookedAt()
    return true
  }

  /** Those without a key that were found. */
  get lost(): readonly LostRecord[] {
    return [...this.#lost.values()]
  }

  /** They have one after all, or have left the stock. */
  settled(records: readonly Pick<LostRecord, 'key'>[]): void {
    for (const { key } of records) this.#lost.delete(key)
  }

  /** All were looked at in another way. */
  over(): void {
    this.#amounts.clear()
    this.#turns = []
    this.#lost.clear()
  }

  /** One after another: a page that ends before another's end must not be taken for what was looked at last. */
  #look(amount: Amount, most = recordsAtOnce): Promise<number> {
    amount.looking ??= this.#page(amount, most).finally(() => {
      amount.looking = undefined
    })
    return amount.looking
  }

  async #page(amount: Amount, most: number): Promise<number> {
    const { payee, minor, asset, upto = before } = amount
    const rows = await this.#store.read(tx =>
      tx.all<{ key: string; batch: string; serial: bigint; shuffle: Uint8Array }>(
        `SELECT password_key AS key, batch, serial, shuffle FROM stock
         WHERE tenant = ? AND payee = ? AND minor = ? AND asset = ? AND state = 'in stock' AND shuffle > ?
         ORDER BY shuffle LIMIT ?`,
        ...[this.#tenant, payee, minor, asset, upto, BigInt(most)],
      ),
    )
    const missing = new Set(await this.#recordKeys.missing(rows.map(({ key }) => key)))
    for (const { key, batch, serial } of rows) if (missing.has(key)) this.#lost.set(key, { key, payee, batch, serial })
    amount.upto = rows.length < most ? undefined : rows.at(-1)?.shuffle
    return rows.length
  }
}

function nameOf(payee: string, minor: bigint, asset: string): string {
  return `${payee} ${minor} ${asset}`
}

interface Found {
  readonly [column: string]: string | bigint
  readonly payee: InstitutionId
  readonly minor: bigint
  readonly asset: string
}

/**
 * Each is found from the one before: there may be a million records of one. A comparison of whole rows would find the first by the index and
 * go through the rest.
 */
async function amountsIn(tx: ReadTx, tenant: InstitutionId): Promise<readonly Found[]> {
  const next = (where: string, ...values: SqlValue[]) =>
    tx.one<Found>(
      `SELECT payee, minor, asset FROM stock WHERE tenant = ? AND state = 'in stock' AND ${where}
       ORDER BY payee, minor, asset LIMIT 1`,
      ...[tenant, ...values],
    )
  const found: Found[] = []
  for (let at = await next("payee > ''"); at !== undefined; ) {
    found.push(at)
    const { payee, minor, asset } = at
    at =
      (await next('payee = ? AND minor = ? AND asset > ?', payee, minor, asset)) ??
      (await next('payee = ? AND minor > ?', payee, minor)) ??
      (await next('payee > ?', payee))
  }
  return found
}
