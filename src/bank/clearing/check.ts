/**
 * Looking at every line of a file: first whether they are those of the header at all, then, in slices, whether this bank sold
 * the voucher and the amounts fit. A line that does not fit is a break of a kind, and the others go on. Refunds come last, when
 * it is known what the payee has to pay them from.
 */

import { sameBytes } from '../../bytes.ts'
import { forHandfuls, type Handful, inHandfuls, times } from '../../clearing/handfuls.ts'
import { addTo, decodeHeader, noTotals, sameTotals } from '../../clearing/header.ts'
import { isPaidByCard, type Subject } from '../../clearing/lines.ts'
import { MerkleTree } from '../../clearing/merkle.ts'
import type { BreakKind } from '../../clearing/result.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { ReadTx, SqlValue, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { paidByCard, refundedToCard } from './card-refunds.ts'
import type { FileRow } from './files.ts'
import { type HashedLine, LineHashes, partsOf } from './parts.ts'
import type { ReadLines } from './void-facts.ts'

type Verdict = 'accepted' | 'undecided' | BreakKind

/**
 * Whether root and totals of the lines are those of the header.
 * @returns the hashes of its lines, by which they are known from now on; where they are not the header's, what they come to
 */
export async function proof(branch: Branch, slices: Slices, file: FileRow): Promise<LineHashes | ReadLines> {
  const [{ root, totals }] = decodeHeader(file.header).sections
  const tree = new MerkleTree()
  const found = noTotals()
  const hashes = new LineHashes(file.lines)
  for await (const { from, lines } of partsOf(branch, slices, file, 1n)) {
    for (const [at, line] of lines.entries()) {
      tree.addLeaf(line.hash)
      hashes.put(from + BigInt(at), line.hash)
      addTo(found, line)
    }
    await slices.breathe()
  }
  const read = { root: tree.root(), totals: found }
  return sameBytes(read.root, root) && sameTotals(found, totals) ? hashes : read
}

/** Looks at the lines that nobody has looked at yet. `hashes`: undefined after a death since they were proved. */
export async function checkLines(
  branch: Branch,
  slices: Slices,
  file: FileRow,
  hashes: LineHashes | undefined,
): Promise<void> {
  let checked = file.checked
  for await (const { from, lines } of partsOf(branch, slices, file, checked + 1n, hashes)) {
    for (let at = Number(checked + 1n - from); at < lines.length; ) {
      const before = checked
      const done = await slices.execute(async (tx, slice) => {
        let taken = 0
        for (const { size, some } of inHandfuls(lines.slice(at, at + mostInSlice))) {
          await take(tx, branch, file, before + BigInt(taken) + 1n, size, some)
          taken += size
          if (!slice.hasTime(size)) break
        }
        await tx.run(
          'UPDATE payee_file SET checked = ? WHERE tenant = ? AND payee = ? AND number = ?',
          ...[before + BigInt(taken), branch.config.id, file.payee, file.number],
        )
        return taken
      })
      at += done
      checked += BigInt(done)
      branch.runtime.reached('day-end.lines-checked')
    }
  }
}

/** More than a slice has time for. */
const mostInSlice = 512

/** A voucher as its bank knows it. Amounts are null where no file has told of it. */
type VoucherRow = {
  readonly number: string
  readonly face: bigint
  readonly is_sold: bigint
  captured: bigint | null
  captured_before: bigint | null
  last_file: bigint | null
  readonly refunded: bigint | null
  ended_by: bigint | null
  remainder: bigint | null
}

const vouchers = forHandfuls(
  size => `SELECT stock.number, stock.minor AS face, sale.id IS NOT NULL AS is_sold, captured, captured_before, last_file,
       refunded, ended_by, remainder
     FROM stock
     LEFT JOIN sale ON sale.tenant = stock.tenant AND sale.payee = stock.payee
       AND sale.batch = stock.batch AND sale.serial = stock.serial
     LEFT JOIN cleared_voucher AS cleared ON cleared.tenant = stock.tenant AND cleared.payee = stock.payee
       AND cleared.voucher = stock.number
     WHERE stock.tenant = ? AND stock.payee = ? AND stock.number IN (${times(size, '?')})`,
)

/** By its index: of several rows SQLite would rather read every line of the payee. */
const takenRefs = forHandfuls(
  size => `SELECT ref FROM payee_file_line INDEXED BY payee_file_line_once WHERE tenant = ? AND payee = ? AND ref IN (${times(size, '?')})
     AND verdict IN ('accepted', 'undecided', 'closed-account')`,
)

const newLines = forHandfuls(
  size => `INSERT INTO payee_file_line (tenant, payee, number, line, kind, ref, voucher, minor, hash, intent, verdict)
     SELECT ?, ?, ?, column1, column2, column3, column4, column5, column6, column7, column8
     FROM (VALUES ${times(size, '(?, ?, ?, ?, ?, ?, ?, ?)')})`,
)

const clearedVouchers = forHandfuls(
  size => `INSERT INTO cleared_voucher
       (tenant, payee, voucher, captured, captured_before, last_file, refunded, ended_by, remainder)
     SELECT ?, ?, column1, column2, column3, column4, 0, column5, column6
     FROM (VALUES ${times(size, '(?, ?, ?, ?, ?, ?)')}) WHERE true
     ON CONFLICT (tenant, payee, voucher) DO UPDATE SET captured = excluded.captured,
       captured_before = excluded.captured_before, last_file = excluded.last_file, ended_by = excluded.ended_by,
       remainder = excluded.remainder`,
)

/** Lines that follow each other, the first of which has this number, in their order: what one says holds for the next. */
async function take(
  tx: Tx,
  branch: Branch,
  file: FileRow,
  first: bigint,
  size: Handful,
  told: readonly HashedLine[],
): Promise<void> {
  const { id: tenant } = branch.config
  const { payee, number } = file
  const known = new Map<string, VoucherRow>()
  for (const row of await tx.all<VoucherRow>(vouchers[size], tenant, payee, ...told.map(line => line.number)))
    known.set(row.number, row)
  const taken = new Set<bigint>()
  for (const { ref } of await tx.all<{ ref: bigint }>(takenRefs[size], tenant, payee, ...told.map(line => line.ref)))
    taken.add(ref)
  const values: SqlValue[] = [tenant, payee, number]
  const changed = new Set<VoucherRow>()
  let line = first
  for (const each of told) {
    const row = known.get(each.number)
    const verdict = isPaidByCard(each.number)
      ? await judgeCard(tx, branch, file, each.number, taken.has(each.ref))
      : judge(row, file, each, taken.has(each.ref))
    values.push(line++, each.kind, each.ref, each.number, each.minor, each.hash, each.intent ?? null, verdict)
    if (verdict === 'accepted' || verdict === 'undecided') taken.add(each.ref)
    if (row === undefined || verdict !== 'accepted') continue
    keep(row, file, each)
    changed.add(row)
  }
  await tx.run(newLines[size], ...values)
  for (const together of inHandfuls([...changed])) {
    const rows: SqlValue[] = [tenant, payee]
    for (const row of together.some)
      rows.push(row.number, row.captured, row.captured_before, row.last_file, row.ended_by, row.remainder)
    await tx.run(clearedVouchers[together.size], ...rows)
  }
}

function judge(
  row: VoucherRow | undefined,
  { number }: FileRow,
  { kind, minor }: HashedLine,
  isTaken: boolean,
): Verdict {
  if (row === undefined) return 'missing-here'
  if (row.is_sold === 0n) return 'not-sold'
  if (isTaken) return 'duplicate'
  if (kind === 'refund') return 'undecided'
  if (row.ended_by !== null) return row.ended_by === number ? 'state' : 'late'
  const captured = row.captured ?? 0n
  switch (kind) {
    case 'capture':
      return captured + minor <= row.face ? 'accepted' : 'amount'
    case 'reversal':
      // What earlier files captured is the payee's: that is given back by a refund.
      return minor <= captured - before(row, number) && minor <= captured - (row.refunded ?? 0n) ? 'accepted' : 'amount'
    case 'termination':
      return minor === row.face - captured ? 'accepted' : 'amount'
  }
}

/** A refund of what a card paid. */
async function judgeCard(
  tx: ReadTx,
  branch: Branch,
  file: FileRow,
  payment: string,
  isTaken: boolean,
): Promise<Verdict> {
  if ((await paidByCard(tx, branch, file, payment)) === undefined) return 'missing-here'
  return isTaken ? 'duplicate' : 'undecided'
}

function before({ captured, captured_before, last_file }: VoucherRow, number: bigint): bigint {
  return (last_file === number ? captured_before : captured) ?? 0n
}

/** What the voucher's lines add up to, with this one. */
function keep(row: VoucherRow, { number }: FileRow, { kind, minor }: HashedLine): void {
  const captured = row.captured ?? 0n
  row.captured_before = before(row, number)
  row.last_file = number
  row.captured = kind === 'capture' ? captured + minor : kind === 'reversal' ? captured - minor : captured
  row.ended_by = kind === 'termination' ? number : null
  row.remainder = kind === 'termination' ? minor : null
}

/** Decides the refunds, in their order, as far as `availableFor` (minor units) pays them. */
export async function checkRefunds(
  branch: Branch,
  slices: Slices,
  file: FileRow,
  availableFor: () => Promise<bigint>,
): Promise<void> {
  const { id: tenant } = branch.config
  const { payee, number } = file
  const isAny = decodeHeader(file.header).sections[0].totals.refund.count > 0n
  const available = isAny ? await availableFor() : 0n
  for (let left = true; left; ) {
    left = await slices.execute(async (tx, slice) => {
      const undecided = await tx.all<{ line: bigint; voucher: Subject; minor: bigint }>(
        `SELECT line, voucher, minor FROM payee_file_line
         WHERE tenant = ? AND payee = ? AND number = ? AND verdict <> 'accepted' AND verdict = 'undecided'
         ORDER BY line LIMIT 256`,
        ...[tenant, payee, number],
      )
      let taken = 0
      for (const { line, voucher, minor } of undecided) {
        if (taken > 0 && !slice.hasTime()) break
        taken++
        const verdict = await decideRefund(tx, branch, file, { voucher, minor, available })
        await tx.run(
          'UPDATE payee_file_line SET verdict = ? WHERE tenant = ? AND payee = ? AND number = ? AND line = ?',
          ...[verdict, tenant, payee, number, line],
        )
      }
      return undecided.length > 0
    })
  }
  branch.runtime.reached('day-end.refunds-checked')
}

async function decideRefund(
  tx: Tx,
  branch: Branch,
  file: FileRow,
  { voucher, minor, available }: { readonly voucher: Subject; readonly minor: bigint; readonly available: bigint },
): Promise<Verdict> {
  const { id: tenant } = branch.config
  const { payee, number } = file
  if (minor > (await refundable(tx, branch, file, voucher))) return 'amount'
  const granted = await tx.run(
    `UPDATE payee_file SET refunds_granted = refunds_granted + ?
     WHERE tenant = ? AND payee = ? AND number = ? AND refunds_granted + ? <= ?`,
    ...[minor, tenant, payee, number, minor, available],
  )
  if (granted === 0n) return 'short'
  if (isPaidByCard(voucher)) return 'accepted'
  await tx.run(
    'UPDATE cleared_voucher SET refunded = refunded + ? WHERE tenant = ? AND payee = ? AND voucher = ?',
    ...[minor, tenant, payee, voucher],
  )
  return 'accepted'
}

/** What of a voucher's captures, or of what a card paid, was not refunded yet. */
async function refundable(tx: ReadTx, branch: Branch, file: FileRow, of: Subject): Promise<bigint> {
  if (isPaidByCard(of)) {
    const paid = (await paidByCard(tx, branch, file, of))?.minor ?? 0n
    return paid - (await refundedToCard(tx, branch, file, of))
  }
  const row = await tx.one<{ captured: bigint; refunded: bigint }>(
    'SELECT captured, refunded FROM cleared_voucher WHERE tenant = ? AND payee = ? AND voucher = ?',
    ...[branch.config.id, file.payee, of],
  )
  return row === undefined ? 0n : row.captured - row.refunded
}
