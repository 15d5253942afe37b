/**
 * Private payees whose account is at another bank. Their host, which this bank has pinned and sells for, introduces each by a signed
 * letter, and says when one is paid no more; between the two this bank orders their vouchers and sells them to its own customers.
 *
 *     1 introduced  ──▶ open     the host's word: its vouchers are ordered, and sold
 *     2 closed      ──▶ closed   the host's word: nothing of it is sold any more, and what was sold is settled
 */
import { isPlainText } from '../../languages.ts'
import { openAccount } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { accepted, refused } from '../../mail/inbox.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import { now } from '../../runtime.ts'
import { type Branch, floatOf, returningTo, settlementOf } from '../branch.ts'
import { replenish } from '../night.ts'
import { closeOpenOrders } from '../orders.ts'
import { isNamedBy } from './payees.ts'

/** Step 1. Taken from the host for which this bank sells, and from no other peer; of whom it knows it hears nothing new. */
export function introductionTaking(branch: Branch): LetterHandler<'payee-introduced'> {
  const { config, chain, calendar } = branch
  const { id: tenant } = config
  return {
    judge: async (tx, host, { payee, number, bank, name }) => {
      const known = await tx.one<{ number: string; host: string; bank: string }>(
        'SELECT number, host, bank FROM introduced_payee WHERE tenant = ? AND payee = ?',
        ...[tenant, payee],
      )
      if (known?.number === number && known.host === host && known.bank === bank) return accepted
      if (config.host?.id !== host) return refused('no vouchers are sold for this host')
      if (bank === tenant) return refused('a payee of this bank')
      if (!isNamedBy(host, payee, number)) return refused('not an id of this host')
      // Calls speak it.
      if (!Object.values(name).every(isPlainText)) return refused('its name is not plain text')
      const isTaken = await tx.one(
        `SELECT payee FROM introduced_payee WHERE tenant = ? AND (payee = ? OR number = ?)
         UNION ALL SELECT payee FROM private_payee WHERE tenant = ? AND (payee = ? OR number = ?)`,
        ...[tenant, payee, number, tenant, payee, number],
      )
      if (isTaken !== undefined || config.payees.some(shop => shop.id === payee || shop.number === number))
        return refused('known as another')
      const at = now(branch)
      await tx.run(
        `INSERT INTO introduced_payee (tenant, payee, number, host, bank, name_en, name_zh, introduced_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[tenant, payee, number, host, bank, name.en, name.zh, BigInt(at)],
      )
      const date = await businessDate(tx, calendar, at)
      for (const opened of [floatOf(payee), settlementOf(payee), returningTo(payee)])
        await openAccount(tx, { chain, account: opened, asset: config.currency, at, businessDate: date })
      return accepted
    },
    afterwards: () => lookAgain(branch),
  }
}

/** Step 2. */
export function introducedClosing(branch: Branch): LetterHandler<'payee-closed'> {
  const { id: tenant } = branch.config
  return {
    judge: async (tx, host, { payee }) => {
      const known = await tx.one<{ closed_at: bigint | null }>(
        'SELECT closed_at FROM introduced_payee WHERE tenant = ? AND payee = ? AND host = ?',
        ...[tenant, payee, host],
      )
      if (known === undefined) return refused('not a payee whom this host has introduced')
      if (known.closed_at !== null) return accepted
      await closeOpenOrders(tx, branch, payee, 'it is paid no more')
      await tx.run(
        `UPDATE stock SET state = 'unsellable' WHERE tenant = ? AND payee = ? AND state = 'in stock'`,
        ...[tenant, payee],
      )
      await tx.run(
        'UPDATE introduced_payee SET closed_at = ? WHERE tenant = ? AND payee = ?',
        ...[BigInt(now(branch)), tenant, payee],
      )
      return accepted
    },
    afterwards: () => lookAgain(branch),
  }
}

function lookAgain(branch: Branch): void {
  void branch.privatePayees
    .refresh()
    .then(() => replenish(branch))
    .catch(branch.troubled)
}
