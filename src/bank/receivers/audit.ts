/**
 * What must hold of receivers and of what they collected, as identities for `tonebank audit`: raw rows, SQL of their own, and nothing
 * imported of what made them. That each payment is what its card signed is proved with those of the bank's own line.
 */
import { decisionsOf, finding } from '../../institution/people-audit.ts'
import type { Identity } from '../../ledger/audit/identity.ts'

/** Each query gives a row for everything that is wrong. */
export const receiverRules: readonly string[] = [
  // What a receiver collected is a payment by card for it, and every such payment was collected.
  `SELECT 'collection ' || row.payment AS place, 'no card paid it for this receiver' AS what
   FROM card_collection AS row LEFT JOIN card_payment AS paid
     ON paid.tenant = row.tenant AND paid.card = row.card AND paid.counter = row.counter
   WHERE row.tenant = @tenant AND row.card IS NOT NULL
     AND (paid.receiver IS NOT row.receiver OR paid.intent IS NOT row.payment OR paid.at IS NOT row.at)`,
  `SELECT 'payment ' || card || '/' || counter AS place, 'its receiver did not collect it' AS what
   FROM card_payment AS paid WHERE tenant = @tenant AND receiver <> @tenant AND NOT EXISTS (SELECT 1 FROM card_collection AS row
     WHERE row.tenant = paid.tenant AND row.card = paid.card AND row.counter = paid.counter)`,
  // It was decided, once, on behalf of its receiver; and what was decided so is kept.
  `SELECT 'collection ' || payment AS place, 'nothing was decided about it' AS what
   FROM card_collection AS row WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM once WHERE once.tenant = row.tenant
     AND once.principal = row.receiver AND once.id = row.payment AND once.kind = 'card-collection'
     AND (row.reference = '' OR instr(outcome, row.reference) > 0) AND (row.reason = '' OR row.reason IN ('not-now', 'unknown-payee')
       OR instr(outcome, row.reason) > 0))`,
  `SELECT 'collection ' || id AS place, 'it was decided, and is not kept' AS what
   FROM once WHERE tenant = @tenant AND kind = 'card-collection' AND NOT EXISTS (SELECT 1 FROM card_collection AS row
     WHERE row.tenant = once.tenant AND row.receiver = once.principal AND row.payment = once.id)`,
  // It is what became of its transfer: here at once, or at another bank by that bank's word.
  `SELECT 'collection ' || row.payment AS place, 'it is ' || row.outcome || ', and its transfer is ' || coalesce(sent.state, 'none') AS what
   FROM card_collection AS row JOIN card_payment AS paid
     ON paid.tenant = row.tenant AND paid.card = row.card AND paid.counter = row.counter
   LEFT JOIN sent_transfer AS sent ON sent.tenant = paid.tenant AND sent.id = paid.transfer
   WHERE row.tenant = @tenant AND NOT CASE row.outcome
     WHEN 'sent' THEN sent.state IS 'pending'
     WHEN 'came-back' THEN sent.state IN ('refused', 'returned') IS TRUE
     ELSE sent.state IN ('credited', 'overtaken') IS TRUE OR (sent.id IS NULL AND EXISTS (SELECT 1 FROM journal
       WHERE chain = @chain AND journal.id = 'transfer ' || paid.transfer AND journal.reference = row.reference)) END`,
  // What its receiver was told stands in a letter.
  `SELECT 'collection ' || row.payment AS place, 'its letter says something else' AS what
   FROM card_collection AS row LEFT JOIN clearing_outbox AS letter ON letter.tenant = row.tenant AND letter.peer = row.receiver
     AND letter.epoch = row.letter_epoch AND letter.sequence = row.letter_sequence AND letter.type = 'card-payment-result'
   WHERE row.tenant = @tenant AND row.told IS NOT NULL AND letter.replaced IS NULL
     AND (coalesce(instr(letter.content, CAST(row.payment AS BLOB)), 0) = 0
     OR instr(letter.content, CAST(row.told AS BLOB)) = 0 OR instr(letter.content, CAST(row.reference AS BLOB)) = 0
     OR instr(letter.content, CAST(row.reason AS BLOB)) = 0)`,
  // What a receiver says of itself came in a letter of its own.
  `SELECT 'receiver ' || receiver AS place, 'it did not say that this is its key' AS what
   FROM card_receiver AS row WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM clearing_inbox AS letter
     WHERE letter.tenant = row.tenant AND letter.peer = row.receiver AND letter.type = 'card-receiver'
       AND instr(letter.content, row.key) > 0)`,
]

/** Two people let it collect for that payee, and two people ended it. */
export const admitted: Identity = async tx => {
  const decisions = await decisionsOf(tx)
  const rows = await tx.all<{
    receiver: string
    payee_bank: string
    payee_account: string
    payee_name: string
    admitted_by: string
    dismissed_by: string | null
  }>(
    'SELECT receiver, payee_bank, payee_account, payee_name, admitted_by, dismissed_by FROM admitted_receiver ORDER BY receiver',
  )
  return rows.flatMap(row => {
    const place = `receiver ${row.receiver}`
    const by = decisions.get(row.admitted_by)
    const { receiver, bank, account, name } = by?.request ?? {}
    const isSo =
      by?.kind === 'admit-receiver' &&
      receiver === row.receiver &&
      bank === row.payee_bank &&
      account === row.payee_account &&
      name === row.payee_name
    const end = row.dismissed_by === null ? undefined : decisions.get(row.dismissed_by)
    const isEnded =
      row.dismissed_by === null || (end?.kind === 'dismiss-receiver' && end.request['receiver'] === row.receiver)
    return [
      ...(isSo ? [] : [finding(place, 'two people did not let it collect for this payee')]),
      ...(isEnded ? [] : [finding(place, 'two people did not dismiss it')]),
    ]
  })
}
