/** The password of a record in stock, as only the bank itself can read it. */
import { contextOf } from '../../src/bank/record-secrets.ts'
import { type AmountColumns, amountOf } from '../../src/store/amount-columns.ts'
import type { World } from './world.ts'

type StockRow = AmountColumns & {
  readonly payee: string
  readonly batch: string
  readonly serial: bigint
  readonly password_key: string
  readonly password_sealed: Uint8Array
}

/** Undefined when its key was destroyed. */
export async function passwordInStock(world: World, number: string): Promise<string | undefined> {
  const row = await world.harbour.store.read(tx =>
    tx.one<StockRow>(
      `SELECT payee, batch, serial, minor, asset, scale, password_key, password_sealed FROM stock WHERE number = ?`,
      number,
    ),
  )
  if (row === undefined) throw new Error(`${number} is not in stock`)
  const context = contextOf('password', { ...row, number, amount: amountOf(row) })
  const plain = await world.recordKeys.open({ record: row.password_key, context, sealed: row.password_sealed })
  return plain && Buffer.from(plain).toString()
}
