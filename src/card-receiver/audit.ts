/**
 * What must hold of what a receiver asked cards for and forwarded, as identities for `tonebank audit`: raw rows, SQL of their own, and
 * the signed message read by code that shares nothing with what wrote it. A receiver has no key of another bank's card: that the
 * signature is genuine is the bank's word, which is kept in its letter.
 */
import { decode } from 'cborg'
import type { Finding } from '../ledger/audit/finding.ts'
import { type BooksOf, type Identity, identitiesOf } from '../ledger/audit/identity.ts'
import type { ReadTx } from '../store/store.ts'

/** Each query gives a row for everything that is wrong. */
const rules: readonly string[] = [
  // It answered what was asked for, which is over since then; or it was taken down from the bank's word.
  `SELECT 'card payment ' || row.id AS place, 'it was not asked for' AS what
   FROM receiver_payment AS row LEFT JOIN receiver_order AS asked ON asked.tenant = row.tenant AND asked.nonce = row.nonce
   WHERE row.tenant = @tenant AND letter_epoch IS NOT NULL
     AND (asked.intent IS NOT row.intent OR asked.principal IS NOT row.principal OR asked.over_at IS NOT row.at)`,
  // It went to the card's bank in a letter.
  `SELECT 'card payment ' || row.id AS place, 'its letter does not forward it' AS what
   FROM receiver_payment AS row LEFT JOIN clearing_outbox AS letter ON letter.tenant = row.tenant AND letter.peer = row.issuer
     AND letter.epoch = row.letter_epoch AND letter.sequence = row.letter_sequence AND letter.type = 'card-payment'
   WHERE row.tenant = @tenant AND letter_epoch IS NOT NULL AND replaced IS NULL
     AND coalesce(instr(letter.content, row.message), 0) = 0`,
  // What became of it is that bank's word; a refusal can be that of its letter.
  `SELECT 'card payment ' || row.id AS place, 'its bank did not say that it is ' || row.state AS what
   FROM receiver_payment AS row LEFT JOIN clearing_inbox AS letter ON letter.tenant = row.tenant AND letter.peer = row.issuer
     AND letter.epoch = row.word_epoch AND letter.sequence = row.word_sequence AND letter.type = 'card-payment-result'
   LEFT JOIN clearing_outbox AS own ON own.tenant = row.tenant AND own.peer = row.issuer
     AND own.epoch = row.letter_epoch AND own.sequence = row.letter_sequence
   WHERE row.tenant = @tenant AND state <> 'forwarded' AND NOT CASE WHEN word_epoch IS NULL
     THEN state = 'refused' AND reason = 'not-now' AND own.outcome IS 'refused'
     ELSE coalesce(instr(letter.content, CAST(row.id AS BLOB)), 0) > 0 AND instr(letter.content, CAST(row.state AS BLOB)) > 0
       AND instr(letter.content, CAST(row.reference AS BLOB)) > 0 END`,
  // Where it collects, and which cards are out of use, its banks have said.
  `SELECT 'bank ' || bank AS place, 'it did not say that money is collected there' AS what
   FROM card_bank AS row WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM clearing_inbox AS letter
     WHERE letter.tenant = row.tenant AND letter.peer = row.bank AND letter.type = 'receiver-admitted'
       AND instr(letter.content, CAST(row.payee_account AS BLOB)) > 0 AND instr(letter.content, CAST(row.payee_name AS BLOB)) > 0)`,
  `SELECT 'card ' || card AS place, 'its bank did not say that it is ' || state AS what
   FROM listed_card AS row WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM clearing_inbox AS letter
     WHERE letter.tenant = row.tenant AND letter.peer = row.bank AND letter.type = 'card-list'
       AND instr(letter.content, CAST(row.card AS BLOB)) > 0 AND instr(letter.content, row.key) > 0)`,
]

export function cardReceiverIdentities(books: BooksOf): readonly Identity[] {
  return [...identitiesOf(rules, books), signed(books)]
}

type Row = {
  readonly id: string
  readonly nonce: Uint8Array
  readonly issuer: string
  readonly card: string
  readonly counter: bigint
  readonly minor: bigint
  readonly asset: string
  readonly scale: bigint
  readonly message: Uint8Array
  readonly state: string
  readonly id_bytes: Uint8Array
}

/** A few at a time, each page behind the very bytes of the last id: one that is no text any more comes here as another. */
export async function* forwardedRows(tx: ReadTx, tenant: string): AsyncGenerator<Row> {
  let last: Uint8Array | undefined
  for (;;) {
    const rows: readonly Row[] = await tx.all<Row>(
      `SELECT id, nonce, issuer, card, counter, minor, asset, scale, message, state, CAST(id AS BLOB) AS id_bytes
       FROM receiver_payment WHERE tenant = ? AND id > CAST(? AS TEXT) ORDER BY id LIMIT 500`,
      ...[tenant, last ?? ''],
    )
    yield* rows
    last = rows.at(-1)?.id_bytes
    if (last === undefined) return
  }
}

/** Each row says what was signed: that amount, by that card, under that counter and nonce, for this receiver. */
const signed =
  ({ tenant }: BooksOf): Identity =>
  async tx => {
    const found: Finding[] = []
    for await (const row of forwardedRows(tx, tenant))
      if (!isSigned(row, tenant))
        found.push({ kind: 'identity', where: `card payment ${row.id}`, what: 'another order was signed' })
    return found
  }

/** What stands in a signed message, by the names of the order's fields. @throws where it cannot be read */
export function signedOrder(message: Uint8Array): {
  readonly order: Readonly<Record<string, unknown>>
  readonly counter: number
} {
  const [, , payload] = decode(message, { useMaps: true }) as Uint8Array[]
  const [bytes, counter] = decode(payload ?? new Uint8Array()) as [Uint8Array, number]
  return { order: decode(bytes) as Readonly<Record<string, unknown>>, counter }
}

function isSigned(row: Row, tenant: string): boolean {
  try {
    const { order, counter } = signedOrder(row.message)
    const { nonce } = order
    return (
      BigInt(counter) === row.counter &&
      order['receiver'] === tenant &&
      order['issuer'] === row.issuer &&
      order['card'] === row.card &&
      String(order['amount']) === String(row.minor) &&
      order['currency'] === row.asset &&
      String(order['scale']) === String(row.scale) &&
      nonce instanceof Uint8Array &&
      Buffer.from(nonce).equals(row.nonce)
    )
  } catch {
    return false
  }
}
