/**
 * The heads of one institution that another holds, as a file for an auditor elsewhere, signed by the holder. With it books
 * can be proved whose owner is not trusted: each head names a row and its hash under the owner's own signature, and
 * whatever the owner has changed since then, the row is another or is gone.
 */

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { fromHex, sameBytes, toHex } from '../bytes.ts'
import { encodeCanonical } from '../canonical.ts'
import { type InstitutionId, institutionIdShape } from '../ids.ts'
import { isSignedBy, type KeyStore, type PublicKey } from '../keys/keys.ts'
import { readRecord } from '../store/change-log/record.ts'
import { readLog } from '../store/change-log/tables.ts'
import type { ReadTx } from '../store/store.ts'

import { type HeldHead, heldHeads } from './held-heads.ts'
import { heldLogHeads, isLogHeadOf, type SignedLogHead } from './log-heads.ts'
import { everyLedgerKey } from './peer-keys.ts'
import { fingerprint, ownCard, type PeerCard, pinnedPeers } from './peers.ts'

const hex = z
  .string()
  .regex(/^([0-9a-f]{2})*$/)
  .transform(text => new Uint8Array(fromHex(text)))
const whole = z
  .string()
  .regex(/^\d{1,19}$/)
  .transform(BigInt)
const key = z.object({ keyId: z.string(), bytes: hex })
const signed = { at: whole, keyId: z.string(), signature: hex }
const content = z.strictObject({
  format: z.literal('tonebank-heads-1'),
  /** Whose books. */
  of: institutionIdShape,
  /** The key by which the holder knows the owner's heads, and those that it has followed. */
  ledgerKey: key,
  olderLedgerKeys: z.array(key).optional(),
  holder: z.object({ institution: institutionIdShape, signing: key, receiving: key, ledger: key, transport: key }),
  exportedAt: whole,
  ledger: z.array(z.object({ chain: z.string(), seq: whole, hash: z.string().regex(/^[0-9a-f]{64}$/), ...signed })),
  log: z.array(z.object({ epoch: whole, sequence: whole, hash: hex, ...signed })),
})
const file = z.strictObject({ content, signature: hex })

export interface ExportedHeads {
  readonly of: InstitutionId
  readonly holder: InstitutionId
  /** Of the holder's card, to be compared with what the holder says by another way. */
  readonly holderFingerprint: string
  readonly exportedAt: number
  /** The owner's, as the holder knows them, the newest first. */
  readonly ownerKeys: readonly PublicKey[]
  /** An audit of the ledger verifies them, with these keys. */
  readonly ledger: readonly HeldHead[]
  /** Those that the owner's key signed; the others are counted. */
  readonly log: readonly SignedLogHead[]
  readonly forged: number
}

/** @throws Error when `of` is not a pinned peer of the holder. */
export async function exportHeads(
  tx: ReadTx,
  holder: { readonly institution: InstitutionId; readonly keys: KeyStore },
  of: InstitutionId,
  at: number,
): Promise<string> {
  const peer = (await pinnedPeers(tx, holder.institution)).find(({ institution }) => institution === of)
  if (peer === undefined) throw new Error(`${of} is not a pinned peer of ${holder.institution}`)
  const card = ownCard(holder.institution, holder.keys)
  const [, ...older] = await everyLedgerKey(tx, holder.institution, of)
  const written = {
    format: 'tonebank-heads-1',
    of,
    ledgerKey: writtenKey(peer.ledger),
    ...(older.length > 0 && { olderLedgerKeys: older.map(writtenKey) }),
    holder: {
      institution: card.institution,
      signing: writtenKey(card.signing),
      receiving: writtenKey(card.receiving),
      ledger: writtenKey(card.ledger),
      transport: writtenKey(holder.keys.publicKey('transport')),
    },
    exportedAt: `${Math.trunc(at)}`,
    ledger: (await heldHeads(tx, holder.institution, of)).map(({ chain, seq, hash, at: signedAt, signature }) => ({
      ...{ chain, seq: `${seq}`, hash, at: `${signedAt}` },
      ...{ keyId: signature.keyId, signature: toHex(signature.bytes) },
    })),
    log: (await heldLogHeads(tx, holder.institution, of)).map(head => ({
      ...{ epoch: `${head.epoch}`, sequence: `${head.sequence}`, hash: toHex(head.hash), at: `${head.at}` },
      ...{ keyId: head.keyId, signature: toHex(head.signature) },
    })),
  }
  const signature = await holder.keys.sign('envelope', signedBytes(written))
  return `${JSON.stringify({ content: written, signature: toHex(signature.bytes) }, undefined, 1)}\n`
}

/** @throws Error when it is no such file, or not what its holder signed. */
export function readExportedHeads(text: string): ExportedHeads {
  const raw: unknown = JSON.parse(text)
  const { content: read, signature } = file.parse(raw)
  const { of, holder, exportedAt, ledgerKey, olderLedgerKeys = [] } = read
  const signing: PublicKey = { ...holder.signing, purpose: 'envelope' }
  const written = (raw as { readonly content: unknown }).content
  if (!isSignedBy(signing, signedBytes(written), { keyId: signing.keyId, bytes: signature }))
    throw new Error('this is not what its holder signed')
  const card: PeerCard = {
    institution: holder.institution,
    signing,
    receiving: { ...holder.receiving, purpose: 'receive' },
    ledger: { ...holder.ledger, purpose: 'ledger' },
    transport: { ...holder.transport, purpose: 'transport' },
  }
  const ownerKeys = [ledgerKey, ...olderLedgerKeys].map((each): PublicKey => ({ ...each, purpose: 'ledger' }))
  const log = read.log.filter(head => isLogHeadOf(of, ownerKeys, head))
  const ledger = read.ledger.map(({ keyId, signature: bytes, at, ...head }) => ({
    ...{ ...head, signer: of, at: Number(at), signature: { keyId, bytes } },
  }))
  return {
    ...{ of, holder: holder.institution, holderFingerprint: fingerprint(card), exportedAt: Number(exportedAt) },
    ...{ ownerKeys, ledger, log, forged: read.log.length - log.length },
  }
}

export interface LogProof {
  /** In words: each a record that is not as its owner once signed it. */
  readonly contradictions: readonly string[]
  readonly proved: number
  /** Of records before the log's oldest checkpoint, which are no longer kept. */
  readonly untold: number
}

/**
 * Whether a change log is as its owner signed it when the holder was shown these heads. Every record's hash is computed
 * from its bytes, and each names its predecessor's.
 */
export async function proveLog(tx: ReadTx, heads: readonly SignedLogHead[]): Promise<LogProof> {
  const wanted = new Map<bigint, SignedLogHead[]>()
  for (const head of heads) wanted.set(head.sequence, [...(wanted.get(head.sequence) ?? []), head])
  const contradictions: string[] = []
  let [first, last, proved] = [0n, 0n, 0]
  let previous: Uint8Array | undefined
  for (;;) {
    const records = await readLog(tx, last, 500)
    if (records.length === 0) break
    for (const { sequence, record } of records) {
      const hash = createHash('sha256').update(record).digest()
      const named = previousOf(record)
      if (previous !== undefined && (named === undefined || !sameBytes(named, previous)))
        contradictions.push(`record ${sequence} of the change log does not follow its predecessor`)
      for (const head of wanted.get(sequence) ?? []) {
        if (sameBytes(head.hash, hash)) proved++
        else contradictions.push(`record ${sequence} of the change log is another than was signed`)
      }
      if (first === 0n) first = sequence
      ;[previous, last] = [hash, sequence]
    }
  }
  for (const sequence of wanted.keys())
    if (sequence > last) contradictions.push(`record ${sequence} of the change log was signed and is missing`)
  return { contradictions, proved, untold: [...wanted.keys()].filter(sequence => sequence < first).length }
}

function previousOf(record: Uint8Array): Uint8Array | undefined {
  try {
    return readRecord(record).previous
  } catch {
    return undefined
  }
}

function writtenKey({ keyId, bytes }: PublicKey): { readonly keyId: string; readonly bytes: string } {
  return { keyId, bytes: toHex(bytes) }
}

function signedBytes(content: unknown): Uint8Array {
  return encodeCanonical(['tonebank heads', 1, content])
}
