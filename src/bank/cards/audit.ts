/**
 * What must hold of cards and of what they signed, as identities for `tonebank audit`: raw rows, SQL of their own, and signatures
 * verified with code that shares nothing with what made or judged them.
 */
import { signedIn } from '../../institution/card-audit.ts'
import { decisionsOf, finding, isSame, record } from '../../institution/people-audit.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'
import type { ReadTx } from '../../store/store.ts'

/** Each query gives a row for everything that is wrong. */
export const cardRules: readonly string[] = [
  // A card is what its last step made of it.
  `SELECT 'card ' || number AS place, 'it is ' || state || ', and it should be ' || said AS what
   FROM (SELECT number, state, CASE (SELECT step FROM card_step AS step WHERE step.tenant = each.tenant AND step.card = each.number
         ORDER BY step.number DESC LIMIT 1) WHEN 'blocked' THEN 'blocked' WHEN 'revoked' THEN 'revoked' WHEN 'unblocked' THEN 'active'
       ELSE CASE WHEN public_key IS NULL THEN 'issued' ELSE 'active' END END AS said
     FROM issued_card AS each WHERE tenant = @tenant) WHERE state <> said`,
  // Its counter is that of its last payment.
  `SELECT 'card ' || number AS place, 'its counter is ' || counter || ', and it paid with ' || paid AS what
   FROM (SELECT number, counter, coalesce((SELECT max(payment.counter) FROM card_payment AS payment
       WHERE payment.tenant = each.tenant AND payment.card = each.number), 0) AS paid
     FROM issued_card AS each WHERE tenant = @tenant) WHERE counter <> paid`,
  // A payment at the bank's own line answered what its account was asked for, and that is over since then.
  `SELECT 'payment ' || payment.card || '/' || payment.counter AS place, 'its account was not asked for it' AS what
   FROM card_payment AS payment LEFT JOIN card_order AS asked ON asked.tenant = payment.tenant AND asked.nonce = payment.nonce
   WHERE payment.tenant = @tenant AND payment.receiver = @tenant
     AND (asked.account IS NOT payment.account OR asked.intent IS NOT payment.intent OR asked.over_at IS NOT payment.at)`,
  // It was decided under its account's intent.
  `SELECT 'payment ' || card || '/' || counter AS place, 'nothing was decided under its intent' AS what
   FROM card_payment AS payment WHERE tenant = @tenant AND receiver = @tenant AND NOT EXISTS (SELECT 1 FROM once
     WHERE once.tenant = payment.tenant AND once.principal = payment.account AND once.id = payment.intent AND once.kind = 'card-transfer')`,
  // And what moved money under such an intent is a payment.
  `SELECT 'intent ' || id AS place, 'money moved by card, and no card signed it' AS what
   FROM once WHERE tenant = @tenant AND kind = 'card-transfer'
     AND (instr(outcome, '"transferred"') > 0 OR instr(outcome, '"sent"') > 0)
     AND NOT EXISTS (SELECT 1 FROM card_payment AS payment
       WHERE payment.tenant = once.tenant AND payment.account = once.principal AND payment.intent = once.id)`,
  // A password without a try left has blocked its card; for the last one being compared there are ten minutes.
  `SELECT 'card ' || number AS place, 'no try of its password is left, and it is in use' AS what
   FROM issued_card AS each JOIN tries ON tries.tenant = each.tenant AND secret = 'card password' AND subject = each.number
   WHERE each.tenant = @tenant AND state = 'active' AND used = 3
     AND last_at < (SELECT max(at) FROM journal WHERE chain = @chain) - 600000`,
  // And what it blocked has none.
  `SELECT 'card ' || card AS place, 'it was not blocked by wrong passwords' AS what
   FROM card_step AS step WHERE tenant = @tenant AND by = 'password' AND (step <> 'blocked' OR (
     number = (SELECT max(number) FROM card_step AS last WHERE last.tenant = step.tenant AND last.card = step.card)
     AND NOT EXISTS (SELECT 1 FROM tries
       WHERE tries.tenant = step.tenant AND secret = 'card password' AND subject = step.card AND used = 3)))`,
  // What its holder blocked, the account asked for.
  `SELECT 'card ' || card AS place, 'its holder did not ask for the block' AS what
   FROM card_step AS step JOIN issued_card AS each ON each.tenant = step.tenant AND each.number = step.card
   WHERE step.tenant = @tenant AND by = 'holder' AND (step <> 'blocked' OR NOT EXISTS (SELECT 1 FROM once
     WHERE once.tenant = step.tenant AND once.principal = each.account AND once.id = step.reason AND once.kind = 'block'))`,
]

/** By rows of the tables of cards, and by decisions. */
export const cardIdentities = (books: BooksOf): readonly Identity[] => [decided, signed(books)]

const kinds = { blocked: 'block-card', unblocked: 'unblock-card', revoked: 'revoke-card' } as const

/** Two people enrolled each card with the key that it has, and decided on each of its steps that is said to be theirs. */
const decided: Identity = async tx => {
  const decisions = await decisionsOf(tx)
  const cards = await tx.all<{
    number: string
    account: string
    replaces: string | null
    algorithm: string
    public_key: Uint8Array
    enrolled_by: string
  }>(
    `SELECT number, account, replaces, algorithm, public_key, enrolled_by FROM issued_card
     WHERE enrolled_by IS NOT NULL ORDER BY number`,
  )
  const wrongCards = cards.filter(card => {
    const by = decisions.get(card.enrolled_by)
    const { card: number, account, algorithm, publicKey, replaces = null } = by?.request ?? {}
    const isSo =
      number === card.number && account === card.account && algorithm === card.algorithm && replaces === card.replaces
    return by?.kind !== 'enrol-card' || !isSo || !isSame(publicKey, card.public_key)
  })
  const steps = await tx.all<{ card: string; step: keyof typeof kinds; by: string; reason: string }>(
    `SELECT card, step, by, reason FROM card_step WHERE by IN ('people', 'replacement') ORDER BY card, number`,
  )
  const wrongSteps = steps.filter(({ card, step, by, reason }) => {
    const decision = decisions.get(reason)
    if (by === 'people') return decision?.kind !== kinds[step] || decision.request['card'] !== card
    return step !== 'revoked' || !cards.some(each => each.enrolled_by === reason && each.replaces === card)
  })
  return [
    ...wrongCards.map(({ number }) => finding(`card ${number}`, 'two people did not enrol it with this key')),
    ...wrongSteps.map(({ card, step }) => finding(`card ${card}`, `two people did not decide that it is ${step}`)),
  ]
}

type Paid = {
  readonly card: string
  readonly counter: bigint
  readonly receiver: string
  readonly nonce: Uint8Array
  readonly account: string
  readonly message: Uint8Array
  readonly algorithm: string | null
  readonly public_key: Uint8Array | null
  /** As it was posted. */
  readonly to_account: string | null
  readonly minor: bigint | null
  readonly card_bytes: Uint8Array
}

/** A few at a time, each page behind the very bytes of the last card's number: one that is no text any more comes here as another. */
async function* payments(tx: ReadTx, { tenant, chain }: BooksOf): AsyncGenerator<Paid> {
  let last: Pick<Paid, 'card_bytes' | 'counter'> | undefined
  for (;;) {
    const rows: readonly Paid[] = await tx.all<Paid>(
      `SELECT payment.card, payment.counter, receiver, nonce, payment.account, message, algorithm, public_key,
         coalesce(sent.to_account, substr((SELECT entry.account FROM entry WHERE entry.chain = journal.chain
           AND entry.seq = journal.seq AND side = 'credit'), 9)) AS to_account,
         (SELECT entry.minor FROM entry WHERE entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'debit'
           AND entry.account = 'deposit:' || payment.account) AS minor,
         CAST(payment.card AS BLOB) AS card_bytes
       FROM card_payment AS payment
       LEFT JOIN issued_card AS each ON each.tenant = payment.tenant AND each.number = payment.card
       LEFT JOIN journal ON journal.chain = ? AND journal.id IN ('transfer ' || transfer, 'send ' || transfer)
       LEFT JOIN sent_transfer AS sent ON sent.tenant = payment.tenant AND sent.id = transfer
       WHERE payment.tenant = ? AND (payment.card, payment.counter) > (CAST(? AS TEXT), ?)
       ORDER BY payment.card, payment.counter LIMIT 500`,
      ...[chain, tenant, last?.card_bytes ?? '', last?.counter ?? 0n],
    )
    yield* rows
    last = rows.at(-1)
    if (last === undefined) return
  }
}

/** Each payment is what its card signed: that amount, to that account, under that counter and nonce. */
const signed =
  (books: BooksOf): Identity =>
  async tx => {
    const found: Finding[] = []
    for await (const paid of payments(tx, books)) {
      const wrong = wrongIn(paid)
      if (wrong !== undefined) found.push(finding(`payment ${paid.card}/${paid.counter}`, wrong))
    }
    return found
  }

function wrongIn(paid: Paid): string | undefined {
  const read = signedIn(paid)
  if (read === undefined) return 'its card did not sign it'
  const { order, counter } = read
  const payee = record(order['payee'])
  const isSo =
    String(counter) === String(paid.counter) &&
    order['card'] === paid.card &&
    order['account'] === paid.account &&
    order['receiver'] === paid.receiver &&
    isSame(order['nonce'], paid.nonce)
  if (!isSo) return 'its card signed another order'
  const isPosted = payee['account'] === paid.to_account && String(order['amount']) === String(paid.minor)
  return isPosted ? undefined : 'what was posted is not what its card signed'
}
