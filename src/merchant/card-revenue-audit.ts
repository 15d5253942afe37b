/**
 * What must hold of what cards paid to a payee and of its postings, as identities for `tonebank audit`: raw rows, SQL of their own, and
 * the bank where it was collected as the card signed it.
 */
import { forwardedRows, signedOrder } from '../card-receiver/audit.ts'
import { record } from '../institution/people-audit.ts'
import type { Finding } from '../ledger/audit/finding.ts'
import type { BooksOf, Identity } from '../ledger/audit/identity.ts'

/** Each query gives a row for everything that is wrong. */
export const cardRevenueRules: readonly string[] = [
  // What is paid is one posting, of that amount and under the reference of the card's bank; nothing else is posted.
  `SELECT 'card payment ' || id AS place, 'it is ' || state || ', and its posting says otherwise' AS what
   FROM receiver_payment AS paid WHERE tenant = @tenant AND (state = 'paid') <> ((SELECT count(*) FROM journal
     JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
     WHERE journal.chain = @chain AND journal.id = 'card-payment ' || paid.id AND journal.kind = 'card-payment'
       AND journal.reference = paid.reference AND entry.minor = paid.minor AND entry.asset = paid.asset
       AND ((side = 'debit' AND account LIKE 'collected-at-bank:%')
         OR (side = 'credit' AND account = 'card-revenue:' || paid.issuer))) = 2)`,
  `SELECT @chain || ' ' || seq AS place, 'what no card paid' AS what
   FROM journal WHERE chain = @chain AND kind = 'card-payment' AND NOT EXISTS (SELECT 1 FROM receiver_payment AS paid
     WHERE paid.tenant = @tenant AND paid.id = substr(journal.id, 14) AND journal.id = 'card-payment ' || paid.id
       AND state = 'paid')`,
  // What was bought with cards of a bank is what they paid, less what was refunded, in these books or in lost ones. What the bank
  // refused to give back is the payee's again once its result is booked.
  `SELECT 'card-revenue:' || issuer AS place, 'its cards paid ' || sum(paid) || ', and ' || sum(posted) || ' was posted' AS what
   FROM (SELECT issuer, minor AS paid, 0 AS posted FROM receiver_payment WHERE tenant = @tenant AND state = 'paid'
     UNION ALL SELECT bank, -minor, 0 FROM card_refund WHERE tenant = @tenant
     UNION ALL SELECT line.bank, -line.minor, 0 FROM day_end_line AS line
       JOIN journal ON journal.chain = @chain AND journal.seq = journal_row AND journal.kind = 'recovered'
       WHERE line.tenant = @tenant AND line.kind = 'refund' AND length(voucher) = 32
     UNION ALL SELECT line.bank, line.minor, 0 FROM day_end_line AS line JOIN day_end_file AS file USING (tenant, bank, number)
       WHERE line.tenant = @tenant AND line.kind = 'refund' AND length(voucher) = 32 AND file.state = 'reconciled'
         AND break IS NOT NULL AND break <> 'closed-account' AND (break <> 'duplicate' OR EXISTS (SELECT 1 FROM journal
           WHERE journal.chain = @chain AND journal.seq = journal_row
             AND journal.id = 'recovered ' || line.bank || ' ' || line.number || ' ' || line))
         AND NOT EXISTS (SELECT 1 FROM day_end_file AS again WHERE again.tenant = line.tenant AND again.bank = line.bank
           AND again.retells = line.number)
     UNION ALL SELECT substr(account, 14), 0, posted FROM balance
     WHERE chain = @chain AND account >= 'card-revenue:' AND account < 'card-revenue;')
   GROUP BY issuer HAVING sum(paid) <> sum(posted)`,
]

const collected = 'collected-at-bank:'

/** What was collected at a bank is what cards signed that it is paid there. */
export const collectedIdentity =
  ({ tenant, chain }: BooksOf): Identity =>
  async tx => {
    const paid = new Map<string, bigint>()
    for await (const { state, message, minor } of forwardedRows(tx, tenant)) {
      if (state !== 'paid') continue
      const bank = payeesBankIn(message)
      paid.set(bank, (paid.get(bank) ?? 0n) + minor)
    }
    const balances = await tx.all<{ account: string; posted: bigint }>(
      'SELECT account, posted FROM balance WHERE chain = ? AND account >= ? AND account < ?',
      ...[chain, collected, 'collected-at-bank;'],
    )
    const posted = new Map(balances.map(({ account, posted }) => [account.slice(collected.length), posted]))
    return [...new Set([...paid.keys(), ...posted.keys()])].flatMap((bank): Finding[] => {
      const [due, is] = [paid.get(bank) ?? 0n, posted.get(bank) ?? 0n]
      if (due === is) return []
      return [{ kind: 'identity', where: collected + bank, what: `cards paid ${due} there, and ${is} was posted` }]
    })
  }

/** A message that says nothing is found by itself. */
function payeesBankIn(message: Uint8Array): string {
  try {
    return String(record(signedOrder(message).order['payee'])['bank'])
  } catch {
    return 'no bank'
  }
}
