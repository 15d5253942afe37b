/** What was given back to a voucher and its payer has not heard of: told at the next call, or whenever they ask what is left. */
import type { VoucherNumber } from '../ids.ts'
import { now } from '../runtime.ts'
import { type AmountColumns, amountOf } from '../store/amount-columns.ts'
import type { ReadTx } from '../store/store.ts'
import type { GivenBack, VoucherSession } from './merchant.ts'
import type { Shop } from './shop.ts'

/** Oldest first. */
export async function untold(tx: ReadTx, shop: Shop, number: VoucherNumber): Promise<readonly GivenBack[]> {
  const rows = await tx.all<AmountColumns & { at: bigint; reference: string }>(
    `SELECT at, reference, minor, asset, scale
     FROM reversal JOIN journal ON journal.chain = ? AND journal.seq = reversal.posting
     JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'credit'
     WHERE tenant = ? AND voucher = ? AND told_at IS NULL ORDER BY posting`,
    shop.chain,
    shop.config.id,
    number,
  )
  return rows.map(row => ({ at: Number(row.at), amount: amountOf(row), reference: row.reference }))
}

/** They have heard of these. Asked again, it does nothing more. */
export async function heardOf(
  shop: Shop,
  { session, references }: { session: VoucherSession; references: readonly string[] },
): Promise<void> {
  const { store, config, chain, sessions } = shop
  const open = sessions.find(session)
  if (open === undefined) return
  const at = BigInt(now(shop))
  await store.execute(async tx => {
    for (const reference of references) {
      await tx.run(
        `UPDATE reversal SET told_at = ? WHERE tenant = ? AND voucher = ? AND told_at IS NULL
           AND (SELECT reference FROM journal WHERE chain = ? AND seq = posting) = ?`,
        ...[at, config.id, open.number, chain, reference],
      )
    }
  })
}
