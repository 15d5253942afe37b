/** What a payee knows of a voucher, for whoever is told that it does not open. */
import type { VoucherNumber } from '../../../src/ids.ts'
import type { PayeeHouse } from '../../support/network/network.ts'

export async function stateOf({ running }: PayeeHouse, number: VoucherNumber): Promise<string> {
  const voucher = await running.store.read(tx =>
    tx.one<{ state: string; used: bigint | null; held: bigint }>(
      `SELECT state, (SELECT used FROM tries WHERE subject = number) AS used,
         (SELECT count(*) FROM held_activation AS held WHERE held.number = voucher.number) AS held
       FROM voucher WHERE number = ?`,
      number,
    ),
  )
  if (voucher === undefined) return 'unknown'
  const { state, used, held } = voucher
  return state === 'issued' ? `issued, ${held > 0n ? 'held, ' : ''}${used ?? 0n} tries used` : state
}
