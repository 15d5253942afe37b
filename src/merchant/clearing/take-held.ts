/**
 * Two officers let a payee go on from the files that its bank holds of books that were lost: what these books cannot carry is booked
 * as a loss. They sign which lines that is about, and what it comes to; another set, or another sum, is theirs to look at anew.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { sameBytes } from '../../bytes.ts'
import { encodeCanonical } from '../../canonical.ts'
import { isPaidByCard, lineKinds } from '../../clearing/lines.ts'
import { type InstitutionId, institutionIdShape } from '../../ids.ts'
import type { Carried, Kind } from '../../institution/decisions.ts'
import { type AccountId, accountId } from '../../ledger/chart.ts'
import { headOf } from '../../ledger/journal.ts'
import { integer } from '../../mail/letter.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { dueFrom, type Shop } from '../shop.ts'
import { type FileRow, fileColumns, isUnplaced, lastRecall } from './files.ts'
import { book, type LineRow, nameOf, noteRow, placeLine, unplacedLines } from './place.ts'
import { epochStarts } from './refs.ts'

/** Of either sign. */
const minor = z.union([z.int(), z.bigint()]).transform(BigInt)

/** What becomes of one line, in the order in which it is done. */
const doneShape = z.strictObject({
  file: integer,
  line: integer,
  kind: z.enum(lineKinds),
  minor: integer,
  /** Its first and last four digits; or that a card paid it. */
  voucher: z.string(),
  /** Where the amount goes from and to. */
  from: z.string(),
  to: z.string(),
  /** `stands`: these books have the posting already, and it becomes the line's; `again`: done once more; `lost`: booked without the voucher. */
  becomes: z.enum(['stands', 'again', 'lost']),
})

/** So many lines are signed one by one; what comes behind them is in sums and digest. */
const shownLines = 1_000

const factsShape = z.strictObject({
  /** The recall whose answers they are. */
  epoch: integer,
  /** Of the oldest file, `2026-11-22`. */
  since: z.string(),
  files: integer,
  lines: integer,
  /** How many of the files their bank did not show to be signed here; left out: none. What their lines do is done as if it were so. */
  unsigned: integer.optional(),
  /** SHA-256 over numbers and hashes of the lines, in hexadecimal digits. */
  held: z.string().regex(/^[0-9a-f]{64}$/),
  /** By how much `recovery-loss` grows, what its bank owes besides, and what of the lines is refunds that nothing here bears out: minor units. */
  lost: minor,
  owed: minor,
  refunded: minor,
  /** All lines, or the first thousand. Left out in proposals of older programs, by which nothing is done. */
  does: z.array(doneShape).max(shownLines).optional(),
})

type Facts = z.output<typeof factsShape>

export const takeHeldShape = z.strictObject({
  bank: institutionIdShape,
  payee: institutionIdShape.optional(),
  facts: factsShape.optional(),
})

type ShopOf = (payee: InstitutionId | undefined) => Shop | undefined

/** `take-held`. `shopOf`: a host has several. */
export function takeHeldDecision(shopOf: ShopOf, afterwards: () => void): Readonly<Record<'take-held', Kind>> {
  return {
    'take-held': {
      roles: ['officer'],
      shape: takeHeldShape,
      facts: async (tx, request, at) => {
        const { bank, payee } = takeHeldShape.parse(request)
        const shop = shopOf(payee)
        const taken = shop && (await takeAll(tx, shop, bank, '', at))
        return taken !== undefined && 'facts' in taken ? taken.facts : undefined
      },
      carryOut: async (tx, { request, digest }, at): Promise<Carried> => {
        const { bank, payee, facts } = takeHeldShape.parse(request)
        const shop = shopOf(payee)
        if (shop === undefined) return { done: false, outcome: 'unknown-payee' }
        const taken = await takeAll(tx, shop, bank, digest, at)
        if (!('facts' in taken)) return { done: false, outcome: taken.outcome }
        if (facts === undefined || !sameBytes(encodeCanonical(facts), encodeCanonical(taken.facts)))
          return { done: false, outcome: 'other-facts' }
        return { done: true, outcome: 'taken' }
      },
      afterwards: async () => afterwards(),
    },
  }
}

type Taken = { readonly outcome: 'nothing-waits' | 'not-told-yet' | 'cannot-be-booked' } | { readonly facts: Facts }

async function takeAll(tx: Tx, shop: Shop, bank: InstitutionId, decision: string, at: number): Promise<Taken> {
  const { id: tenant } = shop.config
  const recall = await lastRecall(tx, tenant, bank)
  const files = await tx.all<FileRow>(
    `SELECT ${fileColumns} FROM day_end_file WHERE tenant = ? AND bank = ? AND held IS NOT NULL ORDER BY number`,
    ...[tenant, bank],
  )
  const open = files.filter(isUnplaced)
  const [oldest] = open
  if (recall === undefined || oldest === undefined) return { outcome: 'nothing-waits' }
  if (recall.state !== 'told') return { outcome: 'not-told-yet' }
  const starts = await epochStarts(tx, shop.house, shop.chain)
  const held = createHash('sha256')
  const does: Done[] = []
  const { seq: before } = await headOf(tx, shop.chain)
  let lines = 0n
  for (const { number } of open)
    for (let page = await unplacedLines(tx, tenant, bank, 0n, number); page.length > 0; ) {
      for (const line of page) {
        lines++
        held.update(encodeCanonical([line.number, line.line, line.hash]))
        const isPlaced = await placeLine(tx, shop, starts, line, at)
        if (!isPlaced && !(await bookLoss(tx, shop, line, decision, at))) return { outcome: 'cannot-be-booked' }
        if (does.length < shownLines) does.push(await doneOf(tx, shop, line, isPlaced ? before : undefined))
      }
      page = await unplacedLines(tx, tenant, bank, 0n, number)
    }
  await tx.run(
    'UPDATE day_end_recall SET decision = ? WHERE tenant = ? AND bank = ? AND epoch = ?',
    ...[decision, tenant, bank, recall.epoch],
  )
  const sums = await sumsOf(tx, shop, bank, decision)
  const { epoch } = recall
  const count = BigInt(open.length)
  const unsigned = BigInt(open.filter(file => file.unsigned === 1n).length)
  return {
    facts: {
      ...{ epoch, since: oldest.date, files: count, lines, held: held.digest('hex'), ...sums, does },
      ...(unsigned > 0n && { unsigned }),
    },
  }
}

type Done = z.output<typeof doneShape>

/** What was done of a line, out of its posting. `before`: the journal's last row until then; undefined: it is a loss. */
async function doneOf(tx: ReadTx, shop: Shop, line: LineRow, before: bigint | undefined): Promise<Done> {
  const { number, line: at, kind, minor, voucher } = line
  const entries = await tx.all<{ side: string; account: string; row: bigint }>(
    `SELECT side, account, entry.seq AS row FROM day_end_line AS own JOIN entry ON entry.chain = ? AND entry.seq = own.journal_row
     WHERE own.tenant = ? AND own.bank = ? AND own.number = ? AND own.line = ? ORDER BY entry.line`,
    ...[shop.chain, shop.config.id, line.bank, number, at],
  )
  const named = (side: string) => {
    const account = entries.find(entry => entry.side === side)?.account ?? ''
    return account.replaceAll(voucher, masked(voucher))
  }
  const row = entries[0]?.row ?? 0n
  const becomes = before === undefined ? 'lost' : row <= before ? 'stands' : 'again'
  const of = isPaidByCard(voucher) ? 'paid by card' : masked(voucher)
  return { file: number, line: at, kind, minor, voucher: of, from: named('debit'), to: named('credit'), becomes }
}

const masked = (subject: string) => `${subject.slice(0, 4)}…${subject.slice(-4)}`

/** Of a voucher that these books do not know, its bank owes what it cleared besides. What a card was refunded is taken from what cards of its bank paid. */
async function bookLoss(tx: Tx, shop: Shop, line: LineRow, decision: string, at: number): Promise<boolean> {
  const { id: tenant } = shop.config
  const known = await tx.one(
    'SELECT 1 AS found FROM voucher WHERE tenant = ? AND number = ? AND bank = ? AND sale IS NOT NULL',
    ...[tenant, line.voucher, line.bank],
  )
  const of = known === undefined ? dueFrom(line.bank) : loss
  const row = await book(tx, shop, line, of, at, nameOf(line))
  if (row === undefined) return false
  await noteRow(tx, tenant, line, row)
  await tx.run(
    'INSERT INTO day_end_loss (tenant, bank, number, line, decision) VALUES (?, ?, ?, ?, ?)',
    ...[tenant, line.bank, line.number, line.line, decision],
  )
  return true
}

const loss = accountId('recovery-loss')

async function sumsOf(tx: ReadTx, { config, chain }: Shop, bank: InstitutionId, decision: string) {
  const lines = `day_end_loss AS loss JOIN day_end_line AS line USING (tenant, bank, number, line)`
  const which = `loss.tenant = ? AND bank = ? AND decision = ?`
  const of = [config.id, bank, decision] as const
  const on = async (account: AccountId) => {
    const row = await tx.one<{ minor: bigint }>(
      `SELECT coalesce(sum(CASE side WHEN 'debit' THEN entry.minor ELSE -entry.minor END), 0) AS minor FROM ${lines}
       JOIN entry ON entry.chain = ? AND entry.seq = journal_row AND account = ? WHERE ${which}`,
      ...[chain, account, ...of],
    )
    return row?.minor ?? 0n
  }
  const refunds = await tx.one<{ minor: bigint }>(
    `SELECT coalesce(sum(minor), 0) AS minor FROM ${lines} WHERE ${which} AND kind = 'refund'`,
    ...of,
  )
  return { lost: await on(loss), owed: await on(dueFrom(bank)), refunded: refunds?.minor ?? 0n }
}
