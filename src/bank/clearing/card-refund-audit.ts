/**
 * What must hold of refunds to cards in a bank's books, as identities for `tonebank audit`: raw rows, SQL of their own, and what the
 * card signed read by code that shares nothing with what wrote it.
 */
import { signedOrder } from '../../card-receiver/audit.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'

/** Lines of refunds of what a card paid, each with the payment. */
const withPayment = `payee_file_line AS line
   LEFT JOIN card_collection AS each ON each.tenant = line.tenant AND each.receiver = line.payee AND each.payment = line.voucher AND outcome = 'paid'
   LEFT JOIN card_payment AS paid ON paid.tenant = each.tenant AND paid.card = each.card AND paid.counter = each.counter`
const isOfCard = `line.tenant = @tenant AND line.kind = 'refund' AND length(line.voucher) = 32`

/** Each query gives a row for everything that is wrong. */
export const cardRefundRules: readonly string[] = [
  `SELECT 'line ' || line.payee || ' ' || line.number || '/' || line AS place, 'it was accepted for what no card paid' AS what
   FROM ${withPayment} WHERE ${isOfCard} AND verdict IN ('accepted', 'undecided', 'closed-account') AND paid.account IS NULL`,
  // Each is one posting to the account of the card, or to suspense.
  `SELECT 'line ' || line.payee || ' ' || line.number || '/' || line AS place, 'what it gives back did not go to the card’s account' AS what
   FROM ${withPayment} WHERE ${isOfCard} AND returned IS NOT NULL
     AND (SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
       WHERE journal.chain = @chain AND journal.seq = returned AND journal.kind = 'refund' AND journal.reference = each.reference
         AND journal.id = 'return ' || line.payee || ' ' || line.number || ' ' || line.line AND entry.minor = line.minor
         AND ((side = 'debit' AND entry.account = 'returning:' || line.payee)
           OR (side = 'credit' AND entry.account = CASE verdict WHEN 'accepted' THEN 'deposit:' || paid.account ELSE 'suspense' END))) <> 2`,
  // Whose card paid is told of what came back, and nobody else.
  `SELECT 'returned ' || told.payee || ' ' || told.number || '/' || told.line AS place, 'its account is not the card’s' AS what
   FROM ${withPayment} JOIN returned_line AS told ON line.tenant = told.tenant AND line.payee = told.payee AND line.number = told.number AND line.line = told.line
   WHERE ${isOfCard} AND (paid.account IS NOT told.account OR returned IS NULL OR verdict <> 'accepted')`,
]

/** Of a payment no more goes back than its card signed. */
export const cardRefundIdentity =
  ({ tenant }: BooksOf): Identity =>
  async tx => {
    const rows = await tx.all<{ payment: string; refunded: bigint; message: Uint8Array }>(
      `SELECT payment, message, (SELECT sum(minor) FROM payee_file_line AS line WHERE line.tenant = each.tenant
         AND line.payee = each.receiver AND line.voucher = payment AND line.kind = 'refund' AND length(line.voucher) = 32
         AND verdict IN ('accepted', 'closed-account')) AS refunded
       FROM card_collection AS each JOIN card_payment AS paid USING (tenant, card, counter)
       WHERE each.tenant = ? AND refunded IS NOT NULL ORDER BY payment`,
      tenant,
    )
    return rows.flatMap(({ payment, refunded, message }): Finding[] => {
      const paid = amountIn(message)
      if (paid !== undefined && refunded <= paid) return []
      return [{ kind: 'identity', where: `collection ${payment}`, what: `of ${paid}, ${refunded} was refunded` }]
    })
  }

/** A message that says nothing is found by itself. */
function amountIn(message: Uint8Array): bigint | undefined {
  try {
    return BigInt(String(signedOrder(message).order['amount']))
  } catch {
    return undefined
  }
}
