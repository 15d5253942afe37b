/** Holds a chain against every head that was ever signed for it: those that the institution kept, and those that others hold. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { ReadTx } from '../../store/store.ts'
import { inHex, put, zeroHash } from './chain.ts'
import type { Finding } from './finding.ts'
import type { HeadRow, JournalPage } from './rows.ts'

/** A signing key of the institution, from outside its database: Ed25519, 32 bytes. */
export interface KnownKey {
  readonly keyId: string
  readonly bytes: Uint8Array
}

/** A signed head, as counterparties keep them. */
export interface HeadEvidence {
  readonly chain: string
  readonly seq: bigint
  readonly hash: string
  readonly at: number
  readonly signer: string
  readonly signature: { readonly keyId: string; readonly bytes: Uint8Array }
}

export class HeadsCheck {
  readonly findings: Finding[] = []
  readonly #signer: string
  readonly #keys: ReadonlyMap<string, KeyObject>
  /** By chain, in the order of their rows. */
  readonly #held = new Map<string, HeadEvidence[]>()
  /** The first of each chain's that is still to be compared. */
  readonly #next = new Map<string, number>()

  constructor(signer: string, keys: readonly KnownKey[], held: readonly HeadEvidence[]) {
    this.#signer = signer
    this.#keys = new Map(keys.filter(key => key.bytes.length === 32).map(key => [key.keyId, publicKey(key)]))
    for (const head of held) {
      const list = this.#held.get(head.chain)
      if (list === undefined) this.#held.set(head.chain, [head])
      else list.push(head)
    }
    for (const list of this.#held.values()) list.sort((a, b) => (a.seq < b.seq ? -1 : a.seq > b.seq ? 1 : 0))
  }

  /** The highest row of the chain for which somebody else holds a head. What follows it is proved by nobody else. */
  highest(chain: string): bigint {
    return this.#held.get(chain)?.at(-1)?.seq ?? 0n
  }

  /** Each head is due once: when the page with its row is there. `after`: the last row before the page, −1 before the first. */
  async page(tx: ReadTx, { chain, events }: JournalPage, after: bigint): Promise<void> {
    const to = events.at(-1)?.seq ?? after
    const hashes = new Map(events.map(event => [event.seq, event.hash]))
    const own = await tx.all<HeadRow>(
      'SELECT * FROM kept_head WHERE signer = ? AND chain = ? AND seq > ? AND seq <= ? ORDER BY seq',
      this.#signer,
      chain,
      after,
      to,
    )
    for (const row of own) this.#compare(heldHead(row), hashes, true)
    const held = this.#held.get(chain) ?? []
    let next = this.#next.get(chain) ?? 0
    for (let head = held[next]; head !== undefined && head.seq <= to; head = held[++next]) {
      if (head.seq > after) this.#compare(head, hashes, next === held.length - 1)
    }
    this.#next.set(chain, next)
  }

  /** What was signed beyond the last row of a chain, and for chains that are not there. */
  async end(tx: ReadTx, chains: ReadonlyMap<string, bigint>): Promise<void> {
    const beyond = [...this.#held].flatMap(([chain, list]) => list.slice(this.#next.get(chain) ?? 0))
    for (const [chain, last] of chains) {
      const rows = await tx.all<HeadRow>(
        'SELECT * FROM kept_head WHERE signer = ? AND chain = ? AND seq > ?',
        this.#signer,
        chain,
        last,
      )
      beyond.push(...rows.map(heldHead))
    }
    const elsewhere = await tx.all<HeadRow>(
      `SELECT * FROM kept_head WHERE signer = ?${' AND chain <> ?'.repeat(chains.size)}`,
      this.#signer,
      ...chains.keys(),
    )
    for (const head of [...beyond, ...elsewhere.map(heldHead)]) this.#compare(head, new Map(), true)
  }

  /** A head that agrees proves nothing by its signature, so only the last that somebody holds, and our own, are verified. */
  #compare(head: HeadEvidence, hashes: ReadonlyMap<bigint, Uint8Array>, alwaysVerified: boolean): void {
    const where = `${head.chain} ${head.seq}`
    const row = hashes.get(head.seq)
    const here = head.seq === 0n ? zeroHash : row && inHex(row)
    if (!alwaysVerified && here === head.hash && head.signer === this.#signer) return
    if (!this.#isGenuine(head)) {
      const what = `the head of ${head.at} is not signed by a key of ${this.#signer}`
      this.findings.push({ kind: 'head-forged', where, what })
      // What nobody signed says nothing about the journal.
      return
    }
    if (here === head.hash) return
    const what =
      here === undefined
        ? 'a head was signed for this row, and there is no such row'
        : 'the head that was signed for this row has another hash'
    this.findings.push({ kind: 'head-contradicted', where, what })
  }

  #isGenuine(head: HeadEvidence): boolean {
    const key = this.#keys.get(head.signature.keyId)
    if (key === undefined || head.signer !== this.#signer) return false
    const said = ['tonebank-head-1', head.signer, head.chain, head.seq, head.hash, String(head.at)]
    return verify(null, Buffer.from(said.map(put).join('')), key, head.signature.bytes)
  }
}

export function publicKey({ bytes }: KnownKey): KeyObject {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(bytes).toString('base64url') }
  return createPublicKey({ key: jwk, format: 'jwk' })
}

function heldHead(row: HeadRow): HeadEvidence {
  return {
    chain: row.chain,
    seq: row.seq,
    hash: inHex(row.hash),
    at: Number(row.at),
    signer: row.signer,
    signature: { keyId: row.key_id, bytes: row.signature },
  }
}
