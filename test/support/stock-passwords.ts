/** The secrets of a record in stock, as only the bank itself can read them. */
import { contextOf, type RecordSecret } from '../../src/bank/record-secrets.ts'
import { type AmountColumns, amountOf } from '../../src/store/amount-columns.ts'
import type { World } from './world.ts'

type StockRow = AmountColumns & {
  readonly payee: string
  readonly batch: string
  readonly serial: bigint
  readonly key: string
  readonly sealed: Uint8Array
}

/** Undefined when its key was destroyed. */
export const passwordInStock = (world: World, number: string) => secretInStock(world, 'password', number)
/** Undefined when its key was destroyed. */
export const backupInStock = (world: World, number: string) => secretInStock(world, 'backup', number)

async function secretInStock(world: World, secret: RecordSecret, number: string): Promise<string | undefined> {
  const row = await world.harbour.store.read(tx =>
    tx.one<StockRow>(
      `SELECT payee, batch, serial, minor, asset, scale, ${secret}_key AS key, ${secret}_sealed AS sealed
       FROM stock WHERE number = ?`,
      number,
    ),
  )
  if (row === undefined) throw new Error(`${number} is not in stock`)
  const context = contextOf(secret, { ...row, number, amount: amountOf(row) })
  const plain = await world.recordKeys.open({ record: row.key, context, sealed: row.sealed })
  return plain && Buffer.from(plain).toString()
}
