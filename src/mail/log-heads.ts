/**
 * Heads of change logs, signed. Every bundle and every reply carries its sender's, and the other end keeps it: who holds a
 * head can prove later that what the log tells up to there was not changed, whoever owns the books by then.
 */

import { z } from 'zod'
import { raiseAlarmOnce } from '../alarm.ts'
import { bytes, sameBytes, toHex } from '../bytes.ts'
import { encodeCanonical } from '../canonical.ts'
import type { InstitutionId } from '../ids.ts'
import { invariant } from '../invariant.ts'
import { isSignedBy, type KeyStore, type PublicKey } from '../keys/keys.ts'
import type { Runtime } from '../runtime.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'
import { epochOf } from '../store/tenants.ts'
import { admitEpoch } from './epochs.ts'
import type { Gate } from './gate.ts'
import { integer } from './letter.ts'
import { logChain } from './own-letters.ts'
import { keysOf, type Peer } from './peers.ts'
import { contradiction, heldHashes, stillStands } from './standing.ts'
import type { Place } from './streams.ts'

export const signedLogHead = z.strictObject({
  epoch: integer,
  sequence: integer,
  hash: bytes.refine(hash => hash.length === 32),
  at: integer,
  /** The ledger key that signed it. */
  keyId: z.string(),
  signature: bytes.refine(signature => signature.length === 64),
})

/** Where a change log stood, in which epoch and when. */
export type SignedLogHead = z.output<typeof signedLogHead>

/** What a peer says that it holds of us at a start. */
export interface HeldOfUs {
  /** The highest head of our change log; null: none. */
  readonly head: SignedLogHead | null
  /** Where the letter stands that it writes to us next. */
  readonly next: Place
}

interface Owner {
  readonly institution: InstitutionId
  readonly store: Store
  readonly keys: KeyStore
  readonly runtime: Runtime
  readonly troubled: (error: unknown) => void
  /** The key that signs heads for a peer; without it the one in use. */
  readonly headKey?: (to: InstitutionId) => string
}

/** The heads that go out with an institution's bundles, and those that come in with others'. */
export class LogHeadExchange {
  readonly #owner: Owner
  readonly #gate: Gate
  readonly #noted = new Map<string, SignedLogHead>()
  /** The last that was signed, by each key: a peer that does not know the newest key yet is shown the head under the older. */
  readonly #own = new Map<string, SignedLogHead>()

  constructor(owner: Owner, gate: Gate) {
    this.#owner = owner
    this.#gate = gate
  }

  /**
   * The own last committed head, signed once for as long as it stays the same; null before the first record, and to whom
   * we are not open yet: books that went back in time would sign a second head for one place.
   */
  async own(to: InstitutionId): Promise<SignedLogHead | null> {
    if (!this.#gate.isOpenTo(to)) return null
    const { institution, store, keys, runtime, headKey } = this.#owner
    const head = store.head()
    if (head === undefined) return null
    const epoch = await store.read(tx => epochOf(tx, institution))
    const keyId = headKey?.(to) ?? keys.publicKey('ledger').keyId
    const last = this.#own.get(keyId)
    // Another call may have signed a later one meanwhile.
    if (last !== undefined && last.epoch === epoch && last.sequence >= head.sequence) {
      const isOne = last.sequence > head.sequence || sameBytes(last.hash, head.hash)
      invariant(isOne, 'a second head would be signed for one place of the change log', head.sequence)
      return last
    }
    const at = BigInt(Math.trunc(runtime.wallNow()))
    const unsigned = { epoch, sequence: head.sequence, hash: head.hash, at }
    const signature = await keys.sign('ledger', signedBytes(institution, unsigned), keyId)
    const own = { ...unsigned, keyId, signature: signature.bytes }
    this.#own.set(keyId, own)
    return own
  }

  /** Verifies a peer's head and keeps it, in the commit that is being collected now. Nobody waits for it. */
  note(of: Peer, head: SignedLogHead | null): void {
    const peer = of.institution
    const { institution: tenant, store, runtime, troubled } = this.#owner
    const last = this.#noted.get(peer)
    if (head === null || (last && sameBytes(last.signature, head.signature))) return
    const isGenuine = isLogHeadOf(peer, keysOf(of, 'ledger'), head)
    const at = runtime.wallNow()
    const detail = 'its change log: a head that its ledger key did not sign'
    const kept = store.execute(
      tx =>
        isGenuine
          ? keepLogHead(tx, tenant, peer, head, at)
          : raiseAlarmOnce(tx, tenant, { peer, kind: 'forged-head', detail, at }),
      'unhurried',
    )
    kept.then(() => this.#noted.set(peer, head), troubled)
  }
}

/** Whether one of these keys, of that institution, signed the head. */
export function isLogHeadOf(signer: InstitutionId, ledgerKeys: readonly PublicKey[], head: SignedLogHead): boolean {
  const { keyId, signature, ...unsigned } = head
  const key = ledgerKeys.find(candidate => candidate.purpose === 'ledger' && candidate.keyId === keyId)
  return key !== undefined && isSignedBy(key, signedBytes(signer, unsigned), { keyId, bytes: signature })
}

/** Keeps a peer's head whose signature was verified. Two hashes for one record raise an alarm, and both are kept. */
export async function keepLogHead(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  head: SignedLogHead,
  at: number,
): Promise<void> {
  if ((await admitEpoch(tx, tenant, peer, head.epoch, at)) !== 'now') return
  const hash = toHex(head.hash)
  const held = { tenant, peer, chain: logChain }
  if ((await heldHashes(tx, held, head.epoch, head.sequence)).includes(hash)) return
  const found = await contradiction(tx, held, { epoch: head.epoch, seq: head.sequence, hash })
  if (found !== undefined) await raiseAlarmOnce(tx, tenant, { peer, kind: 'forked-log', detail: found, at })
  await tx.run(
    `INSERT INTO clearing_log_head (tenant, peer, epoch, sequence, hash, at, key_id, signature)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[tenant, peer, head.epoch, head.sequence, head.hash, head.at, head.keyId, head.signature],
  )
}

type LogHeadRow = {
  epoch: bigint
  sequence: bigint
  hash: Uint8Array
  at: bigint
  key_id: string
  signature: Uint8Array
}

/** The log heads of `peer` that are held, oldest first, but for those of records that it has announced as lost. */
export async function heldLogHeads(
  tx: ReadTx,
  tenant: InstitutionId,
  peer: InstitutionId,
): Promise<readonly SignedLogHead[]> {
  const rows = await tx.all<LogHeadRow>(
    `SELECT epoch, sequence, hash, at, key_id, signature FROM clearing_log_head
     WHERE tenant = ? AND peer = ? AND ${stillStands('clearing_log_head', { chain: '?', seq: 'sequence' })}
     ORDER BY epoch, sequence, hash`,
    ...[tenant, peer, logChain],
  )
  return rows.map(headOfRow)
}

/** The highest of them: of the last epoch, and the last record in it. */
export async function highestLogHead(
  tx: ReadTx,
  tenant: InstitutionId,
  peer: InstitutionId,
): Promise<SignedLogHead | null> {
  const row = await tx.one<LogHeadRow>(
    `SELECT epoch, sequence, hash, at, key_id, signature FROM clearing_log_head
     WHERE tenant = ? AND peer = ? ORDER BY epoch DESC, sequence DESC, hash LIMIT 1`,
    tenant,
    peer,
  )
  return row === undefined ? null : headOfRow(row)
}

function headOfRow({ key_id, ...row }: LogHeadRow): SignedLogHead {
  return { ...row, keyId: key_id }
}

function signedBytes(signer: InstitutionId, head: Omit<SignedLogHead, 'keyId' | 'signature'>): Uint8Array {
  return encodeCanonical(['tonebank log head', 1, signer, head.epoch, head.sequence, head.hash, head.at])
}
