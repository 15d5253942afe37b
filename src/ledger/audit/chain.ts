/**
 * Hashes a chain of the journal again, from the written description of its format (`docs/ledger.md`) and not from the code
 * that wrote it, and looks at each event by itself: its entries are numbered, positive and balanced, and as many as its
 * kind has.
 */
import { hash as digest } from 'node:crypto'
import type { Finding, FindingKind } from './finding.ts'
import type { EntryRow, EventRow, JournalPage } from './rows.ts'

export const zeroHash = '00'.repeat(32)

/** Where a chain stands: its last row, and what it hashes to. */
export interface Position {
  readonly chain: string
  readonly seq: bigint
  readonly hash: string
}

export class ChainCheck {
  readonly findings: Finding[] = []
  readonly #chain: string
  #seq: bigint
  #hash: string

  /** `from`: the row that was proved before. */
  constructor(from: Position) {
    this.#chain = from.chain
    this.#seq = from.seq
    this.#hash = from.hash
  }

  get position(): Position {
    return { chain: this.#chain, seq: this.#seq, hash: this.#hash }
  }

  page({ events, entries, stray }: JournalPage): void {
    for (const event of events) this.#visit(event, entries.get(event.seq) ?? [])
    for (const { chain, seq, line } of stray) {
      this.#find('stray-entry', `${chain} ${seq}`, `line ${line} belongs to no event`)
    }
  }

  #visit(event: EventRow, entries: readonly EntryRow[]): void {
    const where = `${event.chain} ${event.seq}`
    if (event.seq !== this.#seq + 1n) {
      this.#find('gap', where, `row ${this.#seq} is followed by row ${event.seq}`)
    }
    if (inHex(event.previous) !== this.#hash) {
      this.#find('broken-chain', where, 'it does not carry the hash of the row before it')
    }
    const hash = inHex(event.hash)
    if (hashOf(event, entries) !== hash) {
      this.#find('altered', where, 'its hash is not the hash of what it says')
    }
    this.#checkEntries(where, event, entries)
    this.#seq = event.seq
    this.#hash = hash
  }

  #checkEntries(where: string, event: EventRow, entries: readonly EntryRow[]): void {
    const perUnit = new Map<string, bigint>()
    entries.forEach((entry, i) => {
      if (entry.line !== BigInt(i) + 1n) {
        this.#find('stray-entry', where, `line ${entry.line} stands where line ${i + 1} should`)
      }
      if (entry.minor <= 0n) this.#find('stray-entry', where, `an amount of ${entry.minor}`)
      const unit = `${entry.asset}/${entry.scale}`
      perUnit.set(unit, (perUnit.get(unit) ?? 0n) + (entry.side === 'debit' ? entry.minor : -entry.minor))
    })
    for (const [unit, rest] of perUnit) {
      if (rest !== 0n) this.#find('unbalanced', where, `debits and credits of ${unit} differ by ${rest}`)
    }
    if (!numberOfEntries(event.event, entries.length)) {
      this.#find('impossible-event', where, `a ${event.event} with ${entries.length} entries`)
    }
  }

  #find(kind: FindingKind, where: string, what: string): void {
    this.findings.push({ kind, where, what })
  }
}

function numberOfEntries(event: string, count: number): boolean {
  switch (event) {
    case 'post':
    case 'reserve':
    case 'accrue':
    case 'start':
    case 'capture-part':
    case 'capture':
      return count > 0
    // What was started is posted by the end of the hold.
    case 'release':
    case 'expire':
      return count === 0 || count === 2
    default:
      return count === 0
  }
}

function hashOf(event: EventRow, entries: readonly EntryRow[]): string {
  let text =
    put('tonebank-journal-1') +
    put(event.chain) +
    put(event.seq) +
    put(event.id) +
    put(event.event) +
    put(event.kind) +
    put(event.reference) +
    put(event.at) +
    put(event.business_date) +
    put(event.about) +
    put(event.expires_at) +
    put(event.facts) +
    put(BigInt(entries.length))
  for (const { line, account, side, minor, asset, scale } of entries) {
    text += put(line) + put(account) + put(side) + put(minor) + put(asset) + put(scale)
  }
  return digest('sha256', text + put(inHex(event.previous)), 'hex')
}

/** A field as `docs/ledger.md` has it: a netstring, or a lone `~` for NULL. */
export function put(value: string | bigint | null): string {
  if (value === null) return '~'
  const text = String(value)
  return `${Buffer.byteLength(text)}:${text},`
}

export function inHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
