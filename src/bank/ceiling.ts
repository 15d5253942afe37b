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
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { GrantBook } from '../voucher/grants.ts'
import { type Branch, floatOf } from './branch.ts'
import { isPayee } from './private/payees.ts'

/** What each payee granted, in the order in which its letters came. */
const grants = new GrantBook({ table: 'payee_grant', party: 'payee', at: 'received_at' })

export const ceilingMigrations: readonly Migration[] = [{ room: 'bank-ceilings', number: 1, sql: grants.sql }]

/** Takes a payee's grant. A bank has nothing to decide about it. */
export function grantTaking(branch: Branch): LetterHandler<'grant'> {
  return {
    judge: async (tx, payee, { ceiling }) => {
      const { id: tenant, currency } = branch.config
      if (ceiling.asset.code !== currency.code || ceiling.asset.scale !== currency.scale)
        return refused('another currency')
      if (!(await isPayee(tx, branch, payee))) return refused('its vouchers are not sold here')
      const owed = await owedTo(tx, branch, payee)
      await grants.keep(tx, tenant, { party: payee, ceiling, at: now(branch), owed })
      return accepted
    },
  }
}

/** Whether a sale of `amount` stays within what the payee granted. A payee that granted nothing is owed nothing. */
export async function fitsCeiling(tx: Tx, branch: Branch, payee: InstitutionId, amount: Money): Promise<boolean> {
  const granted = await grants.last(tx, branch.config.id, payee)
  return granted !== undefined && (await owedTo(tx, branch, payee)) + amount.minor <= granted
}

async function owedTo(tx: ReadTx, branch: Branch, payee: InstitutionId): Promise<bigint> {
  return (await balanceOf(tx, floatOf(payee), branch.chain)).posted.minor
}
