/**
 * What must hold of transfers between banks, in the books of either: raw rows, SQL of their own, and nothing imported of the
 * bank.
 */
import { endedAsSaid } from './ended-as-said.ts'

/** What each account of a counterparty must hold: the bank and the amount. */
const held: readonly (readonly [account: string, minor: string])[] = [
  [
    'sending-to-bank',
    `SELECT bank, sum(minor) AS minor FROM sent_transfer WHERE tenant = @tenant AND state = 'pending' GROUP BY bank`,
  ],
  [
    'due-to-bank',
    `SELECT bank, sum(minor) AS minor FROM (
       SELECT bank, minor FROM sent_transfer WHERE tenant = @tenant AND state = 'credited'
       UNION ALL SELECT bank, minor FROM sent_payout WHERE tenant = @tenant AND state = 'credited'
       UNION ALL SELECT bank, minor FROM credit_result WHERE tenant = @tenant AND owed_posting IS NOT NULL
       UNION ALL SELECT bank, -CASE way WHEN 'paying' THEN gross ELSE counter END FROM net_settlement
         WHERE tenant = @tenant AND posting IS NOT NULL AND back IS NULL) GROUP BY bank`,
  ],
  [
    'due-from-bank',
    `SELECT bank, sum(minor) AS minor FROM (
       SELECT bank, minor FROM received_credit WHERE tenant = @tenant AND outcome = 'credited'
       UNION ALL SELECT bank, -CASE way WHEN 'paying' THEN counter ELSE gross END FROM net_settlement
         WHERE tenant = @tenant AND posting IS NOT NULL AND back IS NULL) GROUP BY bank`,
  ],
  [
    'suspense',
    `SELECT bank, sum(minor) AS minor FROM (
       SELECT bank, -minor AS minor FROM credit_result WHERE tenant = @tenant AND owed_posting IS NOT NULL
       UNION ALL SELECT bank, entry.minor FROM credit_result AS said JOIN entry ON entry.chain = @chain AND entry.seq = owed_posting
         AND side = 'debit' AND account >= 'settlement:' AND account < 'settlement;' WHERE tenant = @tenant
       UNION ALL SELECT substr(account, 10), minor FROM suspense_cleared
         WHERE tenant = @tenant AND account LIKE 'suspense:%') GROUP BY bank`,
  ],
]

const accountRules = held.map(
  ([account, minor]) =>
    `SELECT '${account}:' || of.bank AS place, 'it holds ' || coalesce(posted, 0) || ', and its rows add up to '
       || coalesce(minor, 0) AS what
     FROM (SELECT substr(account, ${account.length + 2}) AS bank FROM balance
         WHERE chain = @chain AND account >= '${account}:' AND account < '${account};'
       UNION SELECT bank FROM (${minor})) AS of
     LEFT JOIN (${minor}) AS rows ON rows.bank = of.bank
     LEFT JOIN balance ON balance.chain = @chain AND balance.account = '${account}:' || of.bank
     WHERE coalesce(posted, 0) <> coalesce(minor, 0)`,
)

/** A posting with this id, of this kind, from one account to another, of the row's amount; as a condition on `row`. */
const isPosted = (posting: string, kind: string, id: string, from: string, to: string) =>
  `(SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
     WHERE journal.chain = @chain AND journal.seq = ${posting} AND journal.kind = '${kind}' AND journal.id = ${id}
       AND entry.minor = row.minor AND entry.asset = row.asset AND entry.scale = row.scale
       AND ((side = 'debit' AND account = ${from}) OR (side = 'credit' AND account = ${to}))) = 2`

const sending = `'sending-to-bank:' || row.bank`
const owing = `'due-to-bank:' || row.bank`

export const interbankRules: readonly string[] = [
  ...accountRules,
  `SELECT 'transfer ' || row.id AS place, 'it did not leave its account so' AS what FROM sent_transfer AS row
   WHERE tenant = @tenant AND NOT (
     ${isPosted('row.posting', 'transfer-sent', `'send ' || row.id`, `'deposit:' || from_account`, sending)}
     AND EXISTS (SELECT 1 FROM journal WHERE chain = @chain AND seq = row.posting AND reference = row.reference
       AND business_date = row.business_date AND at = row.sent_at))`,
  // What ended it is the posting of that end, and the other bank's word or two people's is kept.
  `SELECT 'transfer ' || row.id AS place, 'it is ' || state || ', and was not posted so' AS what FROM sent_transfer AS row
   WHERE tenant = @tenant AND state = 'credited'
     AND NOT ${isPosted('row.ended_posting', 'transfer-credited', `'credited ' || row.id`, sending, owing)}`,
  `SELECT 'transfer ' || row.id AS place, 'it is ' || state || ', and did not come back so' AS what FROM sent_transfer AS row
   WHERE tenant = @tenant AND state IN ('refused', 'returned', 'overtaken')
     AND NOT ${isPosted('row.ended_posting', 'transfer-returned', `'returned ' || row.id`, sending, `'deposit:' || from_account`)}
     AND NOT ${isPosted('row.ended_posting', 'transfer-returned', `'returned ' || row.id`, sending, `'suspense'`)}`,
  endedAsSaid('transfer', 'sent_transfer'),
  `SELECT 'transfer ' || row.id AS place, 'two people did not give it up' AS what FROM sent_transfer AS row
   WHERE tenant = @tenant AND decision IS NOT NULL AND NOT EXISTS (SELECT 1 FROM approval
     WHERE approval.tenant = row.tenant AND approval.digest = row.decision)`,
  `SELECT @chain || ' ' || seq AS place, 'a posting of no transfer to another bank' AS what FROM journal
   WHERE chain = @chain AND kind IN ('transfer-sent', 'transfer-credited', 'transfer-returned')
     AND NOT EXISTS (SELECT 1 FROM sent_transfer AS row WHERE row.tenant = @tenant
       AND row.id = substr(journal.id, instr(journal.id, ' ') + 1) AND seq IN (row.posting, row.ended_posting))`,
  // Its letter sends it: the same transfer, to the same account.
  `SELECT 'transfer ' || row.id AS place, 'its letter does not send it' AS what FROM sent_transfer AS row
   LEFT JOIN clearing_outbox AS letter ON letter.tenant = row.tenant AND letter.peer = row.bank
     AND letter.epoch = row.letter_epoch AND letter.sequence = row.letter_sequence AND letter.type = 'credit'
   WHERE row.tenant = @tenant AND replaced IS NULL AND (coalesce(instr(letter.content, CAST(row.id AS BLOB)), 0) = 0
     OR instr(letter.content, CAST(row.to_account AS BLOB)) = 0)`,
  // What the other bank said stands in a letter of its own.
  `SELECT 'word about ' || row.transfer AS place, 'no letter said it' AS what FROM credit_result AS row
   LEFT JOIN clearing_inbox AS letter ON letter.tenant = row.tenant AND letter.peer = row.bank
     AND letter.epoch = row.epoch AND letter.sequence = row.sequence AND letter.type = 'credit-result'
   WHERE row.tenant = @tenant AND (coalesce(instr(letter.content, CAST(row.transfer AS BLOB)), 0) = 0
     OR instr(letter.content, CAST(row.outcome AS BLOB)) = 0 OR instr(letter.content, CAST(row.to_account AS BLOB)) = 0)`,
  // Out of suspense, or of what is held for the payee whose payout was given up.
  `SELECT 'word about ' || row.transfer AS place, 'it is not owed so' AS what FROM credit_result AS row
   WHERE tenant = @tenant AND owed_posting IS NOT NULL AND NOT (
     EXISTS (SELECT 1 FROM journal WHERE chain = @chain AND seq = owed_posting AND kind = 'transfer-owed'
       AND id = 'owed ' || row.bank || ' ' || row.transfer)
     AND EXISTS (SELECT 1 FROM entry WHERE chain = @chain AND seq = owed_posting AND side = 'credit' AND account = ${owing}
       AND entry.minor = row.minor AND entry.asset = row.asset AND entry.scale = row.scale)
     AND NOT EXISTS (SELECT 1 FROM entry WHERE chain = @chain AND seq = owed_posting
       AND (side, account) <> ('credit', ${owing}) AND (side, account) <> ('debit', 'suspense:' || row.bank)
       AND (side = 'credit' OR account NOT IN (SELECT 'settlement:' || payee FROM sent_payout AS sent
         WHERE sent.tenant = row.tenant AND sent.id = row.transfer AND sent.bank = row.bank AND sent.state = 'overtaken'))))`,
  `SELECT @chain || ' ' || seq AS place, 'owed, and no other bank said so' AS what FROM journal
   WHERE chain = @chain AND kind = 'transfer-owed'
     AND NOT EXISTS (SELECT 1 FROM credit_result AS row WHERE row.tenant = @tenant AND row.owed_posting = seq)`,
  // What was credited here is one posting and one letter.
  `SELECT 'credit ' || row.bank || ' ' || row.transfer AS place, 'it was not credited so' AS what FROM received_credit AS row
   WHERE tenant = @tenant AND outcome = 'credited' AND NOT (
     ${isPosted('row.posting', 'transfer-received', `'credit ' || row.bank || ' ' || row.transfer`, `'due-from-bank:' || row.bank`, `'deposit:' || row.account`)}
     AND EXISTS (SELECT 1 FROM journal WHERE chain = @chain AND seq = row.posting
       AND business_date = row.business_date AND at = row.at))`,
  `SELECT @chain || ' ' || seq AS place, 'a credit that no other bank asked for' AS what FROM journal
   WHERE chain = @chain AND kind = 'transfer-received'
     AND NOT EXISTS (SELECT 1 FROM received_credit AS row WHERE row.tenant = @tenant AND row.posting = seq)`,
  `SELECT 'credit ' || row.bank || ' ' || row.transfer AS place, 'its letter says something else' AS what
   FROM received_credit AS row
   LEFT JOIN clearing_outbox AS letter ON letter.tenant = row.tenant AND letter.peer = row.bank
     AND letter.epoch = row.letter_epoch AND letter.sequence = row.letter_sequence AND letter.type = 'credit-result'
   WHERE row.tenant = @tenant AND (coalesce(instr(letter.content, CAST(row.transfer AS BLOB)), 0) = 0
     OR instr(letter.content, CAST(row.outcome AS BLOB)) = 0)`,
]
