/**
 * What must hold in a payee's books besides the ledger's own rules, as identities for `tonebank audit`. They read raw rows
 * with SQL of their own and import nothing of the merchant.
 */
import type { Identity } from '../ledger/audit/audit.ts'
import type { Finding } from '../ledger/audit/finding.ts'
import type { ReadTx } from '../store/store.ts'
import { ceilingRules } from './ceiling-audit.ts'

type Rows = { readonly place: string; readonly what: string }

/** Each query gives a row for everything that is wrong. */
const rules: readonly string[] = [
  // A voucher's account holds its face less what was paid with it, and only a sold voucher has one.
  `SELECT 'voucher-liability:' || voucher.number AS place,
     'it promises ' || coalesce(posted, 0) || ', its face less its payments is ' || (sold - paid) AS what
   FROM (SELECT number, CASE WHEN sale IS NULL THEN 0 ELSE minor END AS sold,
       coalesce((SELECT sum(entry.minor) FROM entry JOIN journal USING (chain, seq)
         WHERE entry.account = 'voucher-liability:' || number AND side = 'debit' AND event <> 'reserve'), 0) AS paid
     FROM voucher) AS voucher
   LEFT JOIN balance ON balance.account = 'voucher-liability:' || voucher.number
   WHERE coalesce(posted, 0) <> sold - paid`,
  `SELECT account AS place, 'a promise of no voucher' AS what
   FROM balance WHERE account LIKE 'voucher-liability:%'
     AND NOT EXISTS (SELECT 1 FROM voucher WHERE 'voucher-liability:' || number = account)`,
  // The liability as a whole is what active and locked vouchers still promise: an exhausted one promises nothing.
  `SELECT 'voucher ' || number AS place, state || ', and it promises ' || posted AS what
   FROM voucher JOIN balance ON balance.account = 'voucher-liability:' || number
   WHERE (state = 'exhausted') <> (posted = 0)`,
  // What each bank owes is the face of what it sold.
  `SELECT 'due-from-bank:' || bank AS place, 'it owes ' || coalesce(posted, 0) || ' and sold ' || worth AS what
   FROM (SELECT bank, sum(minor) AS worth FROM voucher WHERE sale IS NOT NULL GROUP BY bank)
   LEFT JOIN balance ON balance.account = 'due-from-bank:' || bank
   WHERE coalesce(posted, 0) <> worth`,
  // Due from banks = liability + revenue.
  `SELECT 'main' AS place, 'due from banks ' || due || ', liability and revenue ' || owed AS what
   FROM (SELECT coalesce(sum(CASE WHEN account LIKE 'due-from-bank:%' THEN posted END), 0) AS due,
       coalesce(sum(CASE WHEN account LIKE 'voucher-liability:%' OR account = 'revenue' THEN posted END), 0) AS owed
     FROM balance)
   WHERE due <> owed`,
  // A sale activates once, by one posting.
  `SELECT 'voucher ' || number AS place, 'it is sold and its activation was not posted' AS what
   FROM voucher WHERE sale IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM journal WHERE id = 'activation ' || bank || ' ' || sale)`,
]

export const merchantIdentities: readonly Identity[] = [...rules, ...ceilingRules].map(
  rule =>
    async (tx: ReadTx): Promise<readonly Finding[]> => {
      const rows = await tx.all<Rows>(rule)
      return rows.map(({ place, what }) => ({ kind: 'identity', where: place, what }))
    },
)
