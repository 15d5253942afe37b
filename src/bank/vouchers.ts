/**
 * The vouchers that a customer bought: told until the caller has confirmed having them in writing, then without their
 * password for ever. "Confirmed" is committed first and the password's key destroyed after; a start finishes what was
 * interrupted in between.
 */

import type { AccountNumber, InstitutionId, VoucherNumber } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import { Unopenable } from '../keys/keys.ts'
import { now } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { type AmountColumns, amountOf } from '../store/amount-columns.ts'
import type { ReadTx } from '../store/store.ts'
import type { BackupTelling, BoughtVoucher, Confirmation } from './bank.ts'
import { type Branch, payeeOrFormer } from './branch.ts'
import { contextOf, isKeyOf, type RecordSecret } from './record-secrets.ts'
import { isLost } from './voucher-notices.ts'

type SoldRow = AmountColumns & {
  readonly id: string
  readonly number: VoucherNumber
  readonly payee: InstitutionId
  readonly batch: string
  readonly serial: bigint
  readonly sold_at: bigint
  readonly confirmed_at: bigint | null
  readonly password_key: string
  readonly password_sealed: Uint8Array
  readonly backup_key: string
  readonly backup_sealed: Uint8Array
  readonly lost: bigint
  readonly ended: bigint
}

/** Once the payee's file said so, and what was left has gone back. */
const isEnded = `EXISTS (SELECT 1 FROM cleared_voucher AS cleared JOIN payee_file AS file
    ON file.tenant = cleared.tenant AND file.payee = cleared.payee AND file.number = cleared.ended_by AND file.statement IS NOT NULL
  WHERE cleared.tenant = sale.tenant AND cleared.payee = sale.payee AND cleared.voucher = stock.number)`

const soldRows = `
  SELECT sale.id, stock.number, sale.payee, sale.batch, sale.serial, minor, asset, scale, sold_at, confirmed_at,
    password_key, password_sealed, backup_key, backup_sealed, ${isLost} AS lost, ${isEnded} AS ended
  FROM sale JOIN stock ON stock.tenant = sale.tenant AND stock.payee = sale.payee
    AND stock.batch = sale.batch AND stock.serial = sale.serial
  WHERE sale.tenant = ? AND sale.buyer = ?`

const oneSoldRow = `${soldRows} AND sale.id = ?`

/** Newest first. One whose password is lost is left out: its buyer is for people to find (`lost-keys.ts`). */
export async function vouchersOf(branch: Branch, buyer: AccountNumber): Promise<readonly BoughtVoucher[]> {
  const rows = await branch.store.read(tx =>
    tx.all<SoldRow>(`${soldRows} ORDER BY posting DESC`, branch.config.id, buyer),
  )
  const found = await Promise.all(rows.map(row => toldUnlessLost(branch, buyer, row)))
  return found.filter(voucher => voucher !== undefined)
}

/** The caller has number and password in writing. Asked again, it does nothing more. */
export async function confirmHeard(branch: Branch, buyer: AccountNumber, sale: string): Promise<Confirmation> {
  const { runtime, store, config } = branch
  runtime.reached('confirm.requested')
  const at = now(branch)
  const row = await store.execute(async tx => {
    await tx.run(
      'UPDATE sale SET confirmed_at = ? WHERE tenant = ? AND buyer = ? AND id = ? AND confirmed_at IS NULL',
      BigInt(at),
      config.id,
      buyer,
      sale,
    )
    return soldRow(tx, branch, buyer, sale)
  })
  if (row === undefined) return { outcome: 'unknown-voucher' }
  runtime.reached('confirm.committed')
  await destroyPasswords(branch, [{ sale, key: row.password_key }])
  runtime.reached('confirm.answered')
  return { outcome: 'confirmed' }
}

/** Patent row P9: the bank tells the backup password, the payee what it reveals. Its key stays until the voucher ends. */
export async function backupPassword(branch: Branch, buyer: AccountNumber, sale: string): Promise<BackupTelling> {
  const row = await branch.store.read(tx => soldRow(tx, branch, buyer, sale))
  if (row === undefined) return { outcome: 'unknown-voucher' }
  const backup = await secretOf(branch, 'backup', row)
  return backup === undefined ? { outcome: 'gone' } : { outcome: 'told', backup }
}

/** At start: destroys the passwords that were confirmed and whose keys may still be there. */
export async function finishConfirmations(branch: Branch): Promise<void> {
  const unfinished = await branch.store.read(tx =>
    tx.all<{ sale: string; key: string }>(
      `SELECT sale.id AS sale, password_key AS key
       FROM sale JOIN stock ON stock.tenant = sale.tenant AND stock.payee = sale.payee
         AND stock.batch = sale.batch AND stock.serial = sale.serial
       WHERE sale.tenant = ? AND confirmed_at IS NOT NULL AND password_destroyed = 0`,
      branch.config.id,
    ),
  )
  if (unfinished.length > 0) await destroyPasswords(branch, unfinished)
}

async function destroyPasswords(branch: Branch, sales: readonly { sale: string; key: string }[]): Promise<void> {
  await branch.recordKeys.destroy(sales.map(({ key }) => key))
  branch.runtime.reached('confirm.key-destroyed')
  await branch.store.execute(async tx => {
    for (const { sale } of sales) {
      const noted = await tx.run(
        'UPDATE sale SET password_destroyed = 1 WHERE tenant = ? AND id = ? AND confirmed_at IS NOT NULL',
        branch.config.id,
        sale,
      )
      steppedOnce(noted, 'a password was destroyed that was never confirmed', sale)
    }
  })
}

/** One sale's row, when `buyer` bought it. */
export function soldRow(tx: ReadTx, branch: Branch, buyer: AccountNumber, sale: string): Promise<SoldRow | undefined> {
  return tx.one<SoldRow>(oneSoldRow, branch.config.id, buyer, sale)
}

/** What a buyer is told of his voucher: with its password, until he has confirmed having it in writing. */
export async function told(branch: Branch, buyer: AccountNumber, row: SoldRow): Promise<BoughtVoucher> {
  const voucher = await toldUnlessLost(branch, buyer, row)
  if (voucher === undefined) throw new Error(`the password of sale ${row.id} is lost: its key is not in the key store`)
  return voucher
}

async function toldUnlessLost(branch: Branch, buyer: AccountNumber, row: SoldRow): Promise<BoughtVoucher | undefined> {
  const facts = {
    id: row.id,
    number: row.number,
    payee: payeeOrFormer(branch, row.payee),
    amount: amountOf(row),
    soldAt: Number(row.sold_at),
    isBlocked: row.lost === 1n,
    isEnded: row.ended === 1n,
  }
  if (row.confirmed_at !== null) return { state: 'confirmed', ...facts }
  const password = await secretOf(branch, 'password', row)
  if (password !== undefined) return { state: 'unconfirmed', ...facts, password }
  // Another call of this buyer may have confirmed it since the row was read.
  const since = await branch.store.read(tx => soldRow(tx, branch, buyer, row.id))
  if (since === undefined || since.confirmed_at === null) return undefined
  return { state: 'confirmed', ...facts }
}

/** Undefined when its key was destroyed. @throws Unopenable when the row holds what was sealed for another record. */
async function secretOf(branch: Branch, secret: RecordSecret, row: SoldRow): Promise<Secret | undefined> {
  const place = { ...row, amount: amountOf(row) }
  const [record, sealed] =
    secret === 'password' ? [row.password_key, row.password_sealed] : [row.backup_key, row.backup_sealed]
  if (!isKeyOf(record, secret, place)) throw new Unopenable()
  const plain = await branch.recordKeys.open({ record, context: contextOf(secret, place), sealed })
  return plain && new Secret(Buffer.from(plain).toString())
}
