/**
 * The journal: one row per event, each with the hash of the one before, written in the same commit as what it records.
 *
 * The hash is SHA-256 over these fields in this order: `tonebank-journal-1`, chain, seq, id, event, kind, reference, at,
 * business_date, about, expires_at, facts, the number of entries, for each entry line, account, side, minor, asset, scale,
 * and last the previous row's hash. A field is its UTF-8 bytes as a netstring (length in decimal, `:`, bytes, `,`; D. J.
 * Bernstein, 1997), integers in decimal, hashes in hexadecimal, NULL as a lone `~`: unambiguous, and writable in a few
 * lines of any language by someone who checks us. The row before the first has a hash of zeros.
 */

import { hash as digest } from 'node:crypto'
import { fromHex, toHex } from '../bytes.ts'
import { invariant } from '../invariant.ts'
import type { Money } from '../money.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { AccountId, Side } from './chart.ts'

/** What an institution that has a database to itself calls its chain. Small payees on one host have one chain each. */
export const mainChain = 'main'

/** Half of a movement: so much, to one side of one account. */
export interface Entry {
  readonly account: AccountId
  readonly side: Side
  readonly amount: Money
}

export interface JournalEvent {
  readonly chain: string
  /** Unique in the chain. */
  readonly id: string
  readonly event: 'open' | 'post' | 'reserve' | 'accrue' | 'start' | 'capture-part' | 'capture' | 'release' | 'expire'
  readonly kind: string
  readonly reference: string
  readonly at: number
  readonly businessDate: string
  /** The reservation of which it is a step. */
  readonly about?: string
  readonly expiresAt?: number
  /** What an opened account is, as text; of a posting, a digest of the id under which it was asked for. */
  readonly facts?: string
  readonly entries: readonly Entry[]
}

/** The last row of a chain, or row 0 of an empty one. */
export interface Head {
  readonly chain: string
  readonly seq: bigint
  /** Hexadecimal. */
  readonly hash: string
}

/** A posting that cannot be right whatever the balances are: unbalanced, of the wrong asset, an id used twice. */
export class LedgerFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LedgerFault'
  }
}

export async function headOf(tx: ReadTx, chain: string): Promise<Head> {
  const last = await tx.one<{ seq: bigint; hash: Uint8Array }>(
    'SELECT seq, hash FROM journal WHERE chain = ? ORDER BY seq DESC LIMIT 1',
    chain,
  )
  return { chain, seq: last?.seq ?? 0n, hash: last === undefined ? '0'.repeat(64) : toHex(last.hash) }
}

/**
 * The earliest business date in the chain, which need not be that of its first event: a clock was set back, or the institution
 * moved to another zone. It reads the whole chain.
 */
export async function earliestBusinessDate(tx: ReadTx, chain: string): Promise<string | undefined> {
  const earliest = await tx.one<{ date: string | null }>(
    'SELECT min(business_date) AS date FROM journal WHERE chain = ?',
    chain,
  )
  return earliest?.date ?? undefined
}

/** Appends one event and its entries. Returns the new head. @throws InvariantBroken when the entries do not balance. */
export async function append(tx: Tx, event: JournalEvent): Promise<Head> {
  if (!/^\d{4}-\d\d-\d\d$/.test(event.businessDate)) throw new LedgerFault(`no business date: ${event.businessDate}`)
  assertBalanced(event)
  const before = await headOf(tx, event.chain)
  const seq = before.seq + 1n
  const hash = digest('sha256', canonicalText(event, seq, before.hash), 'buffer')
  await tx.run(
    `INSERT INTO journal (chain, seq, id, event, kind, reference, at, business_date, about, expires_at, facts, previous, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    event.chain,
    seq,
    event.id,
    event.event,
    event.kind,
    event.reference,
    BigInt(event.at),
    event.businessDate,
    event.about ?? null,
    event.expiresAt === undefined ? null : BigInt(event.expiresAt),
    event.facts ?? null,
    fromHex(before.hash),
    hash,
  )
  for (const [i, { account, side, amount }] of event.entries.entries()) {
    await tx.run(
      'INSERT INTO entry (chain, seq, line, account, side, minor, asset, scale) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      event.chain,
      seq,
      BigInt(i + 1),
      account,
      side,
      amount.minor,
      amount.asset.code,
      BigInt(amount.asset.scale),
    )
  }
  return { chain: event.chain, seq, hash: toHex(hash) }
}

/** Every event that moves or promises money does so between accounts: debits and credits of each asset are the same. */
function assertBalanced({ id, entries }: JournalEvent): void {
  for (const { amount } of entries) {
    let sum = 0n
    for (const other of entries) {
      if (other.amount.asset.code !== amount.asset.code || other.amount.asset.scale !== amount.asset.scale) continue
      sum += other.side === 'debit' ? other.amount.minor : -other.amount.minor
    }
    invariant(sum === 0n && amount.minor > 0n, 'the entries of an event do not balance', id)
  }
}

function canonicalText(event: JournalEvent, seq: bigint, previous: string): string {
  const fields: (string | bigint | number | undefined)[] = [
    'tonebank-journal-1',
    event.chain,
    seq,
    event.id,
    event.event,
    event.kind,
    event.reference,
    event.at,
    event.businessDate,
    event.about,
    event.expiresAt,
    event.facts,
    event.entries.length,
  ]
  for (const [i, { account, side, amount }] of event.entries.entries()) {
    fields.push(i + 1, account, side, amount.minor, amount.asset.code, amount.asset.scale)
  }
  fields.push(previous)
  return fields.map(netstring).join('')
}

/** A field of what is hashed or signed. */
export function netstring(field: string | bigint | number | undefined): string {
  if (field === undefined) return '~'
  const text = field.toString()
  return `${Buffer.byteLength(text)}:${text},`
}
