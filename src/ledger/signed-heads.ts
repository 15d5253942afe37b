/**
 * Signed heads: what the journal was at a moment, under the institution's signature. They travel in clearing messages and
 * receipts and the counterparty keeps them, so that a journal whose end was cut off, or whose chain was computed again
 * after a change, no longer fits what others hold.
 */
import { fromHex, toHex } from '../bytes.ts'
import { isSignedBy, type KeyStore, type PublicKey, type Signature } from '../keys/keys.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'
import { type Head, headOf, netstring } from './journal.ts'

export interface SignedHead extends Head {
  /** The institution whose journal it is. */
  readonly signer: string
  readonly at: number
  readonly signature: Signature
}

/** Read the head in a transaction (`headOf`), sign it outside, as a key store may be slow, then keep it (`keepHead`). */
export async function signHead(
  keys: KeyStore,
  signer: string,
  head: Head,
  at: number,
  keyId?: string,
): Promise<SignedHead> {
  return { ...head, signer, at, signature: await keys.sign('ledger', headBytes(head, signer, at), keyId) }
}

/** Signs the head as it is now, and keeps it: the institution's own record of where its journal stood. */
export async function signAndKeepHead(
  store: Store,
  keys: KeyStore,
  { signer, chain, at }: { readonly signer: string; readonly chain: string; readonly at: number },
): Promise<void> {
  const head = await store.read(tx => headOf(tx, chain))
  const signed = await signHead(keys, signer, head, at)
  await store.execute(tx => keepHead(tx, signed))
}

export function isHeadSignedBy(key: PublicKey, head: SignedHead): boolean {
  return key.purpose === 'ledger' && isSignedBy(key, headBytes(head, head.signer, head.at), head.signature)
}

/** Keeps an own head, or a counterparty's that has been verified. Keeping it again does nothing. */
export async function keepHead(tx: Tx, head: SignedHead): Promise<void> {
  await tx.run(
    `INSERT INTO kept_head (chain, seq, hash, at, signer, key_id, signature) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (signer, chain, seq, key_id) DO NOTHING`,
    head.chain,
    head.seq,
    fromHex(head.hash),
    BigInt(head.at),
    head.signer,
    head.signature.keyId,
    head.signature.bytes,
  )
}

/** The heads of `signer` that were kept, oldest first: evidence for whoever audits it. */
export async function keptHeads(tx: ReadTx, signer: string): Promise<readonly SignedHead[]> {
  const rows = await tx.all<{
    chain: string
    seq: bigint
    hash: Uint8Array
    at: bigint
    key_id: string
    signature: Uint8Array
  }>('SELECT chain, seq, hash, at, key_id, signature FROM kept_head WHERE signer = ? ORDER BY chain, seq', signer)
  return rows.map(row => ({
    chain: row.chain,
    seq: row.seq,
    hash: toHex(row.hash),
    signer,
    at: Number(row.at),
    signature: { keyId: row.key_id, bytes: row.signature },
  }))
}

/** Signed are `tonebank-head-1`, signer, chain, seq, hash (hexadecimal) and at, as the journal's fields are. */
function headBytes(head: Head, signer: string, at: number): Uint8Array {
  const fields = ['tonebank-head-1', signer, head.chain, head.seq, head.hash, at]
  return Buffer.from(fields.map(netstring).join(''))
}
