/**
 * Hashes the journal again, from the written description of its format (`docs/ledger.md`) and not from the code that wrote
 * it, and holds it against every head that was ever signed.
 */
import { createHash, createPublicKey, verify } from 'node:crypto'
import type { Finding } from './finding.ts'
import type { Books, EntryRow, EventRow } from './rows.ts'

/** A signing key of the institution, from outside its database: Ed25519, 32 bytes. */
export interface KnownKey {
  readonly keyId: string
  readonly bytes: Uint8Array
}

/** A signed head, as counterparties keep them. */
export interface HeldHead {
  readonly chain: string
  readonly seq: bigint
  readonly hash: string
  readonly at: number
  readonly signer: string
  readonly signature: { readonly keyId: string; readonly bytes: Uint8Array }
}

export function checkChain(books: Books): Finding[] {
  const findings: Finding[] = []
  const entriesOf = new Map<string, EntryRow[]>()
  for (const entry of books.entries) {
    const place = `${entry.chain} ${entry.seq}`
    const list = entriesOf.get(place)
    if (list === undefined) entriesOf.set(place, [entry])
    else list.push(entry)
  }
  const last = new Map<string, { seq: bigint; hash: string }>()
  for (const event of books.events) {
    const where = `${event.chain} ${event.seq}`
    const before = last.get(event.chain) ?? { seq: 0n, hash: '00'.repeat(32) }
    if (event.seq !== before.seq + 1n) {
      findings.push({ kind: 'gap', where, what: `row ${before.seq} is followed by row ${event.seq}` })
    }
    const previous = inHex(event.previous)
    if (previous !== before.hash) {
      findings.push({ kind: 'broken-chain', where, what: 'it does not carry the hash of the row before it' })
    }
    const entries = entriesOf.get(where) ?? []
    entries.forEach((entry, i) => {
      if (entry.line !== BigInt(i) + 1n) {
        findings.push({ kind: 'stray-entry', where, what: `line ${entry.line} stands where line ${i + 1} should` })
      }
    })
    const hash = inHex(event.hash)
    if (hashOf(event, entries) !== hash) {
      findings.push({ kind: 'altered', where, what: 'its hash is not the hash of what it says' })
    }
    last.set(event.chain, { seq: event.seq, hash })
  }
  return findings
}

/** `heads`: this institution's own, found in its database or handed in by others. */
export function checkHeads(
  books: Books,
  signer: string,
  keys: readonly KnownKey[],
  heads: readonly HeldHead[],
): Finding[] {
  const findings: Finding[] = []
  const hashAt = new Map(books.events.map(event => [`${event.chain} ${event.seq}`, inHex(event.hash)]))
  const own = books.heads
    .filter(head => head.signer === signer)
    .map(head => ({
      ...head,
      at: Number(head.at),
      hash: inHex(head.hash),
      signature: { keyId: head.key_id, bytes: head.signature },
    }))
  for (const head of [...own, ...heads]) {
    const where = `${head.chain} ${head.seq}`
    if (head.signer !== signer || !keys.some(key => isGenuine(key, head))) {
      findings.push({ kind: 'head-forged', where, what: `the head of ${head.at} is not signed by a key of ${signer}` })
      // What nobody signed says nothing about the journal.
      continue
    }
    const here = head.seq === 0n ? '00'.repeat(32) : hashAt.get(where)
    if (here === undefined) {
      findings.push({
        kind: 'head-contradicted',
        where,
        what: 'a head was signed for this row, and there is no such row',
      })
    } else if (here !== head.hash) {
      findings.push({
        kind: 'head-contradicted',
        where,
        what: 'the head that was signed for this row has another hash',
      })
    }
  }
  return findings
}

function hashOf(event: EventRow, entries: readonly EntryRow[]): string {
  const hash = createHash('sha256')
  const put = (value: string | bigint | null) => {
    if (value === null) hash.update('~')
    else {
      const bytes = new TextEncoder().encode(String(value))
      hash.update(`${bytes.byteLength}:`).update(bytes).update(',')
    }
  }
  put('tonebank-journal-1')
  put(event.chain)
  put(event.seq)
  put(event.id)
  put(event.event)
  put(event.kind)
  put(event.reference)
  put(event.at)
  put(event.business_date)
  put(event.about)
  put(event.expires_at)
  put(event.facts)
  put(BigInt(entries.length))
  for (const entry of entries) {
    put(entry.line)
    put(entry.account)
    put(entry.side)
    put(entry.minor)
    put(entry.asset)
    put(entry.scale)
  }
  put(inHex(event.previous))
  return hash.digest('hex')
}

function isGenuine(key: KnownKey, head: HeldHead): boolean {
  if (key.keyId !== head.signature.keyId || key.bytes.length !== 32) return false
  const said = ['tonebank-head-1', head.signer, head.chain, `${head.seq}`, head.hash, `${head.at}`]
  const message = said.map(text => `${new TextEncoder().encode(text).byteLength}:${text},`).join('')
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key.bytes).toString('base64url') }
  return verify(null, Buffer.from(message), createPublicKey({ key: jwk, format: 'jwk' }), head.signature.bytes)
}

function inHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}
