/**
 * What must hold in a bank's books besides the ledger's own rules, as identities for `tonebank audit`. They read raw rows
 * with SQL of their own and import nothing of the bank. Each goes once through a table in the order of a key and looks the
 * rest up by keys, so that its cost grows with the rows and no faster.
 */
import { callBackIdentity } from '../institution/call-backs-audit.ts'
import { keyIdentities } from '../institution/keys-audit.ts'
import { branchIdentity, decisionIdentities, depositIdentity } from '../institution/people-audit.ts'
import { recoveryIdentities } from '../institution/recovery-audit.ts'
import { type BooksOf, type Identity, identitiesOf } from '../ledger/audit/identity.ts'
import { blockRules } from './block-audit.ts'
import { cardIdentities, cardRules } from './cards/audit.ts'
import { ceilingRules } from './ceiling-audit.ts'
import { clearedOf, clearingRules, filesIdentity } from './clearing/audit.ts'
import { cardRefundIdentity, cardRefundRules } from './clearing/card-refund-audit.ts'
import { hostedFileRules, hostedFilesIdentity } from './clearing/hosts/audit.ts'
import { voidFiles } from './clearing/void-audit.ts'
import { interbankRules } from './interbank/audit.ts'
import { sentPayoutIdentity, sentPayoutRules } from './interbank/payout-audit.ts'
import { netRules, statementsIdentity } from './net/audit.ts'
import { settlementIdentity, settlementRules } from './net/settlement-audit.ts'
import { passkeyRules } from './passkey-audit.ts'
import { privatePayeeRules } from './private/audit.ts'
import { admitted, receiverRules } from './receivers/audit.ts'
import { doneAsSigned } from './signed-facts-audit.ts'
import { suspenseIdentity, suspenseRules } from './suspense-audit.ts'

/** Each query gives a row for everything that is wrong. `@tenant` and `@chain` say whose books they are. */
const rules: readonly string[] = [
  // A float is what was paid for the vouchers that were sold, less what day-end files moved.
  `SELECT 'float:' || payees.payee AS place,
     'the float is ' || coalesce(posted, 0) || ', the vouchers sold are worth ' || (coalesce(worth, 0) + booked)
       || CASE WHEN cleared <> 0 THEN ', and ' || cleared || ' was cleared' ELSE '' END AS what
   FROM (SELECT payee, coalesce((SELECT sum(minor) FROM recovery_loss AS loss
         WHERE loss.tenant = @tenant AND loss.account = 'float:' || payee), 0) AS booked
       FROM (SELECT payee FROM sale WHERE tenant = @tenant
         UNION SELECT substr(account, 7) FROM balance WHERE chain = @chain AND account >= 'float:' AND account < 'float;')) AS payees
   LEFT JOIN (SELECT sale.payee AS payee, sum(minor) AS worth FROM sale JOIN stock USING (tenant, payee, batch, serial)
     WHERE tenant = @tenant GROUP BY sale.payee) AS sold ON sold.payee = payees.payee
   LEFT JOIN (${clearedOf}) AS gone ON gone.payee = payees.payee
   LEFT JOIN balance ON balance.chain = @chain AND balance.account = 'float:' || payees.payee
   WHERE coalesce(posted, 0) <> coalesce(worth, 0) + booked - coalesce(cleared, 0)`,
  // A record is out of stock exactly when one sale has it.
  `SELECT 'stock ' || batch || '/' || serial AS place, state || ', and the sales that have it: ' || count(sale.id) AS what
   FROM stock LEFT JOIN sale USING (tenant, payee, batch, serial) WHERE tenant = @tenant
   GROUP BY tenant, payee, batch, serial HAVING count(sale.id) <> (state = 'sold')`,
  // A sale is one posting, of the voucher's amount, from the buyer's deposit to the payee's float, with its reference and date.
  `SELECT 'sale ' || sale.id AS place, 'its posting is not its amount from its buyer to its payee' AS what
   FROM sale JOIN stock USING (tenant, payee, batch, serial)
   WHERE tenant = @tenant AND (SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
     WHERE journal.chain = @chain AND journal.seq = sale.posting AND journal.id = 'sale ' || sale.id
       AND journal.reference = sale.reference AND journal.business_date = sale.business_date AND journal.at = sale.sold_at
       AND entry.minor = stock.minor AND entry.asset = stock.asset AND entry.scale = stock.scale
       AND ((entry.side = 'debit' AND entry.account = 'deposit:' || sale.buyer)
         OR (entry.side = 'credit' AND entry.account = 'float:' || sale.payee))) <> 2`,
  `SELECT 'sale ' || sale.id AS place, 'its record is not in the stock' AS what
   FROM sale WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM stock
     WHERE stock.tenant = sale.tenant AND stock.payee = sale.payee AND stock.batch = sale.batch AND stock.serial = sale.serial)`,
  `SELECT @chain || ' ' || seq AS place, 'a posting of a sale that is not there' AS what
   FROM journal WHERE chain = @chain AND kind = 'sale'
     AND NOT EXISTS (SELECT 1 FROM sale WHERE tenant = @tenant AND posting = seq AND journal.id = 'sale ' || sale.id)`,
  // The letter that a sale names is one that tells its payee of it.
  `SELECT 'sale ' || sale.id AS place, 'its letter does not tell its payee of it' AS what
   FROM sale LEFT JOIN clearing_outbox AS letter ON letter.tenant = sale.tenant
     AND letter.peer = letter_to
     AND letter.epoch = letter_epoch AND letter.sequence = letter_sequence AND letter.type = 'activation'
   WHERE sale.tenant = @tenant AND coalesce(instr(letter.content, CAST(sale.id AS BLOB)), 0) = 0`,
  // A bank leaves a payee by two officers' decision, and has none of its records in stock from then on.
  `SELECT 'payee ' || payee AS place, 'this bank has left it, and has a record of it in stock' AS what FROM payee_left AS gone
   WHERE tenant = @tenant AND EXISTS (SELECT 1 FROM stock WHERE stock.tenant = gone.tenant AND stock.payee = gone.payee
     AND state = 'in stock')`,
  // A closed account has nothing, and was paid out by one posting; what was paid out was on an account that is closed.
  `SELECT 'deposit:' || closed_account.account AS place, 'the account is closed, and it has ' || posted AS what
   FROM closed_account JOIN balance ON balance.chain = @chain AND balance.account = 'deposit:' || closed_account.account
   WHERE tenant = @tenant AND posted <> 0`,
  `SELECT 'deposit:' || account AS place, 'what it had when it was closed was not paid out so' AS what
   FROM closed_account AS closed WHERE tenant = @tenant AND minor > 0
     AND (SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
       WHERE journal.chain = @chain AND journal.id = 'closing ' || decision AND kind = 'closing' AND entry.minor = closed.minor
         AND ((side = 'debit' AND entry.account = 'deposit:' || closed.account) OR (side = 'credit' AND entry.account = 'vault'))) <> 2`,
  `SELECT @chain || ' ' || seq AS place, 'an account was paid out that is not closed' AS what
   FROM journal WHERE chain = @chain AND kind = 'closing'
     AND NOT EXISTS (SELECT 1 FROM closed_account WHERE tenant = @tenant AND minor > 0 AND journal.id = 'closing ' || decision)`,
  // Cash was signed for by two people, and was posted.
  `SELECT 'deposit ' || bank_deposit.id AS place, 'it was signed for and not posted to its account' AS what
   FROM bank_deposit WHERE tenant = @tenant
     AND NOT EXISTS (SELECT 1 FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
       WHERE journal.chain = @chain AND journal.id = 'deposit ' || bank_deposit.id
         AND entry.account = 'deposit:' || bank_deposit.account)`,
  `SELECT @chain || ' ' || seq AS place, 'a deposit that nobody signed for' AS what
   FROM journal WHERE chain = @chain AND kind = 'deposit'
     AND NOT EXISTS (SELECT 1 FROM bank_deposit WHERE tenant = @tenant AND bank_deposit.id = substr(journal.id, 9))`,
]

export function bankIdentities(books: BooksOf): readonly Identity[] {
  return [
    ...decisionIdentities,
    callBackIdentity,
    ...keyIdentities,
    ...recoveryIdentities,
    depositIdentity,
    branchIdentity,
    ...identitiesOf(
      [
        ...rules,
        ...ceilingRules,
        ...blockRules,
        ...passkeyRules,
        ...clearingRules,
        ...cardRefundRules,
        ...hostedFileRules,
        ...interbankRules,
        ...sentPayoutRules,
        ...netRules,
        ...settlementRules,
        ...privatePayeeRules,
        ...suspenseRules,
        ...cardRules,
        ...receiverRules,
      ],
      books,
    ),
    suspenseIdentity,
    sentPayoutIdentity,
    ...cardIdentities(books),
    admitted,
    filesIdentity(books),
    cardRefundIdentity(books),
    voidFiles(books),
    doneAsSigned(books),
    hostedFilesIdentity(books),
    statementsIdentity(books),
    settlementIdentity(books),
  ]
}
