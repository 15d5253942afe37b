/** How a card seals the personal password: to the issuer's key, or under the key that it agreed on with the issuer. */
import { createCipheriv, createHash, hkdfSync } from 'node:crypto'
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { encode, rfc8949EncodeOptions } from 'cborg'
import { joined } from './bytes.ts'

const canonical = (value: unknown) => encode(value, rfc8949EncodeOptions)
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const exactly = (bytes: Uint8Array) => new Uint8Array(bytes).buffer

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() })

/** 56 bytes. */
export async function sealedToIssuer(
  { issuer, key }: { readonly issuer: string; readonly key: Uint8Array },
  signed: Uint8Array,
  block: Uint8Array,
): Promise<Uint8Array> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(exactly(key))
  const info = exactly(canonical(['tonebank personal password', 1, issuer]))
  const { enc, ct } = await suite.seal({ recipientPublicKey, info }, exactly(block), exactly(sha256(signed)))
  return joined(new Uint8Array(enc), new Uint8Array(ct))
}

/** 24 bytes. */
export function sealedUnderAgreedKey(agreed: Uint8Array, signed: Uint8Array, block: Uint8Array): Uint8Array {
  const info = joined(canonical(['tonebank personal password', 1, 'agreed']), sha256(signed))
  const key = new Uint8Array(hkdfSync('sha256', agreed, new Uint8Array(), info, 32))
  const cipher = createCipheriv('aes-256-gcm', key, new Uint8Array(12))
  return joined(cipher.update(block), cipher.final(), cipher.getAuthTag())
}
