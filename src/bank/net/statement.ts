/**
 * The net statement: what a bank credited for another bank's customers up to the end of one of its business dates, one header and a
 * line for each credit in the order of the letters that told of them. Its author's signature is on the letters that carry it; the other bank compares it
 * with what it sent. A line is the canonical CBOR array `[transfer, minor]`; lines travel one after another (RFC 8742).
 */
import { createHash } from 'node:crypto'
import { decodeFirst } from 'cborg'
import { z } from 'zod'
import { decodeCanonical, encodeCanonical } from '../../canonical.ts'
import { bytes32, headerParts } from '../../clearing/header-parts.ts'
import { leafHash, type MerkleTree } from '../../clearing/merkle.ts'
import { invariant } from '../../invariant.ts'
import { integer } from '../../mail/letter.ts'
import { tooMuch } from '../../money.ts'

const header = z.strictObject({
  format: z.literal('tonebank net statement 1'),
  ...headerParts,
  asset: z.strictObject({ code: z.string(), scale: z.int().min(0).max(18) }),
  count: integer,
  minor: integer,
  /** Of all statements to this one. */
  total: integer,
  /** Where the letter stands that told of its last credit, or of the last before: it is compared when that was taken. */
  through: z.strictObject({ epoch: integer, sequence: integer }),
  /** Over the lines (`clearing/merkle.ts`). */
  root: bytes32,
})

export type NetHeader = z.output<typeof header>

export interface NetLine {
  readonly transfer: string
  readonly minor: bigint
}

/** What the other bank made of it: minor units that are right, and of each kind of break how many and how much. */
export interface Found {
  readonly agreed: bigint
  readonly breaks: readonly (readonly [kind: string, count: bigint, minor: bigint])[]
}

export const noStatement = new Uint8Array(32)

/** `through` of a statement before which nothing was credited. */
export const nothingTold: NetHeader['through'] = { epoch: 0n, sequence: 0n }

/** Where a kept statement ends, and the next begins; undefined: before the first. */
export function throughOf(row: { readonly header: Uint8Array } | undefined): NetHeader['through'] {
  const header = row && decodeNetHeader(row.header)
  invariant(row === undefined || header !== undefined, 'a net statement that is kept cannot be read')
  return header?.through ?? nothingTold
}

export const encodeNetHeader = (value: NetHeader): Uint8Array => encodeCanonical(value)

/** Undefined when the bytes are no header. */
export function decodeNetHeader(encoded: Uint8Array): NetHeader | undefined {
  try {
    return header.parse(decodeCanonical(encoded))
  } catch {
    return undefined
  }
}

export function statementHash(encodedHeader: Uint8Array): Uint8Array {
  return createHash('sha256').update(encodedHeader).digest()
}

export const encodeNetLine = ({ transfer, minor }: NetLine): Uint8Array => encodeCanonical([transfer, minor])

const line = z.tuple([z.string().regex(/^[0-9a-f]{32}$/), integer.refine(minor => minor > 0n && minor < tooMuch)])

/** Undefined when something in the bytes is no line, or not in canonical form. */
export function decodeNetLines(bytes: Uint8Array): readonly NetLine[] | undefined {
  const lines: NetLine[] = []
  try {
    for (let rest = bytes; rest.length > 0; ) {
      const [value, after] = decodeFirst(rest, { strict: true, allowIndefinite: false, allowUndefined: false })
      const [transfer, minor] = line.parse(value)
      if (!Buffer.from(encodeNetLine({ transfer, minor })).equals(rest.subarray(0, rest.length - after.length)))
        return undefined
      lines.push({ transfer, minor })
      rest = after
    }
    return lines
  } catch {
    return undefined
  }
}

export function addNetLine(tree: MerkleTree, of: NetLine): void {
  tree.addLeaf(leafHash(encodeNetLine(of)))
}

/**
 * Whether all that a statement tells is either right or a break in what was made of it: what is neither, or more than it tells, would
 * be owed to nobody, or twice. What is `missing-there` is in no line of it.
 */
export function accountsFor({ agreed, breaks }: Found, { count, minor }: Pick<NetHeader, 'count' | 'minor'>): boolean {
  const lines = breaks.filter(([kind]) => kind !== 'missing-there')
  const broken = lines.reduce((sum, [, of]) => sum + of, 0n)
  return broken <= count && agreed + lines.reduce((sum, [, , of]) => sum + of, 0n) === minor
}
