/**
 * That what two people decided at a bank is what they had signed of its books: raw rows, and nothing imported of the bank. A decision
 * without facts was carried out by a program that asked for none.
 */
import { decisionsOf, finding, record } from '../institution/people-audit.ts'
import type { BooksOf, Identity } from '../ledger/audit/identity.ts'

/** Of each thing that was done: what it is, the decision, and what that had to say, as texts. */
const done: readonly string[] = [
  `SELECT 'settlement ' || id AS place, id AS decision, CAST(gross AS TEXT) AS owed, CAST(counter AS TEXT) AS due FROM net_settlement WHERE tenant = @tenant AND way = 'paying'`,
  `SELECT 'settlement ' || id AS place, decision, CAST(gross - counter AS TEXT) AS minor, CAST(gross AS TEXT) AS gross,
     CAST(counter AS TEXT) AS counter FROM net_settlement WHERE tenant = @tenant AND way = 'paid' AND decision IS NOT NULL`,
  `SELECT 'account ' || account AS place, decision, CAST(minor AS TEXT) AS minor FROM closed_account WHERE tenant = @tenant`,
  `SELECT 'transfer ' || id AS place, decision, bank, CAST(minor AS TEXT) AS minor, from_account AS "from", to_account AS "to"
   FROM sent_transfer WHERE tenant = @tenant AND decision IS NOT NULL`,
  `SELECT 'payout ' || id AS place, decision, bank, CAST(minor AS TEXT) AS minor, payee, account AS "to"
   FROM sent_payout WHERE tenant = @tenant AND decision IS NOT NULL`,
  `SELECT 'cleared ' || id AS place, id AS decision, CAST(minor AS TEXT) AS minor, asset AS currency FROM suspense_cleared WHERE tenant = @tenant`,
  // Whoever gave it, or was given it, was known by name to both.
  `SELECT 'cleared ' || id AS place, id AS decision, bank_customer.account AS chosen, name_en || ', ' || name_zh AS chosenHolder FROM suspense_cleared AS gone
   JOIN bank_customer ON bank_customer.tenant = gone.tenant AND to_account = 'deposit:' || bank_customer.account WHERE gone.tenant = @tenant`,
  `SELECT 'block of ' || account AS place, lifted_by AS decision, CAST(blocked_at AS TEXT) AS since, channel
   FROM customer_block WHERE tenant = @tenant AND lifted_by IS NOT NULL`,
  `SELECT 'card ' || step.card AS place, step.reason AS decision, CAST(before.at AS TEXT) AS since, before.by AS by
   FROM card_step AS step JOIN card_step AS before ON before.tenant = step.tenant AND before.card = step.card AND before.number = step.number - 1
   WHERE step.tenant = @tenant AND step.step = 'unblocked' AND step.by = 'people'`,
]

type Row = Readonly<Record<string, string>> & { readonly place: string; readonly decision: string }

export const doneAsSigned =
  ({ tenant }: BooksOf): Identity =>
  async tx => {
    const decided = await decisionsOf(tx)
    const rows: Row[] = []
    for (const sql of done) rows.push(...(await tx.all<Row>(sql.replaceAll('@tenant', '?'), tenant)))
    return rows.flatMap(({ place, decision, ...books }) => {
      const facts = decided.get(decision)?.request['facts']
      if (facts === undefined) return []
      const signed = record(facts)
      const isSo = Object.entries(books).every(([name, value]) => String(signed[name]) === value)
      return isSo ? [] : [finding(place, 'it is not what two people had signed of it')]
    })
  }
