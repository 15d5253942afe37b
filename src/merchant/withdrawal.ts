/**
 * What a bank lists as unsold when it leaves is withdrawn for ever: taken from the record's own bank only, a list as a whole or
 * not at all, and never of a record that was sold. A withdrawn record stays issued in the register; nothing opens it, nothing
 * activates it, and its number is never used again.
 */
import type { InstitutionId, VoucherNumber } from '../ids.ts'
import { accepted, refused } from '../mail/inbox.ts'
import type { LetterHandler } from '../mail/reception.ts'
import { now } from '../runtime.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx } from '../store/store.ts'
import type { Shop } from './shop.ts'

export const withdrawalMigrations: readonly Migration[] = [
  {
    room: 'merchant-withdrawal',
    number: 1,
    sql: `
      CREATE TABLE withdrawn_record (
        tenant TEXT NOT NULL,
        number TEXT NOT NULL,
        -- The decision of the bank's two officers.
        leaving TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, number),
        FOREIGN KEY (tenant, number) REFERENCES voucher (tenant, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER withdrawn_record_is_never_changed BEFORE UPDATE ON withdrawn_record
        BEGIN SELECT RAISE(ABORT, 'a withdrawn record stays withdrawn'); END;
      CREATE TRIGGER withdrawn_record_is_never_forgotten BEFORE DELETE ON withdrawn_record
        BEGIN SELECT RAISE(ABORT, 'a withdrawn record stays withdrawn'); END`,
  },
]

export function unsoldTaking(shop: Shop): LetterHandler<'records-unsold'> {
  return {
    judge: async (tx, bank, { leaving, batch, serials }) => {
      const { id: tenant } = shop.config
      const at = BigInt(now(shop))
      const numbers: VoucherNumber[] = []
      for (const serial of serials) {
        const record = await tx.one<{ number: VoucherNumber; sale: string | null; held: bigint }>(
          `SELECT number, sale, EXISTS (SELECT 1 FROM held_activation AS held WHERE held.tenant = voucher.tenant
             AND held.bank = voucher.bank AND held.number = voucher.number) AS held
           FROM voucher WHERE tenant = ? AND bank = ? AND batch = ? AND serial = ?`,
          ...[tenant, bank, batch, serial],
        )
        if (record === undefined) return refused('not a record of this bank')
        if (record.sale !== null || record.held === 1n) return refused('a record that was sold')
        numbers.push(record.number)
      }
      for (const number of numbers) {
        await tx.run(
          'INSERT INTO withdrawn_record (tenant, number, leaving, at) VALUES (?, ?, ?, ?) ON CONFLICT (tenant, number) DO NOTHING',
          ...[tenant, number, leaving, at],
        )
      }
      return accepted
    },
  }
}

export async function isWithdrawn(tx: ReadTx, tenant: InstitutionId, number: VoucherNumber): Promise<boolean> {
  const row = await tx.one('SELECT number FROM withdrawn_record WHERE tenant = ? AND number = ?', tenant, number)
  return row !== undefined
}
