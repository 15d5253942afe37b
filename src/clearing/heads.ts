/**
 * The heads of a peer's ledger, as its receipts signed them. Kept here because the peer cannot reach them: if it cuts or
 * recomputes its chain, a head that we hold contradicts it.
 */
import type { ReadTx, Tx } from '../store/store.ts'
import { raiseAlarm } from './alarm.ts'
import { type ContentOf, type Head, sameBytes } from './letter.ts'

interface SignedReceipt {
  readonly content: ContentOf<'receipt'> | { readonly kind: string }
  readonly encoded: Uint8Array
  readonly signature: Uint8Array
}

/** Keeps the heads of a receipt. Two hashes for one height, or a chain that became shorter, raise an alarm. */
export async function keepHeads(
  tx: Tx,
  tenant: string,
  peer: string,
  receipt: SignedReceipt,
  at: number,
): Promise<void> {
  const content = receipt.content as ContentOf<'receipt'>
  for (const { chain, height, hash } of content.heads) {
    const fork = (detail: string) => raiseAlarm(tx, tenant, { peer, kind: 'forked-ledger', detail, at })
    const highest = await highestHead(tx, tenant, peer, content.epoch, chain)
    if (highest !== undefined && height < highest.height) {
      await fork(`chain ${chain} went back from ${highest.height} to ${height}`)
    }
    const kept = await tx.run(
      `INSERT INTO clearing_head (tenant, peer, epoch, chain, height, hash, receipt, receipt_signature)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, peer, epoch, chain, height) DO NOTHING`,
      tenant,
      peer,
      content.epoch,
      chain,
      height,
      hash,
      receipt.encoded,
      receipt.signature,
    )
    if (kept === 1n) continue
    const before = await tx.one<{ hash: Uint8Array }>(
      'SELECT hash FROM clearing_head WHERE tenant = ? AND peer = ? AND epoch = ? AND chain = ? AND height = ?',
      tenant,
      peer,
      content.epoch,
      chain,
      height,
    )
    if (before === undefined || !sameBytes(before.hash, hash)) await fork(`two hashes for ${height} of chain ${chain}`)
  }
}

/** The newest head of a peer that we hold. */
export async function highestHead(
  tx: ReadTx,
  tenant: string,
  peer: string,
  epoch: bigint,
  chain: bigint,
): Promise<Head | undefined> {
  const row = await tx.one<{ height: bigint; hash: Uint8Array }>(
    `SELECT height, hash FROM clearing_head WHERE tenant = ? AND peer = ? AND epoch = ? AND chain = ?
     ORDER BY height DESC LIMIT 1`,
    tenant,
    peer,
    epoch,
    chain,
  )
  return row && { chain, ...row }
}
