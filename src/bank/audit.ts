/**
 * What must hold in a bank's books besides the ledger's own rules, as identities for `tonebank audit`. They read raw rows
 * with SQL of their own and import nothing of the bank.
 */

import type { Identity } from '../ledger/audit/audit.ts'
import type { Finding } from '../ledger/audit/finding.ts'
import type { ReadTx } from '../store/store.ts'
import { ceilingRules } from './ceiling-audit.ts'

type Rows = { readonly place: string; readonly what: string }

/** Each query gives a row for everything that is wrong. */
const rules: readonly string[] = [
  // A float is what was paid for the vouchers that were sold; nothing is captured before clearing.
  `SELECT 'float:' || payees.payee AS place,
     'the float is ' || coalesce(posted, 0) || ', the vouchers sold are worth ' || coalesce(worth, 0) AS what
   FROM (SELECT payee FROM sale UNION SELECT substr(account, 7) FROM balance WHERE account LIKE 'float:%') AS payees
   LEFT JOIN (SELECT sale.payee AS payee, sum(minor) AS worth FROM sale JOIN stock USING (tenant, payee, batch, serial)
     GROUP BY sale.payee) AS sold ON sold.payee = payees.payee
   LEFT JOIN balance ON balance.account = 'float:' || payees.payee
   WHERE coalesce(posted, 0) <> coalesce(worth, 0)`,
  // A record is out of stock exactly when one sale has it.
  `SELECT 'stock ' || batch || '/' || serial AS place, state || ', and the sales that have it: ' || count(sale.id) AS what
   FROM stock LEFT JOIN sale USING (tenant, payee, batch, serial)
   GROUP BY tenant, payee, batch, serial HAVING count(sale.id) <> (state = 'sold')`,
  // A sale is one posting, of the voucher's amount, from the buyer's deposit to the payee's float.
  `SELECT 'sale ' || sale.id AS place, 'its posting is not its amount from its buyer to its payee' AS what
   FROM sale JOIN stock USING (tenant, payee, batch, serial)
   WHERE (SELECT count(*) FROM journal JOIN entry USING (chain, seq)
     WHERE journal.id = 'sale ' || sale.id AND journal.seq = sale.posting AND entry.minor = stock.minor
       AND entry.asset = stock.asset
       AND ((entry.side = 'debit' AND entry.account = 'deposit:' || sale.buyer)
         OR (entry.side = 'credit' AND entry.account = 'float:' || sale.payee))) <> 2`,
  `SELECT 'main ' || seq AS place, 'a posting of a sale that is not there' AS what
   FROM journal WHERE kind = 'sale' AND NOT EXISTS (SELECT 1 FROM sale WHERE posting = seq AND journal.id = 'sale ' || sale.id)`,
  // The letter that a sale names is one that tells its payee of it.
  `SELECT 'sale ' || sale.id AS place, 'its letter does not tell its payee of it' AS what
   FROM sale LEFT JOIN clearing_outbox AS letter ON letter.tenant = sale.tenant AND letter.peer = sale.payee
     AND letter.epoch = letter_epoch AND letter.sequence = letter_sequence AND letter.type = 'activation'
   WHERE coalesce(instr(letter.content, CAST(sale.id AS BLOB)), 0) = 0`,
  // Cash was signed for by two people, and was posted.
  `SELECT 'deposit ' || bank_deposit.id AS place, 'it was signed for and not posted' AS what
   FROM bank_deposit WHERE NOT EXISTS (SELECT 1 FROM journal WHERE id = 'deposit ' || bank_deposit.id)`,
  `SELECT 'main ' || seq AS place, 'a deposit that nobody signed for' AS what
   FROM journal WHERE kind = 'deposit' AND NOT EXISTS (SELECT 1 FROM bank_deposit WHERE 'deposit ' || bank_deposit.id = journal.id)`,
]

export const bankIdentities: readonly Identity[] = [...rules, ...ceilingRules].map(
  rule =>
    async (tx: ReadTx): Promise<readonly Finding[]> => {
      const rows = await tx.all<Rows>(rule)
      return rows.map(({ place, what }) => ({ kind: 'identity', where: place, what }))
    },
)
