/** What a bank paid is the cash of the customer whose account the card's order names, at the bank that the order names. */
import { forwardedRows, signedOrder } from '../../card-receiver/audit.ts'
import { finding, record } from '../../institution/people-audit.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'

export const paidInIdentity =
  ({ tenant, chain }: BooksOf): Identity =>
  async tx => {
    const found: Finding[] = []
    for await (const { id, state, message, issuer, card, counter } of forwardedRows(tx, tenant)) {
      if (state !== 'paid') continue
      const { account, bank } = namedIn(message)
      // One that is not posted is another rule's finding.
      const entries = await tx.all<{ side: string; account: string }>(
        `SELECT side, account FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
         WHERE journal.chain = ? AND journal.id = ?`,
        ...[chain, `pay-in ${issuer} ${card} ${counter}`],
      )
      if (entries.some(entry => entry.side === 'credit' && entry.account !== `client-cash:${account}`))
        found.push(finding(`payment ${id}`, 'it is another customer’s cash than of whoever signed it'))
      if (entries.some(entry => entry.side === 'debit' && entry.account !== `cash-at-bank:${bank}`))
        found.push(finding(`payment ${id}`, 'it is cash at another bank than the order names'))
    }
    return found
  }

/** A message that says nothing is found by itself. */
function namedIn(message: Uint8Array): { readonly account?: unknown; readonly bank?: unknown } {
  try {
    const { order } = signedOrder(message)
    return { account: order['account'], bank: record(order['payee'])['bank'] }
  } catch {
    return {}
  }
}
