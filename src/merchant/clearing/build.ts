/**
 * From `closed` to `built`: the lines of a date are written beside the journal in slices, then the header over them. A date
 * that is closed gets no more rows, so that whoever builds it again finds the same.
 */
import { fromHex } from '../../bytes.ts'
import { forHandfuls, inHandfuls, times } from '../../clearing/handfuls.ts'
import { addTo, encodeHeader, fileHash, type Header, noFile, noTotals, type Total } from '../../clearing/header.ts'
import { encodeLine, type Line, type LineKind } from '../../clearing/lines.ts'
import { leafHash, MerkleTree } from '../../clearing/merkle.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { InstitutionId, IntentId, VoucherNumber } from '../../ids.ts'
import { endOfDate } from '../../ledger/cut-off.ts'
import { signHead } from '../../ledger/signed-heads.ts'
import type { ReadTx, SqlValue } from '../../store/store.ts'
import type { Shop } from '../shop.ts'
import { type FileRow, fileOf } from './files.ts'
import { epochStarts, refOf } from './refs.ts'
import { stretchesOf } from './retell.ts'

const pageSize = 250n

/** A row of the journal that a line is to tell of. */
export interface Happened extends Omit<Line, 'ref'> {
  readonly row: bigint
}

interface Found extends Line, Happened {
  readonly hash: Uint8Array
}

/** Writes what is missing of the lines, then the header. */
export async function build(shop: Shop, slices: Slices, file: FileRow): Promise<void> {
  let scanned = file.scanned
  let lines = file.lines
  // Summed up while they are written; a build that was begun by a process that died is read again.
  const sum = lines === 0n ? newSum() : undefined
  const starts = await shop.store.read(tx => epochStarts(tx, shop.house, shop.chain))
  for (;;) {
    const page = await shop.store.read(tx => rowsOf(tx, shop, file, scanned))
    if (page.length === 0) break
    const found = page.map(happened => {
      const line = { ...happened, ref: refOf(starts, happened.row) }
      return { ...line, hash: leafHash(encodeLine(line)) }
    })
    for (let from = 0; from < found.length; ) {
      const before = lines
      const written = await writeSlice(shop, slices, file, found.slice(from), before)
      if (sum !== undefined) for (const line of found.slice(from, from + written)) add(sum, line)
      from += written
      lines += BigInt(written)
      shop.runtime.reached('day-end.lines-written')
    }
    scanned = page.at(-1)?.row ?? scanned
  }
  await writeHeader(shop, file, sum ?? (await sumOf(shop, slices, file)))
  shop.runtime.reached('day-end.built')
}

/** What the header says of the lines. */
interface Sum {
  readonly totals: Record<LineKind, Total>
  readonly tree: MerkleTree
}

function newSum(): Sum {
  return { totals: noTotals(), tree: new MerkleTree() }
}

function add({ totals, tree }: Sum, line: Pick<Found, 'kind' | 'minor' | 'hash'>): void {
  addTo(totals, line)
  tree.addLeaf(line.hash)
}

type Dated = Pick<FileRow, 'bank' | 'date' | 'since'> & Partial<Pick<FileRow, 'retells'>>

/** What happened on the file's dates and is in no file, in the order of the journal: to vouchers of the bank, and refunds to its cards. */
export async function rowsOf(tx: ReadTx, shop: Shop, dated: Dated, after: bigint): Promise<Happened[]> {
  const stretches = await stretchesOf(tx, shop.config.id, dated)
  // Of one date the rows lie in an index in their order.
  const within = stretches.map(([from, to]) => (from === to ? 'business_date = ?' : 'business_date BETWEEN ? AND ?'))
  const dates = stretches.flatMap(([from, to]) => (from === to ? [from] : [from, to]))
  const when = { bank: dated.bank, within: `(${within.join(' OR ')})`, dates, after }
  const rows = await ofVouchers(tx, shop, when)
  const refunds = await ofCards(tx, shop, when)
  if (refunds.length === 0) return rows
  // Either may go on behind its page: no more than a page of both is sure to be in order.
  return [...rows, ...refunds].sort((a, b) => Number(a.row - b.row)).slice(0, Number(pageSize))
}

interface When {
  readonly bank: InstitutionId
  /** A condition on the row's date, and the values in it. */
  readonly within: string
  readonly dates: readonly string[]
  /** Behind this row of the journal. */
  readonly after: bigint
}

async function ofCards(tx: ReadTx, { config, chain }: Shop, { bank, within, dates, after }: When): Promise<Happened[]> {
  const rows = await tx.all<{ row: bigint; number: IntentId; minor: bigint; facts: string }>(
    `SELECT posting AS row, payment AS number, minor, facts
     FROM card_refund JOIN journal ON journal.chain = ? AND journal.seq = posting
     WHERE tenant = ? AND bank = ? AND posting > ? AND ${within}
       AND NOT EXISTS (SELECT 1 FROM day_end_line AS told WHERE told.tenant = ? AND told.bank = ? AND told.journal_row = posting)
     ORDER BY posting LIMIT ?`,
    ...[chain, config.id, bank, after, ...dates, config.id, bank, pageSize],
  )
  return rows.map(({ facts, ...row }) => ({ ...row, kind: 'refund', intent: fromHex(facts) }))
}

async function ofVouchers(
  tx: ReadTx,
  { config, chain }: Shop,
  { bank, within, dates, after }: When,
): Promise<Happened[]> {
  const rows = await tx.all<{
    row: bigint
    event: string
    number: VoucherNumber
    minor: bigint
    facts: string | null
  }>(
    `SELECT journal.seq AS row, facts,
       CASE WHEN journal.kind IN ('termination', 'refund') THEN journal.kind
         WHEN side = 'credit' THEN 'reversal' ELSE 'capture' END AS event,
       voucher.number, entry.minor
     FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
     LEFT JOIN refund ON journal.kind = 'refund' AND refund.tenant = ? AND refund.posting = journal.seq
     JOIN voucher ON voucher.tenant = ? AND voucher.bank = ?
       AND voucher.number = CASE WHEN journal.kind = 'refund' THEN refund.voucher ELSE substr(entry.account, 19) END
     WHERE journal.chain = ? AND ${within} AND journal.seq > ?
       AND event IN ('post', 'capture-part', 'capture', 'release', 'expire') AND journal.kind NOT IN ('activation', 'recovery-loss')
       AND CASE WHEN journal.kind = 'refund' THEN side = 'debit' ELSE entry.account >= 'voucher-liability:' AND entry.account < 'voucher-liability;' END
       AND NOT EXISTS (SELECT 1 FROM day_end_line AS told WHERE told.tenant = ? AND told.bank = ? AND told.journal_row = journal.seq)
     ORDER BY journal.seq LIMIT ?`,
    ...[config.id, config.id, bank, chain, ...dates, after, config.id, bank, pageSize],
  )
  return rows.map(({ row, event, number, minor, facts }) => ({
    ...{ kind: event as LineKind, row, number, minor },
    intent: facts === null ? undefined : fromHex(facts),
  }))
}

const newLines = forHandfuls(
  size => `INSERT INTO day_end_line (tenant, bank, number, line, kind, ref, voucher, minor, hash, intent, journal_row)
     SELECT ?, ?, ?, column1, column2, column3, column4, column5, column6, column7, column8
     FROM (VALUES ${times(size, '(?, ?, ?, ?, ?, ?, ?, ?)')})`,
)

/** @returns how many of the lines were written */
function writeSlice(
  { config: { id: tenant } }: Shop,
  slices: Slices,
  { bank, number, retells }: FileRow,
  found: readonly Found[],
  before: bigint,
): Promise<number> {
  return slices.execute(async (tx, slice) => {
    let written = 0
    let scanned = 0n
    for (const { size, some } of inHandfuls(found)) {
      const values: SqlValue[] = [tenant, bank, number]
      for (const { kind, ref, row, number: voucher, minor, hash, intent = null } of some) {
        written++
        scanned = row
        values.push(
          before + BigInt(written),
          kind,
          ref,
          voucher,
          minor,
          hash,
          intent,
          row === ref && retells === null ? null : row,
        )
      }
      await tx.run(newLines[size], ...values)
      if (!slice.hasTime(size)) break
    }
    await tx.run(
      `UPDATE day_end_file SET scanned = ?, lines = ? WHERE tenant = ? AND bank = ? AND number = ? AND state = 'closed'`,
      ...[scanned, before + BigInt(written), tenant, bank, number],
    )
    return written
  })
}

async function sumOf({ store, config }: Shop, slices: Slices, { bank, number }: FileRow): Promise<Sum> {
  const sum = newSum()
  for (let after = 0n; ; ) {
    const page = await store.read(tx =>
      tx.all<{ line: bigint; kind: string; minor: bigint; hash: Uint8Array }>(
        `SELECT line, kind, minor, hash FROM day_end_line
         WHERE tenant = ? AND bank = ? AND number = ? AND line > ? ORDER BY line LIMIT ?`,
        ...[config.id, bank, number, after, pageSize],
      ),
    )
    for (const { kind, minor, hash } of page) add(sum, { kind: kind as LineKind, minor, hash })
    const last = page.at(-1)
    if (last === undefined) return sum
    after = last.line
    await slices.breathe()
  }
}

async function writeHeader(shop: Shop, file: FileRow, { totals, tree }: Sum): Promise<void> {
  const { store, config, house, keys, calendar, chain } = shop
  const { id: tenant } = config
  const { bank, number, date } = file
  const closed = await store.read(tx =>
    tx.one<{ seq: bigint; head: string; closed_at: bigint }>(
      'SELECT seq, head, closed_at FROM business_date WHERE tenant = ? AND date = ?',
      tenant,
      date,
    ),
  )
  if (closed === undefined) throw new Error(`${date} is not closed`)
  const at = Number(closed.closed_at)
  const { signature } = await signHead(keys, house, { chain, seq: closed.seq, hash: closed.head }, at)
  const before = await store.read(tx => fileOf(tx, tenant, bank, number - 1n))
  const header: Header = {
    format: 'tonebank day end 2',
    network: config.network,
    from: tenant,
    to: bank,
    number,
    date,
    cutOff: { at: BigInt(endOfDate(calendar, date)), timeZone: calendar.timeZone },
    previous: new Uint8Array(before?.hash ?? noFile),
    asset: config.currency,
    sections: [
      {
        tenant,
        totals,
        root: new Uint8Array(tree.root()),
        head: { chain, seq: closed.seq, hash: closed.head, at: closed.closed_at, signature },
      },
    ],
  }
  const encoded = encodeHeader(header)
  await store.execute(
    tx =>
      tx.run(
        `UPDATE day_end_file SET state = 'built', header = ?, hash = ?
         WHERE tenant = ? AND bank = ? AND number = ? AND state = 'closed'`,
        ...[encoded, fileHash(encoded), tenant, bank, number],
      ),
    'unhurried',
  )
}
