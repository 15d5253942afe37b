/**
 * What must hold of what was settled between banks: it was booked once, two people at this bank decided on just that, and what the other
 * one says of it came by letter. Raw rows, and nothing imported of the bank.
 */
import { decisionsOf, finding } from '../../institution/people-audit.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'

const isPosted = (entries: string) =>
  `(SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
     WHERE journal.chain = @chain AND journal.kind = 'net-settlement' AND (${entries}))`
const net = 'row.gross - row.counter'
const side = (posting: string, id: string, is: string, account: string, minor: string) =>
  `(journal.seq = row.${posting} AND journal.id = '${id} ' || row.id AND side = '${is}' AND account = ${account} AND entry.minor = ${minor})`
const sides = (posting: string, id: string, out: string, into: string) =>
  [
    side(posting, id, out, `'due-to-bank:' || row.bank`, 'row.gross'),
    side(posting, id, into, `'due-from-bank:' || row.bank`, 'row.counter'),
    side(posting, id, into, `'vault'`, net),
  ].join(' OR ')
const whole = '2 + (row.counter > 0)'

/** One that names it, of a type. */
const letter = (box: 'inbox' | 'outbox', type: string, more: string) =>
  `EXISTS (SELECT 1 FROM clearing_${box} AS letter WHERE letter.tenant = row.tenant AND letter.peer = row.bank AND letter.type = ${type}
     AND instr(letter.content, CAST(row.id AS BLOB)) > 0 ${more})`

export const settlementRules: readonly string[] = [
  `SELECT 'settlement ' || row.id AS place, 'it was not booked so' AS what FROM net_settlement AS row
   WHERE tenant = @tenant AND way = 'paying'
     AND (${isPosted(sides('posting', 'settle', 'debit', 'credit'))} <> ${whole}
       OR (state = 'refused' AND ${isPosted(sides('back', 'unsettle', 'credit', 'debit'))} <> ${whole}))`,
  `SELECT 'settlement ' || row.id AS place, 'it was not booked so' AS what FROM net_settlement AS row
   WHERE tenant = @tenant AND way = 'paid' AND state = 'confirmed' AND ${isPosted(
     [
       side('posting', 'settled', 'debit', `'vault'`, net),
       side('posting', 'settled', 'debit', `'due-to-bank:' || row.bank`, 'row.counter'),
       side('posting', 'settled', 'credit', `'due-from-bank:' || row.bank`, 'row.gross'),
     ].join(' OR '),
   )} <> ${whole}`,
  `SELECT @chain || ' ' || seq AS place, 'a posting of no settlement' AS what FROM journal
   WHERE chain = @chain AND kind = 'net-settlement' AND NOT EXISTS (SELECT 1 FROM net_settlement AS row
     WHERE row.tenant = @tenant AND seq IN (row.posting, row.back))`,
  `SELECT 'settlement ' || row.id AS place, 'two people did not decide on it' AS what FROM net_settlement AS row
   WHERE tenant = @tenant AND (way = 'paying' OR state <> 'announced') AND NOT EXISTS (SELECT 1 FROM approval
     WHERE approval.tenant = row.tenant AND approval.digest = CASE way WHEN 'paying' THEN row.id ELSE row.decision END)`,
  // What the other bank announced, and what it made of what was announced to it.
  `SELECT 'settlement ' || row.id AS place, 'no letter of the other bank says so' AS what FROM net_settlement AS row
   WHERE tenant = @tenant AND (way = 'paid' OR state <> 'announced') AND NOT ${letter('inbox', `CASE way WHEN 'paid' THEN 'settlement' ELSE 'settlement-' || state END`, `AND (row.way = 'paid' OR row.why IS NULL OR instr(letter.content, CAST(row.why AS BLOB)) > 0)`)}
     AND NOT (way = 'paying' AND state = 'refused' AND ${letter('outbox', `'settlement'`, `AND letter.outcome = 'refused'`)})`,
  // And what it was told.
  `SELECT 'settlement ' || row.id AS place, 'no letter tells the other bank so' AS what FROM net_settlement AS row
   WHERE tenant = @tenant AND (way = 'paying' OR state <> 'announced') AND NOT ${letter('outbox', `CASE way WHEN 'paying' THEN 'settlement' ELSE 'settlement-' || state END`, `AND (row.way = 'paying' OR row.why IS NULL OR instr(letter.content, CAST(row.why AS BLOB)) > 0)`)}`,
]

type Row = {
  readonly id: string
  readonly bank: string
  readonly decision: string
  readonly kind: string
  readonly net: bigint
  readonly why: string | null
}

/** Of the kind that its state asks for, and of this one. */
export function settlementIdentity({ tenant }: BooksOf): Identity {
  return async tx => {
    const decided = await decisionsOf(tx)
    const rows = await tx.all<Row>(
      `SELECT id, bank, iif(way = 'paying', id, decision) AS decision, gross - counter AS net, why,
         CASE WHEN way = 'paying' THEN 'settle-bank' WHEN state = 'confirmed' THEN 'confirm-settlement' ELSE 'refuse-settlement' END AS kind
       FROM net_settlement WHERE tenant = ? AND (way = 'paying' OR decision IS NOT NULL)`,
      tenant,
    )
    return rows.flatMap(({ id, bank, decision, kind, net, why }) => {
      const by = decided.get(decision)
      const { request = {} } = by ?? {}
      const isOfIt = kind === 'settle-bank' ? String(request['minor']) === String(net) : request['settlement'] === id
      const isSo =
        by?.kind === kind &&
        request['bank'] === bank &&
        isOfIt &&
        (kind !== 'refuse-settlement' || request['why'] === why)
      return isSo ? [] : [finding(`settlement ${id}`, 'it is not what two people decided')]
    })
  }
}
