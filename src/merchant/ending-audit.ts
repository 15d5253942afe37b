/**
 * What must hold of vouchers that were ended or lost, and of payments that were given back, as identities for `tonebank audit`: raw
 * rows, SQL of their own, and nothing imported of the merchant.
 */

/** Each query gives a row for everything that is wrong. */
export const endingRules: readonly string[] = [
  // A voucher is terminated exactly when one posting took what was left of it, for its own bank to return.
  `SELECT 'voucher ' || number AS place, 'it is terminated, and its remainder was not put aside for its bank' AS what
   FROM voucher WHERE tenant = @tenant AND state = 'terminated'
     AND (SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
       WHERE journal.chain = @chain AND journal.id = 'termination ' || number AND kind = 'termination'
         AND ((side = 'debit' AND account = 'voucher-liability:' || number)
           OR (side = 'credit' AND account = 'returning:' || bank))) <> 2`,
  `SELECT @chain || ' ' || seq AS place, 'a termination of a voucher that lives' AS what
   FROM journal WHERE chain = @chain AND kind = 'termination' AND NOT EXISTS (SELECT 1 FROM voucher
     WHERE tenant = @tenant AND state = 'terminated' AND journal.id = 'termination ' || number)`,
  // What was given back is one posting to the voucher that had paid, on the same business date, with a row that says by whom.
  `SELECT @chain || ' ' || journal.seq AS place, 'a reversal that nobody made' AS what
   FROM journal WHERE chain = @chain AND kind = 'reversal'
     AND NOT EXISTS (SELECT 1 FROM reversal WHERE tenant = @tenant AND posting = seq)`,
  `SELECT 'reversal ' || posting AS place, 'it does not give back a payment of its voucher on the same date' AS what
   FROM reversal WHERE tenant = @tenant AND NOT EXISTS (SELECT 1
     FROM journal AS back JOIN entry AS given ON given.chain = back.chain AND given.seq = back.seq AND given.side = 'credit'
     JOIN journal AS paid ON paid.chain = back.chain AND paid.seq = payment
     JOIN entry AS taken ON taken.chain = paid.chain AND taken.seq = paid.seq AND taken.side = 'debit'
     WHERE back.chain = @chain AND back.seq = posting AND back.kind = 'reversal' AND paid.kind IN ('payment', 'listening')
       AND back.business_date = paid.business_date AND given.account = 'voucher-liability:' || voucher
       AND taken.account = given.account)`,
  // No more is given back of a payment than was paid.
  `SELECT 'payment ' || payment AS place, 'of ' || paid || ', ' || sum(given.minor) || ' was given back' AS what
   FROM (SELECT payment, posting, (SELECT minor FROM entry
       WHERE chain = @chain AND seq = payment AND side = 'debit') AS paid FROM reversal WHERE tenant = @tenant) AS reversal
   JOIN entry AS given ON given.chain = @chain AND given.seq = posting AND given.side = 'credit'
   GROUP BY payment HAVING sum(given.minor) > paid`,
  // What the bank said of a voucher by letter is kept, in its order: a lost one opens to nobody until it is cleared.
  `SELECT 'voucher ' || number AS place, 'its bank says that it is lost, and it is ' || state AS what
   FROM voucher WHERE tenant = @tenant AND state IN ('active', 'locked') AND (SELECT says FROM voucher_notice AS notice
     WHERE notice.tenant = voucher.tenant AND notice.number = voucher.number ORDER BY place DESC LIMIT 1) = 'lost'`,
  `SELECT 'voucher ' || number AS place, 'no letter of its bank says what is kept of it' AS what
   FROM (SELECT number, CASE says WHEN 'lost' THEN 'voucher-lost' ELSE 'voucher-cleared' END AS type, count(*) AS kept
     FROM voucher_notice WHERE tenant = @tenant GROUP BY number, type) AS notice
   WHERE kept > (SELECT count(*) FROM clearing_inbox AS letter JOIN voucher ON voucher.tenant = @tenant
     WHERE letter.tenant = @house AND voucher.number = notice.number AND letter.type = notice.type
       AND instr(content, CAST(voucher.number AS BLOB)) > 0)`,
]
