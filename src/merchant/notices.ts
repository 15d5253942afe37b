/**
 * What the bank that sold a voucher says of it by letter: that its buyer has lost it, or that somebody has shown at the branch
 * who they are. Taken from no other bank, and once: a clearance that comes again changes nothing.
 *
 *     1 lost       active, locked       ──▶ identity required   both passwords are dead, and every session
 *     2 cleared    identity required    ──▶ locked              the backup password has its tries, and unlocks
 *     3 cleared    active, locked       ──▶ as it was           likewise
 */
import type { InstitutionId, VoucherNumber } from '../ids.ts'
import { accepted, refused, type Verdict } from '../mail/inbox.ts'
import type { LetterHandler } from '../mail/reception.ts'
import { now } from '../runtime.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { registered } from './register.ts'
import type { Shop } from './shop.ts'

export const noticeMigrations: readonly Migration[] = [
  {
    room: 'merchant-notices',
    number: 1,
    sql: `
      CREATE TABLE voucher_notice (
        tenant TEXT NOT NULL,
        number TEXT NOT NULL,
        place INTEGER NOT NULL CHECK (place >= 1),
        says TEXT NOT NULL CHECK (says IN ('lost', 'identity shown')),
        -- The bank's decision: taken once.
        clearance TEXT,
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, number, place),
        UNIQUE (tenant, number, clearance),
        FOREIGN KEY (tenant, number) REFERENCES voucher (tenant, number),
        CHECK ((says = 'lost') = (clearance IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER voucher_notice_is_never_changed BEFORE UPDATE ON voucher_notice
        BEGIN SELECT RAISE(ABORT, 'a notice stands for ever'); END;
      CREATE TRIGGER voucher_notice_is_never_forgotten BEFORE DELETE ON voucher_notice
        BEGIN SELECT RAISE(ABORT, 'a notice stands for ever'); END`,
  },
]

/** Its buyer has lost it. Before its activation the word waits: the voucher is blocked from its first moment. */
export function lostTaking(shop: Shop): LetterHandler<'voucher-lost'> {
  return {
    judge: async (tx, bank, { sale, number }) => {
      const fault = await misfit(tx, shop, bank, sale, number)
      if (fault !== undefined) return fault
      if (await isLost(tx, shop, number)) return accepted
      await note(tx, shop, number, 'lost', null)
      await tx.run(
        `UPDATE voucher SET state = 'identity required', generation = generation + 1
         WHERE tenant = ? AND number = ? AND state IN ('active', 'locked', 'identity required')`,
        shop.config.id,
        number,
      )
      return accepted
    },
  }
}

/** Two people at the bank have seen who its holder is. */
export function clearanceTaking(shop: Shop): LetterHandler<'voucher-cleared'> {
  return {
    judge: async (tx, bank, { clearance, sale, number }) => {
      const fault = await misfit(tx, shop, bank, sale, number)
      if (fault !== undefined) return fault
      const { id: tenant } = shop.config
      const known = await tx.one(
        'SELECT place FROM voucher_notice WHERE tenant = ? AND number = ? AND clearance = ?',
        ...[tenant, number, clearance],
      )
      if (known !== undefined) return accepted
      await note(tx, shop, number, 'identity shown', clearance)
      await shop.backupTries.clear(tx, number)
      await tx.run(
        `UPDATE voucher SET state = 'locked' WHERE tenant = ? AND number = ? AND state = 'identity required'`,
        tenant,
        number,
      )
      return accepted
    },
  }
}

/** Whether the bank's last word is that it is lost. */
export async function isLost(tx: ReadTx, { config }: Shop, number: VoucherNumber): Promise<boolean> {
  const last = await tx.one<{ says: string }>(
    'SELECT says FROM voucher_notice WHERE tenant = ? AND number = ? ORDER BY place DESC LIMIT 1',
    config.id,
    number,
  )
  return last?.says === 'lost'
}

/** Another bank's voucher, or another sale of it, is none of this bank's business. */
async function misfit(
  tx: ReadTx,
  { config }: Shop,
  bank: InstitutionId,
  sale: string,
  number: VoucherNumber,
): Promise<Verdict | undefined> {
  const record = await registered(tx, config.id, number)
  if (record === undefined || record.bank !== bank) return refused('not a record of this bank')
  return record.sale === null || record.sale === sale ? undefined : refused('not its sale')
}

async function note(
  tx: Tx,
  shop: Shop,
  number: VoucherNumber,
  says: 'lost' | 'identity shown',
  clearance: string | null,
): Promise<void> {
  await tx.run(
    `INSERT INTO voucher_notice (tenant, number, place, says, clearance, at)
     SELECT ?, ?, coalesce(max(place), 0) + 1, ?, ?, ? FROM voucher_notice WHERE tenant = ? AND number = ?`,
    ...[shop.config.id, number, says, clearance, BigInt(now(shop)), shop.config.id, number],
  )
}
