/**
 * What must hold of customers' cards, of what they signed, and of customers' money on its way in and out: raw rows, SQL of their own, and
 * signatures verified with code that shares nothing with what judged them.
 */
import { signedIn } from '../../institution/card-audit.ts'
import { finding, isSame, record } from '../../institution/people-audit.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'
import type { ReadTx } from '../../store/store.ts'

const entriesOf = (id: string, conditions: string) => `(SELECT count(*) FROM journal
  JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
  WHERE journal.chain = @chain AND journal.id = ${id} AND ${conditions})`

const of = (kind: string, account: string, subject: string) => `EXISTS (SELECT 1 FROM card_act AS act
  JOIN client_card AS client ON client.tenant = act.tenant AND client.card = act.card
  WHERE act.tenant = @tenant AND act.kind = '${kind}' AND act.subject = ${subject} AND client.account = ${account})`

/** Each query gives a row for everything that is wrong. */
export const clientRules: readonly string[] = [
  // A card's counter is that of its last act, and it was enrolled by a sign-in.
  `SELECT 'card ' || card AS place, 'its counter is ' || counter || ', and it acted with ' || acted AS what
   FROM (SELECT card, counter, coalesce((SELECT max(act.counter) FROM card_act AS act
       WHERE act.tenant = client.tenant AND act.card = client.card), 0) AS acted
     FROM client_card AS client WHERE tenant = @tenant) WHERE counter <> acted`,
  `SELECT 'card ' || card AS place, 'it was enrolled, and nobody signed in with it' AS what
   FROM client_card AS client WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM card_act AS act
     WHERE act.tenant = client.tenant AND act.card = client.card AND kind = 'sign-in' AND at = enrolled_at)`,
  // What a card signed answered what it was asked for, and that is over since then.
  `SELECT 'act ' || act.card || '/' || act.counter AS place, 'its card was not asked for it' AS what
   FROM card_act AS act LEFT JOIN receiver_order AS asked ON asked.tenant = act.tenant AND asked.nonce = act.nonce
   JOIN client_card AS client ON client.tenant = act.tenant AND client.card = act.card
   WHERE act.tenant = @tenant AND (asked.over_at IS NOT act.at
     OR asked.principal IS NOT CASE kind WHEN 'sign-in' THEN '' ELSE client.account END)`,
  // Each trade, each that was taken back, and each payout was signed by a card of its account, and so was nothing else.
  `SELECT 'trade ' || id AS place, 'no card of its account signed it' AS what
   FROM trade WHERE tenant = @tenant AND NOT ${of('trade', 'trade.account', 'trade.id')}`,
  `SELECT 'trade ' || id AS place, 'it is ' || state || ', and a card of its account did not sign that' AS what
   FROM trade WHERE tenant = @tenant AND (state = 'cancelled') <> ${of('cancel', 'trade.account', 'trade.id')}`,
  `SELECT 'payout ' || id AS place, 'no card of its account signed it' AS what
   FROM payout WHERE tenant = @tenant AND NOT ${of('fund', 'payout.account', 'payout.id')}`,
  `SELECT 'act ' || card || '/' || counter AS place, 'it is about nothing that there is' AS what
   FROM card_act AS act WHERE tenant = @tenant AND kind <> 'sign-in'
     AND NOT EXISTS (SELECT 1 FROM trade WHERE trade.tenant = act.tenant AND trade.id = subject AND kind IN ('trade', 'cancel'))
     AND NOT EXISTS (SELECT 1 FROM payout WHERE payout.tenant = act.tenant AND payout.id = subject AND kind = 'fund')`,
  // A payout is posted as its state says.
  `SELECT 'payout ' || id AS place, 'it is ' || state || ', and its postings say otherwise' AS what
   FROM payout WHERE tenant = @tenant AND (
     ${entriesOf(
       `'pay-out ' || payout.id`,
       `kind = 'pay-out' AND entry.minor = payout.minor
       AND ((side = 'debit' AND entry.account = 'client-cash:' || payout.account) OR (side = 'credit' AND entry.account = 'paying-out'))`,
     )} <> 2
     OR ${entriesOf(
       `'paid-out ' || payout.id`,
       `kind = 'paid-out' AND entry.minor = payout.minor
       AND ((side = 'debit' AND entry.account = 'paying-out') OR (side = 'credit' AND entry.account = 'cash-at-bank:' || payout.bank))`,
     )}
       <> CASE state WHEN 'paid' THEN 2 ELSE 0 END
     OR ${entriesOf(
       `'pay-out-returned ' || payout.id`,
       `kind = 'pay-out-returned' AND entry.minor = payout.minor
       AND ((side = 'debit' AND entry.account = 'paying-out') OR (side = 'credit' AND entry.account = 'client-cash:' || payout.account))`,
     )}
       <> CASE state WHEN 'returned' THEN 2 ELSE 0 END)`,
  // And its state is the bank's receipt.
  `SELECT 'payout ' || id AS place, 'it is ' || state || ', and the receipt of its letter says otherwise' AS what
   FROM payout LEFT JOIN clearing_outbox AS letter ON letter.tenant = payout.tenant AND letter.type = 'pay-out'
     AND letter.peer = payout.bank AND letter.epoch = letter_epoch AND letter.sequence = letter_sequence AND instr(letter.content, CAST(payout.id AS BLOB)) > 0
   WHERE payout.tenant = @tenant AND (letter.sequence IS NULL OR state <> CASE letter.outcome
     WHEN 'accepted' THEN 'paid' WHEN 'refused' THEN 'returned' ELSE 'sent' END)`,
  `SELECT 'paying-out' AS place, 'there is ' || posted || ' on its way out, and payouts say ' || due AS what
   FROM (SELECT coalesce((SELECT posted FROM balance WHERE chain = @chain AND account = 'paying-out'), 0) AS posted,
     coalesce((SELECT sum(minor) FROM payout WHERE tenant = @tenant AND state = 'sent'), 0) AS due) WHERE posted <> due`,
  // What came in is what a bank said that it paid, once each.
  `SELECT 'payment ' || id AS place, 'it was paid, and is not its customer''s cash' AS what
   FROM receiver_payment AS paid WHERE tenant = @tenant AND (state = 'paid') <> (
     ${entriesOf(
       `'pay-in ' || paid.issuer || ' ' || paid.card || ' ' || paid.counter`,
       `journal.kind = 'pay-in'
       AND entry.minor = paid.minor AND ((side = 'debit' AND entry.account LIKE 'cash-at-bank:%')
         OR (side = 'credit' AND entry.account LIKE 'client-cash:%'))`,
     )} = 2)`,
  `SELECT @chain || ' ' || seq AS place, 'money that came in, and no bank paid it' AS what
   FROM journal WHERE chain = @chain AND kind = 'pay-in' AND NOT EXISTS (SELECT 1 FROM receiver_payment AS paid
     WHERE tenant = @tenant AND journal.id = 'pay-in ' || paid.issuer || ' ' || paid.card || ' ' || paid.counter AND state = 'paid')`,
  `SELECT @chain || ' ' || seq AS place, 'money that went out for no payout' AS what
   FROM journal WHERE chain = @chain AND kind IN ('pay-out', 'paid-out', 'pay-out-returned')
     AND NOT EXISTS (SELECT 1 FROM payout WHERE tenant = @tenant AND journal.id = journal.kind || ' ' || payout.id)`,
  // Nothing else moves a customer's cash.
  `SELECT @chain || ' ' || journal.seq AS place, 'a customer''s cash moved by a ' || kind AS what
   FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
   WHERE journal.chain = @chain AND entry.account >= 'client-cash:' AND entry.account < 'client-cash;'
     AND kind NOT IN ('trade', 'trade-executed', 'trade-settled', 'pay-in', 'pay-out', 'pay-out-returned')`,
]

type ActRow = {
  readonly card: string
  readonly counter: bigint
  readonly nonce: Uint8Array
  readonly kind: string
  readonly message: Uint8Array
  readonly account: string
  readonly algorithm: string | null
  readonly public_key: Uint8Array | null
  /** Of the trade that it is about. */
  readonly number: string | null
  readonly side: string | null
  readonly isin: string | null
  readonly quantity: bigint | null
  readonly limit_minor: bigint | null
  /** Of the payout that it is about. */
  readonly minor: bigint | null
}

/** Each act is what its card signed: that trade, that payout, under that counter and nonce. */
export const signedIdentity =
  ({ tenant }: BooksOf): Identity =>
  async tx => {
    const found: Finding[] = []
    for await (const act of acts(tx, tenant)) {
      const wrong = wrongIn(act, tenant)
      if (wrong !== undefined) found.push(finding(`act ${act.card}/${act.counter}`, wrong))
    }
    return found
  }

/** A few at a time. */
async function* acts(tx: ReadTx, tenant: string): AsyncGenerator<ActRow> {
  let last: Pick<ActRow, 'card' | 'counter'> | undefined
  for (;;) {
    const rows: readonly ActRow[] = await tx.all<ActRow>(
      `SELECT act.card, act.counter, act.nonce, act.kind, act.message, client.account, client.algorithm, client.public_key,
         trade.number, trade.side, trade.isin, trade.quantity, trade.limit_minor, payout.minor
       FROM card_act AS act LEFT JOIN client_card AS client ON client.tenant = act.tenant AND client.card = act.card
       LEFT JOIN trade ON trade.tenant = act.tenant AND trade.id = act.subject AND act.kind IN ('trade', 'cancel')
       LEFT JOIN payout ON payout.tenant = act.tenant AND payout.id = act.subject AND act.kind = 'fund'
       WHERE act.tenant = ? AND (act.card, act.counter) > (?, ?) ORDER BY act.card, act.counter LIMIT 500`,
      ...[tenant, last?.card ?? '', last?.counter ?? 0n],
    )
    yield* rows
    last = rows.at(-1)
    if (last === undefined) return
  }
}

function wrongIn(act: ActRow, tenant: string): string | undefined {
  const read = signedIn(act)
  if (read === undefined) return 'its card did not sign it'
  const { order, counter } = read
  const isSo =
    String(counter) === String(act.counter) &&
    order['type'] === act.kind &&
    order['receiver'] === tenant &&
    order['card'] === act.card &&
    order['account'] === act.account &&
    isSame(order['nonce'], act.nonce)
  return isSo && isAbout(act, order) ? undefined : 'its card signed another order'
}

function isAbout(act: ActRow, order: Readonly<Record<string, unknown>>): boolean {
  switch (act.kind) {
    case 'sign-in':
      return true
    case 'cancel':
      return order['trade'] === act.number
    case 'fund':
      return order['direction'] === 'out' && String(order['amount']) === String(act.minor)
    case 'trade': {
      const limit = order['limit'] === undefined ? null : String(record(order['limit'])['amount'])
      return (
        order['side'] === act.side &&
        order['isin'] === act.isin &&
        String(order['quantity']) === String(act.quantity) &&
        limit === (act.limit_minor === null ? null : String(act.limit_minor))
      )
    }
    default:
      return false
  }
}
