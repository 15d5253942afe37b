/**
 * What came back to buyers by a day end and they have not heard of: refunds, and remainders of vouchers that were ended. Told
 * at the next sign-in, once each.
 */
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import { now } from '../../runtime.ts'
import type { Migration } from '../../store/migrations.ts'
import type { ReadTx } from '../../store/store.ts'
import type { CameBack } from '../bank.ts'
import { type Branch, inCurrency, payeeOrFormer } from '../branch.ts'
import { heardOfLosses } from '../lost-keys.ts'

export const returnedMigrations: readonly Migration[] = [
  {
    room: 'bank-returned',
    number: 1,
    sql: `
      -- A line of a day-end file that went to the account of its buyer.
      CREATE TABLE returned_line (
        tenant TEXT NOT NULL,
        payee TEXT NOT NULL,
        number INTEGER NOT NULL,
        line INTEGER NOT NULL,
        account TEXT NOT NULL,
        -- When its owner heard of it.
        told_at INTEGER,
        PRIMARY KEY (tenant, payee, number, line),
        FOREIGN KEY (tenant, payee, number, line) REFERENCES payee_file_line (tenant, payee, number, line)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX returned_line_untold ON returned_line (tenant, account) WHERE told_at IS NULL;
      CREATE TRIGGER returned_line_stands_for_ever BEFORE DELETE ON returned_line
        BEGIN SELECT RAISE(ABORT, 'what came back to a buyer stands for ever'); END`,
  },
]

/** Oldest first. */
export async function untoldOf(tx: ReadTx, branch: Branch, account: AccountNumber): Promise<readonly CameBack[]> {
  const rows = await tx.all<{ payee: InstitutionId; kind: string; minor: bigint; at: bigint; id: string }>(
    `SELECT line.payee, kind, minor, (SELECT at FROM journal WHERE chain = ? AND seq = returned) AS at,
       line.payee || ' ' || line.number || ' ' || line.line AS id
     FROM returned_line AS line JOIN payee_file_line USING (tenant, payee, number, line)
     WHERE line.tenant = ? AND account = ? AND told_at IS NULL ORDER BY returned`,
    ...[branch.chain, branch.config.id, account],
  )
  return rows.map(({ payee, kind, minor, at, id }) => ({
    ...{ id, kind: kind === 'refund' ? 'refund' : 'remainder', at: Number(at) },
    ...{ amount: inCurrency(branch, minor), payee: payeeOrFormer(branch, payee).name },
  }))
}

/** They have heard of these. Asked again, it does nothing more. */
export async function heardOfReturned(
  branch: Branch,
  { account, ids }: { account: AccountNumber; ids: readonly string[] },
): Promise<void> {
  const at = BigInt(now(branch))
  await branch.store.execute(async tx => {
    await heardOfLosses(tx, branch, { account, ids, at: Number(at) })
    for (const id of ids) {
      await tx.run(
        `UPDATE returned_line SET told_at = ? WHERE tenant = ? AND account = ? AND told_at IS NULL
           AND payee || ' ' || number || ' ' || line = ?`,
        ...[at, branch.config.id, account, id],
      )
    }
  })
}
