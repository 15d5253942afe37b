/** What a bank paid is the cash of the customer whose account the card's order names, at the bank that the order names. */
import { decode } from 'cborg'
import { finding, record } from '../../institution/people-audit.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'
import type { ReadTx } from '../../store/store.ts'

type PaidRow = {
  readonly id: string
  /** COSE_Sign1, whole; that the card signed it is for the rules of who receives by card. */
  readonly message: Uint8Array
  /** Of its posting; null where there is none, which is another rule's finding. */
  readonly debited: string | null
  readonly credited: string | null
}

export const paidInIdentity =
  ({ tenant, chain }: BooksOf): Identity =>
  async tx => {
    const found: Finding[] = []
    for await (const { id, message, debited, credited } of payments(tx, tenant, chain)) {
      if (debited === null || credited === null) continue
      const { account, bank } = namedIn(message)
      if (credited !== `client-cash:${account}`)
        found.push(finding(`payment ${id}`, 'it is another customer’s cash than of whoever signed it'))
      if (debited !== `cash-at-bank:${bank}`)
        found.push(finding(`payment ${id}`, 'it is cash at another bank than the order names'))
    }
    return found
  }

/** A few at a time. */
async function* payments(tx: ReadTx, tenant: string, chain: string): AsyncGenerator<PaidRow> {
  const posted = (side: string) =>
    `(SELECT entry.account FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
      WHERE journal.chain = ? AND journal.id = 'pay-in ' || paid.issuer || ' ' || paid.card || ' ' || paid.counter
        AND entry.side = '${side}')`
  for (let last = ''; ; ) {
    const rows = await tx.all<PaidRow>(
      `SELECT id, message, ${posted('debit')} AS debited, ${posted('credit')} AS credited
       FROM receiver_payment AS paid WHERE tenant = ? AND state = 'paid' AND id > ? ORDER BY id LIMIT 500`,
      ...[chain, chain, tenant, last],
    )
    yield* rows
    const end = rows.at(-1)
    if (end === undefined) return
    last = end.id
  }
}

/** Undefined of what is no order. */
function namedIn(message: Uint8Array): { readonly account?: unknown; readonly bank?: unknown } {
  try {
    const [, , payload] = decode(message, { useMaps: true }) as Uint8Array[]
    const [bytes] = decode(payload ?? new Uint8Array()) as [Uint8Array]
    const order = record(decode(bytes))
    return { account: order['account'], bank: record(order['payee'])['bank'] }
  } catch {
    return {}
  }
}
