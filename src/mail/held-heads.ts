/**
 * The heads of a peer's ledger that came, signed, with its receipts. Kept here because the peer cannot reach them: if it
 * cuts or recomputes its chain, a head that we hold contradicts it. The courier has verified their signatures.
 */

import { raiseAlarm } from '../alarm.ts'
import type { InstitutionId } from '../ids.ts'
import type { Signature } from '../keys/keys.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { ContentOf } from './letter.ts'
import { contradiction, heldHashes, stillStands } from './standing.ts'

/** Evidence for whoever audits the peer. */
export interface HeldHead {
  readonly signer: string
  readonly chain: string
  readonly seq: bigint
  /** Hexadecimal. */
  readonly hash: string
  readonly at: number
  readonly signature: Signature
}

/**
 * Keeps a receipt's heads. Two hashes for one row, or a chain that became shorter, raise an alarm. `before`: the receipt of
 * the letter before in the same stream, if any. Receipts of one stream are signed in its order, while those of two may pass
 * each other, and no clock says which was first.
 */
export async function keepHeads(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  { epoch, heads, at: signedAt }: ContentOf<'receipt'>,
  before: ContentOf<'receipt'> | undefined,
  at: number,
): Promise<void> {
  for (const { chain, seq, hash, signature } of heads) {
    if (signature === undefined) continue
    const fork = (detail: string) => raiseAlarm(tx, tenant, { peer, kind: 'forked-ledger', detail, at })
    const earlier = before?.epoch === epoch ? before.heads.find(head => head.chain === chain) : undefined
    if (earlier !== undefined && seq < earlier.seq) await fork(`chain ${chain} went back from ${earlier.seq} to ${seq}`)
    const held = { tenant, peer, chain }
    const found = await contradiction(tx, held, { epoch, seq, hash })
    if (found !== undefined) await fork(found)
    if ((await heldHashes(tx, held, epoch, seq)).length > 0) continue
    await tx.run(
      `INSERT INTO clearing_head (tenant, peer, epoch, chain, seq, hash, at, key_id, signature)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[tenant, peer, epoch, chain, seq, hash, signedAt, signature.keyId, signature.bytes],
    )
  }
}

/** The heads of `peer` that we hold, oldest first, but for those of rows that it has announced as lost. */
export async function heldHeads(tx: ReadTx, tenant: InstitutionId, peer: InstitutionId): Promise<readonly HeldHead[]> {
  const rows = await tx.all<{
    chain: string
    seq: bigint
    hash: string
    at: bigint
    key_id: string
    signature: Uint8Array
  }>(
    `SELECT chain, seq, hash, at, key_id, signature FROM clearing_head
     WHERE tenant = ? AND peer = ? AND ${stillStands('clearing_head', { chain: 'clearing_head.chain', seq: 'seq' })}
     ORDER BY epoch, chain, seq`,
    tenant,
    peer,
  )
  return rows.map(({ chain, seq, hash, at, key_id, signature }) => ({
    signer: peer,
    chain,
    seq,
    hash,
    at: Number(at),
    signature: { keyId: key_id, bytes: signature },
  }))
}
