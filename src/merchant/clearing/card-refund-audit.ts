/**
 * What must hold of refunds of what cards paid, in a payee's books: raw rows, queries of their own, and nothing imported of the
 * merchant. That cards were paid what was posted, less what was refunded, is said beside (`card-revenue-audit.ts`).
 */

/** Of a line: its bank refused it, and has not given it back before either. */
const isRefused = `line.break IS NOT NULL AND line.break NOT IN ('closed-account', 'duplicate')`

/** Each query gives a row for everything that is wrong. */
export const cardRefundRules: readonly string[] = [
  // A refund is one posting, of what a card of that bank paid on that day or before.
  `SELECT 'card refund ' || back.id AS place, 'it was not posted so' AS what FROM card_refund AS back WHERE tenant = @tenant
     AND (SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
       WHERE journal.chain = @chain AND journal.seq = posting AND journal.id = 'card-refund ' || back.id AND kind = 'card-refund'
         AND entry.minor = back.minor
         AND ((side = 'debit' AND account = 'card-revenue:' || bank) OR (side = 'credit' AND account = 'returning:' || bank))) <> 2`,
  `SELECT 'card refund ' || back.id AS place, 'no card of its bank paid this' AS what FROM card_refund AS back WHERE tenant = @tenant
     AND NOT EXISTS (SELECT 1 FROM receiver_payment AS paid WHERE paid.tenant = back.tenant AND paid.id = back.payment
       AND paid.issuer = back.bank AND paid.state = 'paid')`,
  `SELECT @chain || ' ' || seq AS place, 'a refund to a card that nobody asked for' AS what FROM journal
   WHERE chain = @chain AND kind = 'card-refund' AND NOT EXISTS (SELECT 1 FROM card_refund AS back
     WHERE back.tenant = @tenant AND back.posting = seq AND journal.id = 'card-refund ' || back.id)`,
  // Of a payment no more goes back than its card paid, whether in these books or, as its bank's files say, in lost ones.
  `SELECT 'card payment ' || paid.id AS place, 'of ' || paid.minor || ', ' || sum(back.minor) || ' was refunded' AS what
   FROM (SELECT payment, minor FROM card_refund AS own WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM day_end_line AS line
       WHERE line.tenant = own.tenant AND line.bank = own.bank AND line.kind = 'refund' AND length(line.voucher) = 32
         AND line.voucher = own.payment AND coalesce(line.journal_row, line.ref) = own.posting AND ${isRefused}
         AND NOT EXISTS (SELECT 1 FROM day_end_line AS later WHERE later.tenant = line.tenant AND later.bank = line.bank
      AND later.journal_row = own.posting AND later.number > line.number))
     UNION ALL SELECT voucher, line.minor FROM day_end_line AS line
       JOIN journal ON journal.chain = @chain AND journal.seq = journal_row AND journal.kind = 'recovered'
       WHERE line.tenant = @tenant AND line.kind = 'refund' AND length(voucher) = 32 AND NOT (${isRefused})) AS back
   JOIN receiver_payment AS paid ON paid.tenant = @tenant AND paid.id = back.payment
   GROUP BY paid.id HAVING sum(back.minor) > paid.minor`,
  // A line is what its row says, of a date of its file.
  `SELECT 'line ' || line.bank || ' ' || line.number || '/' || line AS place, 'no refund to a card says so' AS what
   FROM day_end_line AS line JOIN day_end_file AS file USING (tenant, bank, number)
   WHERE line.tenant = @tenant AND line.kind = 'refund' AND length(voucher) = 32
     AND (held IS NULL OR journal_row IS NOT NULL OR state = 'reconciled')
     AND NOT EXISTS (SELECT 1 FROM journal WHERE journal.chain = @chain AND journal.seq = journal_row AND journal.kind = 'recovered')
     AND NOT EXISTS (SELECT 1 FROM card_refund AS back JOIN journal ON journal.chain = @chain AND journal.seq = back.posting
       WHERE back.tenant = line.tenant AND back.bank = line.bank AND back.payment = line.voucher AND back.minor = line.minor
         AND back.posting = coalesce(journal_row, ref) AND lower(hex(line.intent)) IS journal.facts
         AND (held IS NOT NULL OR retells IS NOT NULL OR business_date BETWEEN coalesce(since, file.date) AND file.date))`,
  // A refund on a date whose file is built has a line, there or in a file that was taken from its bank.
  `SELECT 'card refund ' || back.id AS place, 'its day-end file does not tell of it' AS what
   FROM card_refund AS back JOIN journal ON journal.chain = @chain AND journal.seq = back.posting
   JOIN day_end_file AS file ON file.tenant = back.tenant AND file.bank = back.bank
     AND business_date BETWEEN coalesce(file.since, file.date) AND file.date AND file.state <> 'closed' AND file.held IS NULL
   WHERE back.tenant = @tenant AND NOT EXISTS (SELECT 1 FROM day_end_line AS line WHERE line.tenant = back.tenant
     AND line.bank = back.bank AND line.kind = 'refund' AND line.voucher = back.payment
     AND coalesce(line.journal_row, line.ref) = back.posting)`,
]
