/** How a payee splits its register: each record goes to exactly one bank, by what it orders, or by its share of what is unsold. */
import type { InstitutionId } from '../ids.ts'
import type { Letter } from '../mail/messages.ts'
import { columnsOf } from '../store/amount-columns.ts'
import type { ReadTx } from '../store/store.ts'
import type { Shop } from './shop.ts'

/** Whether the bank's unsold records of the amount, those on order counted, stay within its share. */
export async function fitsShare(
  tx: ReadTx,
  { config }: Shop,
  bank: InstitutionId,
  { amount, count }: Letter<'stock-order'>,
): Promise<boolean> {
  if (config.register === undefined) return true
  const { perAmount, shares } = config.register
  const parts = Object.values(shares).reduce((sum, part) => sum + part, 0)
  const most = Math.floor((perAmount * (shares[bank] ?? 0)) / parts)
  const [minor, asset] = columnsOf(amount)
  const unsold = await tx.one<{ records: bigint }>(
    `SELECT (SELECT count(*) FROM voucher WHERE tenant = ? AND bank = ? AND minor = ? AND asset = ? AND state = 'issued'
         AND NOT EXISTS (SELECT 1 FROM withdrawn_record AS gone WHERE gone.tenant = voucher.tenant AND gone.number = voucher.number))
       + (SELECT coalesce(sum(count), 0) FROM batch_order WHERE tenant = ? AND bank = ? AND minor = ? AND asset = ? AND batch IS NULL)
       AS records`,
    ...[config.id, bank, minor, asset, config.id, bank, minor, asset],
  )
  return (unsold?.records ?? 0n) + BigInt(count) <= BigInt(most)
}
