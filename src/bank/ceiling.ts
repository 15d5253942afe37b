/**
 * How much this bank may owe each payee: the payee grants it beforehand, and a sale above it is refused before any money
 * moves. What is owed is what stands on the payee's float: sold, and not settled yet.
 */

import type { InstitutionId } from '../ids.ts'
import { balanceOf } from '../ledger/accounts.ts'
import { accepted, refused } from '../mail/inbox.ts'
import type { LetterHandler } from '../mail/reception.ts'
import type { Money } from '../money.ts'
import { now } from '../runtime.ts'
import { columnsOf } from '../store/amount-columns.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { type Branch, floatOf } from './branch.ts'

export const ceilingMigrations: readonly Migration[] = [
  {
    room: 'bank-ceilings',
    number: 1,
    sql: `
      -- What each payee granted, in the order in which its letters came: the last counts.
      CREATE TABLE payee_grant (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        payee TEXT NOT NULL,
        number INTEGER NOT NULL,
        minor INTEGER NOT NULL CHECK (minor >= 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        received_at INTEGER NOT NULL,
        -- The float at that moment, which may be above what was granted.
        owed INTEGER NOT NULL,
        PRIMARY KEY (tenant, payee, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER payee_grant_is_never_changed BEFORE UPDATE ON payee_grant
        BEGIN SELECT RAISE(ABORT, 'a grant stands for ever'); END;
      CREATE TRIGGER payee_grant_is_never_forgotten BEFORE DELETE ON payee_grant
        BEGIN SELECT RAISE(ABORT, 'a grant stands for ever'); END`,
  },
]

/** Takes a payee's grant. A bank has nothing to decide about it. */
export function grantTaking(branch: Branch): LetterHandler<'grant'> {
  return {
    judge: async (tx, payee, { ceiling }) => {
      const { id: tenant, currency, payees } = branch.config
      if (ceiling.asset.code !== currency.code || ceiling.asset.scale !== currency.scale)
        return refused('another currency')
      if (!payees.some(({ id }) => id === payee)) return refused('its vouchers are not sold here')
      const owed = await owedTo(tx, branch, payee)
      await tx.run(
        `INSERT INTO payee_grant (tenant, payee, number, minor, asset, scale, received_at, owed)
         SELECT ?, ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ? FROM payee_grant WHERE tenant = ? AND payee = ?`,
        tenant,
        payee,
        ...columnsOf(ceiling),
        BigInt(now(branch)),
        owed,
        tenant,
        payee,
      )
      return accepted
    },
  }
}

/** Whether a sale of `amount` stays within what the payee granted. A payee that granted nothing is owed nothing. */
export async function fitsCeiling(tx: Tx, branch: Branch, payee: InstitutionId, amount: Money): Promise<boolean> {
  const granted = await tx.one<{ minor: bigint }>(
    'SELECT minor FROM payee_grant WHERE tenant = ? AND payee = ? ORDER BY number DESC LIMIT 1',
    branch.config.id,
    payee,
  )
  return granted !== undefined && (await owedTo(tx, branch, payee)) + amount.minor <= granted.minor
}

async function owedTo(tx: ReadTx, branch: Branch, payee: InstitutionId): Promise<bigint> {
  return (await balanceOf(tx, floatOf(payee), branch.chain)).posted.minor
}
