/** What two officers sign of a payee's file that they declare void: what it says of itself, what its lines came to, and since when it waits. */
import { z } from 'zod'
import { sameBytes, toHex } from '../../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../../canonical.ts'
import { decodeHeader, sameTotals, type Totals, totalsShape } from '../../clearing/header.ts'
import type { InstitutionId } from '../../ids.ts'
import { integer } from '../../mail/letter.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { FileRow } from './files.ts'

export const voidFactsShape = z.strictObject({
  /** SHA-256 of its header, in hexadecimal digits: the file's hash. */
  file: z.string().regex(/^[0-9a-f]{64}$/),
  /** The business date that it tells, `2026-11-22`. */
  date: z.string(),
  /** ISO 4217. */
  currency: z.string(),
  lines: integer,
  /** By its header, and as its lines came to: counts, and minor units. */
  told: totalsShape,
  read: totalsShape.optional(),
  /** What of the two is not the same: the sums, or the lines themselves by their hashes. */
  differs: z.array(z.enum(['totals', 'lines'])).optional(),
  /** When it was found, in ms of Unix time. Without this and the two above: a program noted it that kept none of them. */
  since: integer.optional(),
})

type VoidFacts = z.output<typeof voidFactsShape>

/** What the lines of a file came to that are not those of its header. */
export interface ReadLines {
  readonly root: Uint8Array
  readonly totals: Totals
}

export async function noteContradicted(
  tx: Tx,
  tenant: InstitutionId,
  { payee, number }: Pick<FileRow, 'payee' | 'number'>,
  { root, totals }: ReadLines,
  at: number,
): Promise<void> {
  await tx.run(
    'INSERT INTO contradicted_file (tenant, payee, number, at, root, totals) VALUES (?, ?, ?, ?, ?, ?)',
    ...[tenant, payee, number, BigInt(at), root, encodeCanonical(totals)],
  )
}

export async function voidFacts(tx: ReadTx, tenant: InstitutionId, file: FileRow): Promise<VoidFacts> {
  const { asset, sections } = decodeHeader(file.header)
  const [{ totals: told, root }] = sections
  const noted = await tx.one<{ at: bigint; root: Uint8Array; totals: Uint8Array }>(
    'SELECT at, root, totals FROM contradicted_file WHERE tenant = ? AND payee = ? AND number = ?',
    ...[tenant, file.payee, file.number],
  )
  const of = { file: toHex(file.hash), date: file.date, currency: asset.code, lines: file.lines, told }
  if (noted === undefined) return of
  const read = totalsShape.parse(decodeCanonical(noted.totals))
  const differs: ('totals' | 'lines')[] = []
  if (!sameTotals(told, read)) differs.push('totals')
  if (!sameBytes(root, noted.root)) differs.push('lines')
  return { ...of, read, differs, since: noted.at }
}
