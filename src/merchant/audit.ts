/**
 * What must hold in a payee's books besides the ledger's own rules, as identities for `tonebank audit`. They read raw rows
 * with SQL of their own and import nothing of the merchant. Each goes once through a table in the order of a key and looks
 * the rest up by keys, so that its cost grows with the rows and no faster.
 */
import { cardReceiverIdentities } from '../card-receiver/audit.ts'
import { callBackIdentity } from '../institution/call-backs-audit.ts'
import { keyIdentities } from '../institution/keys-audit.ts'
import { decisionIdentities } from '../institution/people-audit.ts'
import { recoveryIdentities } from '../institution/recovery-audit.ts'
import { type BooksOf, type Identity, identitiesOf } from '../ledger/audit/identity.ts'
import { cardRevenueRules, collectedIdentity } from './card-revenue-audit.ts'
import { ceilingRules } from './ceiling-audit.ts'
import { agreedFees } from './clearing/agreed-fee-audit.ts'
import { clearingRules, filesIdentity } from './clearing/audit.ts'
import { cardRefundRules } from './clearing/card-refund-audit.ts'
import { acceptedResults, takenHeld } from './clearing/decisions-audit.ts'
import { settledIdentity } from './clearing/settled-audit.ts'
import { endingRules } from './ending-audit.ts'
import { listeningRules } from './information/listening-audit.ts'
import { withdrawalRules } from './withdrawal-audit.ts'

/** What was posted on a voucher's account; a hold is nothing posted. */
const movedOf = `SELECT sum(entry.minor) FROM entry INDEXED BY entry_by_account
  JOIN journal ON journal.chain = entry.chain AND journal.seq = entry.seq
  WHERE entry.chain = @chain AND entry.account = 'voucher-liability:' || number AND event NOT IN ('reserve', 'accrue', 'start')`

import { actIdentity } from './office/audit.ts'
import { keyIdentity, tillRules } from './till/till-audit.ts'

/** Each query gives a row for everything that is wrong. `@tenant` and `@chain` say whose books they are. */
const rules: readonly string[] = [
  // A sold voucher's face is what is left, authorised, captured net of reversals, and returned by its termination. Only a sold
  // voucher has an account.
  `SELECT 'voucher-liability:' || number AS place,
     'of its face of ' || sold || ', ' || (coalesce(posted, 0) - coalesce(held, 0)) || ' is left, ' || coalesce(held, 0)
       || ' authorised, ' || (captured - reversed) || ' captured and ' || returned || ' returned' AS what
   FROM (SELECT number, CASE WHEN sale IS NULL THEN 0 ELSE minor END + coalesce((SELECT sum(loss.minor) FROM recovery_loss AS loss
         WHERE loss.tenant = @tenant AND loss.minor > 0 AND loss.account = 'voucher-liability:' || number), 0) AS sold,
       coalesce((${movedOf} AND side = 'debit' AND kind <> 'termination'), 0) AS captured,
       coalesce((${movedOf} AND side = 'credit' AND kind IN ('reversal', 'recovered')), 0) AS reversed,
       coalesce((${movedOf} AND side = 'debit' AND kind = 'termination'), 0) AS returned
     FROM voucher WHERE tenant = @tenant) AS voucher
   LEFT JOIN balance ON balance.chain = @chain AND balance.account = 'voucher-liability:' || number
   WHERE sold <> coalesce(posted, 0) + captured - reversed + returned`,
  `SELECT account AS place, 'a promise of no voucher' AS what
   FROM balance WHERE chain = @chain AND account >= 'voucher-liability:' AND account < 'voucher-liability;'
     AND NOT EXISTS (SELECT 1 FROM voucher WHERE tenant = @tenant AND number = substr(account, 19))`,
  // The liability as a whole is what living vouchers still promise: an exhausted or terminated one promises nothing.
  `SELECT 'voucher ' || number AS place, state || ', and it promises ' || posted AS what
   FROM voucher JOIN balance ON balance.chain = @chain AND balance.account = 'voucher-liability:' || number
   WHERE tenant = @tenant AND (state IN ('exhausted', 'terminated')) <> (posted = 0)`,
  // What each bank owes is the face of what it sold, with what two people booked of vouchers that were lost, less what its day-end
  // results cleared.
  `SELECT 'due-from-bank:' || sold.bank AS place, 'it owes ' || coalesce(posted, 0) || ' and sold ' || worth
     || CASE WHEN cleared > 0 THEN ', of which ' || cleared || ' was cleared' ELSE '' END AS what
   FROM (SELECT bank, sum(minor) + coalesce((SELECT sum(CASE side WHEN 'debit' THEN entry.minor ELSE -entry.minor END)
       FROM entry JOIN journal ON journal.chain = entry.chain AND journal.seq = entry.seq
       WHERE entry.chain = @chain AND account = 'due-from-bank:' || bank AND (kind = 'recovered' OR kind GLOB 'day-end-difference-*')), 0) AS worth
     FROM voucher WHERE tenant = @tenant AND sale IS NOT NULL GROUP BY bank) AS sold
   LEFT JOIN (SELECT bank, sum(captured + terminated) AS cleared FROM day_end_file
     WHERE tenant = @tenant AND state = 'reconciled' GROUP BY bank) AS gone ON gone.bank = sold.bank
   LEFT JOIN balance ON balance.chain = @chain AND balance.account = 'due-from-bank:' || sold.bank
   WHERE coalesce(posted, 0) <> worth - coalesce(cleared, 0)`,
  // What banks owe and have paid, also by card = liability + revenue + what they are to return.
  `SELECT @chain AS place, 'due from banks ' || due || ', liability, revenue and what returns ' || owed AS what
   FROM (SELECT coalesce(sum(CASE WHEN account LIKE 'due-from-bank:%' OR account LIKE 'settled:%' OR account LIKE 'paid-out:%'
         OR account LIKE 'collected-at-bank:%' OR account = 'clearing-fee' THEN posted END), 0) AS due,
       coalesce(sum(CASE WHEN account LIKE 'voucher-liability:%' OR account LIKE 'revenue:%' OR account LIKE 'card-revenue:%' OR account = 'revenue'
         OR account LIKE 'returning:%' THEN posted WHEN account = 'recovery-loss' THEN -posted END), 0) AS owed
     FROM balance WHERE chain = @chain)
   WHERE due <> owed`,
  // A sale activates once, by one posting of the voucher's face from its bank to its own account, at the instant that its row says.
  `SELECT 'voucher ' || number AS place, 'it is sold and its activation was not posted' AS what
   FROM voucher WHERE tenant = @tenant AND sale IS NOT NULL
     AND (SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
       WHERE journal.chain = @chain AND journal.id = 'activation ' || bank || ' ' || sale AND journal.at = activated_at
         AND entry.minor = voucher.minor AND entry.asset = voucher.asset
         AND ((side = 'debit' AND account = 'due-from-bank:' || bank)
           OR (side = 'credit' AND account = 'voucher-liability:' || number))) <> 2`,
  `SELECT @chain || ' ' || journal.seq AS place, 'an activation of no voucher' AS what
   FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'credit'
   WHERE journal.chain = @chain AND kind = 'activation' AND NOT EXISTS (SELECT 1 FROM voucher
     WHERE tenant = @tenant AND number = substr(account, 19) AND journal.id = 'activation ' || bank || ' ' || sale)`,
]

export function merchantIdentities(books: BooksOf): readonly Identity[] {
  return [
    ...decisionIdentities,
    callBackIdentity,
    ...keyIdentities,
    ...recoveryIdentities,
    keyIdentity,
    actIdentity,
    ...payeeIdentities(books),
  ]
}

/** What must hold of one payee, whether it has its books to itself or not. */
export function payeeIdentities(books: BooksOf): readonly Identity[] {
  return [
    ...identitiesOf(
      [
        ...[...rules, ...endingRules, ...withdrawalRules, ...ceilingRules],
        ...[...tillRules, ...listeningRules, ...clearingRules, ...cardRevenueRules, ...cardRefundRules],
      ],
      books,
    ),
    filesIdentity(books),
    settledIdentity(books),
    acceptedResults(books),
    takenHeld(books),
    agreedFees(books),
    ...cardReceiverIdentities(books),
    collectedIdentity(books),
  ]
}
