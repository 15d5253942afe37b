/**
 * Looking at every line of a file: first whether they are those of the header at all, then, in slices, whether this bank sold
 * the voucher and the amounts fit. A line that does not fit is a break of a kind, and the others go on. Refunds come last, when
 * it is known what the payee has to pay them from.
 */

import { sameBytes } from '../../bytes.ts'
import { addTo, decodeHeader, noTotals, sameTotals } from '../../clearing/header.ts'
import { MerkleTree } from '../../clearing/merkle.ts'
import type { BreakKind } from '../../clearing/result.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import type { FileRow } from './files.ts'
import { type HashedLine, partsOf } from './parts.ts'

type Verdict = 'accepted' | 'undecided' | BreakKind

/** Whether root and totals of the lines are those of the header. */
export async function isProved(branch: Branch, slices: Slices, file: FileRow): Promise<boolean> {
  const [{ root, totals }] = decodeHeader(file.header).sections
  const tree = new MerkleTree()
  const found = noTotals()
  for await (const { lines } of partsOf(branch, slices, file, 1n)) {
    for (const line of lines) {
      tree.addLeaf(line.hash)
      addTo(found, line)
    }
    await slices.breathe()
  }
  return sameBytes(tree.root(), root) && sameTotals(found, totals)
}

/** Looks at the lines that nobody has looked at yet. */
export async function checkLines(branch: Branch, slices: Slices, file: FileRow): Promise<void> {
  let checked = file.checked
  for await (const { from, lines } of partsOf(branch, slices, file, checked + 1n)) {
    for (let at = Number(checked + 1n - from); at < lines.length; ) {
      const before = checked
      const done = await slices.execute(async (tx, slice) => {
        let taken = 0
        for (const line of lines.slice(at)) {
          if (taken > 0 && !slice.hasTime()) break
          taken++
          await take(tx, branch, file, before + BigInt(taken), line)
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

/** A voucher as its bank knows it. Amounts are null where no file has told of it. */
type VoucherRow = {
  readonly face: bigint
  readonly sale: string | null
  readonly captured: bigint | null
  readonly captured_before: bigint | null
  readonly last_file: bigint | null
  readonly refunded: bigint | null
  readonly ended_by: bigint | null
  readonly taken: bigint
}

async function take(tx: Tx, branch: Branch, file: FileRow, line: bigint, told: HashedLine): Promise<void> {
  const { id: tenant } = branch.config
  const { payee, number } = file
  const row = await tx.one<VoucherRow>(
    `SELECT stock.minor AS face, sale.id AS sale, captured, captured_before, last_file, refunded, ended_by,
       EXISTS (SELECT 1 FROM payee_file_line WHERE tenant = ? AND payee = ? AND ref = ?
         AND verdict IN ('accepted', 'undecided', 'closed-account')) AS taken
     FROM stock
     LEFT JOIN sale ON sale.tenant = stock.tenant AND sale.payee = stock.payee
       AND sale.batch = stock.batch AND sale.serial = stock.serial
     LEFT JOIN cleared_voucher AS cleared ON cleared.tenant = stock.tenant AND cleared.payee = stock.payee
       AND cleared.voucher = stock.number
     WHERE stock.tenant = ? AND stock.payee = ? AND stock.number = ?`,
    ...[tenant, payee, told.ref, tenant, payee, told.number],
  )
  const verdict = judge(row, file, told)
  await tx.run(
    `INSERT INTO payee_file_line (tenant, payee, number, line, kind, ref, voucher, minor, hash, intent, verdict)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[tenant, payee, number, line, told.kind, told.ref, told.number],
    ...[told.minor, told.hash, told.intent ?? null, verdict],
  )
  if (row !== undefined && verdict === 'accepted') await keep(tx, branch, file, row, told)
}

function judge(row: VoucherRow | undefined, { number }: FileRow, { kind, minor }: HashedLine): Verdict {
  if (row === undefined) return 'missing-here'
  if (row.sale === null) return 'not-sold'
  if (row.taken === 1n) return 'duplicate'
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

function before({ captured, captured_before, last_file }: VoucherRow, number: bigint): bigint {
  return (last_file === number ? captured_before : captured) ?? 0n
}

/** What the voucher's lines add up to, with this one. */
async function keep(
  tx: Tx,
  branch: Branch,
  { payee, number }: FileRow,
  row: VoucherRow,
  told: HashedLine,
): Promise<void> {
  const { kind, minor } = told
  const sign = kind === 'capture' ? 1n : kind === 'reversal' ? -1n : 0n
  const ended = kind === 'termination'
  await tx.run(
    `INSERT INTO cleared_voucher
       (tenant, payee, voucher, captured, captured_before, last_file, refunded, ended_by, remainder)
     VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)
     ON CONFLICT (tenant, payee, voucher) DO UPDATE SET captured = excluded.captured,
       captured_before = excluded.captured_before, last_file = excluded.last_file, ended_by = excluded.ended_by,
       remainder = excluded.remainder`,
    ...[branch.config.id, payee, told.number, (row.captured ?? 0n) + sign * minor, before(row, number), number],
    ...[ended ? number : null, ended ? minor : null],
  )
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
      const undecided = await tx.all<{ line: bigint; voucher: string; minor: bigint }>(
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
  { config: { id: tenant } }: Branch,
  { payee, number }: FileRow,
  { voucher, minor, available }: { readonly voucher: string; readonly minor: bigint; readonly available: bigint },
): Promise<Verdict> {
  const row = await tx.one<{ captured: bigint; refunded: bigint }>(
    'SELECT captured, refunded FROM cleared_voucher WHERE tenant = ? AND payee = ? AND voucher = ?',
    ...[tenant, payee, voucher],
  )
  if (row === undefined || row.refunded + minor > row.captured) return 'amount'
  const granted = await tx.run(
    `UPDATE payee_file SET refunds_granted = refunds_granted + ?
     WHERE tenant = ? AND payee = ? AND number = ? AND refunds_granted + ? <= ?`,
    ...[minor, tenant, payee, number, minor, available],
  )
  if (granted === 0n) return 'short'
  await tx.run(
    'UPDATE cleared_voucher SET refunded = refunded + ? WHERE tenant = ? AND payee = ? AND voucher = ?',
    ...[minor, tenant, payee, voucher],
  )
  return 'accepted'
}
