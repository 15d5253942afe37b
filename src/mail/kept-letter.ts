/**
 * Letters that the other end keeps, with their sender's signature: what they carry is known again by books that went back in time to
 * before they were written. Whoever tells such books what they had written shows the letter; nothing else proves it.
 */
import { z } from 'zod'
import { bytes } from '../bytes.ts'
import type { InstitutionId } from '../ids.ts'
import { isSignedBy, type KeyStore } from '../keys/keys.ts'
import type { ReadTx } from '../store/store.ts'
import { type ContentOf, decodeContent } from './letter.ts'
import { ownKeys } from './own-keys.ts'

/** Bytes of an Ed25519 signature (RFC 8032). */
const signatureLength = 64

/** A letter's canonical bytes as they came, and their signature by its sender's envelope key. */
export const keptLetter = z.object({
  content: bytes,
  signature: bytes.refine(({ length }) => length === signatureLength),
})

export type KeptLetter = z.output<typeof keptLetter>

/** The newest letter of the peer with a header of a file or statement that has these bytes in it; undefined: none was taken. */
export async function keptLetterWith(
  tx: ReadTx,
  tenant: InstitutionId,
  peer: InstitutionId,
  header: Uint8Array,
): Promise<KeptLetter | undefined> {
  const row = await tx.one<KeptLetter>(
    `SELECT content, signature FROM clearing_inbox WHERE tenant = ? AND peer = ?
       AND type IN ('day-end-file', 'host-file', 'host-file-sections', 'net-statement') AND instr(content, ?) > 0
     ORDER BY epoch DESC, sequence DESC LIMIT 1`,
    ...[tenant, peer, header],
  )
  return row && { content: new Uint8Array(row.content), signature: new Uint8Array(row.signature) }
}

/** The letter, if one of our own keys signed it, the newest or any before. Undefined: it did not, or it is not from us to that peer. */
export async function ownLetter(
  tx: ReadTx,
  keys: Pick<KeyStore, 'publicKeys'>,
  { from, to }: { readonly from: InstitutionId; readonly to: InstitutionId },
  { content: encoded, signature }: KeptLetter,
): Promise<ContentOf<'letter'> | undefined> {
  const own = [...keys.publicKeys(), ...(await ownKeys(tx, from))].filter(({ purpose }) => purpose === 'envelope')
  if (!own.some(key => isSignedBy(key, encoded, { keyId: key.keyId, bytes: signature }))) return undefined
  const content = decodeContent(encoded)
  return content.kind === 'letter' && content.from === from && content.to === to ? content : undefined
}
