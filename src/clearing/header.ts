/**
 * The header of a day-end file: who tells whom what of which business date, and what its lines add up to. Its hash is the
 * file's hash, which the next file names: a file cannot be left out, put in or exchanged.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { institutionIdShape } from '../ids.ts'
import { integer } from '../mail/letter.ts'
import { tooMuchTogether } from '../money.ts'
import { bytes32, headerParts } from './header-parts.ts'
import { type Line, type LineKind, lineKinds } from './lines.ts'

export const total = z.strictObject({ count: integer, minor: integer.refine(minor => minor < tooMuchTogether) })

/** How many lines of a kind, and their amounts together. */
export type Total = z.output<typeof total>
export type Totals = Readonly<Record<LineKind, Total>>

export const totalsShape = z.strictObject(
  Object.fromEntries(lineKinds.map(kind => [kind, total])) as Record<LineKind, typeof total>,
)

const section = z.strictObject({
  /** Whose vouchers: the sender, or one of those that it hosts. */
  tenant: institutionIdShape,
  totals: totalsShape,
  /** Over the section's lines in their order (`merkle.ts`). */
  root: bytes32,
  /** Where the journal stood when the date was closed, signed by the ledger's key. */
  head: z.strictObject({
    chain: z.string(),
    seq: integer,
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    at: integer,
    signature: z.strictObject({ keyId: z.string(), bytes: z.custom<Uint8Array>(value => value instanceof Uint8Array) }),
  }),
})

const header = z.strictObject({
  /** Lines name intents since the second. The first is still read. */
  format: z.enum(['tonebank day end 1', 'tonebank day end 2']),
  ...headerParts,
  asset: z.strictObject({ code: z.string(), scale: z.int().min(0).max(18) }),
  /** One: a host puts the files of its payees together under a header of its own (`host-header.ts`). */
  sections: z.tuple([section]),
})

export type Header = z.output<typeof header>

export const noFile = new Uint8Array(32)

export function encodeHeader(value: Header): Uint8Array {
  return encodeCanonical(value)
}

/** @throws Error when the bytes are no header. */
export function decodeHeader(encoded: Uint8Array): Header {
  return header.parse(decodeCanonical(encoded))
}

/** What the file is known by. */
export function fileHash(encodedHeader: Uint8Array): Uint8Array {
  return createHash('sha256').update(encodedHeader).digest()
}

export function noTotals(): Record<LineKind, Total> {
  return {
    capture: { count: 0n, minor: 0n },
    reversal: { count: 0n, minor: 0n },
    termination: { count: 0n, minor: 0n },
    refund: { count: 0n, minor: 0n },
  }
}

export function addTo(totals: Record<LineKind, Total>, { kind, minor }: Pick<Line, 'kind' | 'minor'>): void {
  const before = totals[kind]
  totals[kind] = { count: before.count + 1n, minor: before.minor + minor }
}

export function countOf(totals: Totals): bigint {
  return lineKinds.reduce((sum, kind) => sum + totals[kind].count, 0n)
}

export function sameTotals(a: Totals, b: Totals): boolean {
  return lineKinds.every(kind => a[kind].count === b[kind].count && a[kind].minor === b[kind].minor)
}
