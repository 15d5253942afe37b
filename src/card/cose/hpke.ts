/**
 * HPKE base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM: COSE's HPKE-3. One message for one
 * recipient; chance is handed in.
 */
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { exact } from './subtle.ts'

/** Bytes of an encapsulated key, and of what encryption adds. */
export const encapsulatedLength = 32
export const tagLength = 16

export type Random = (byteCount: number) => Uint8Array

/** What a message is bound to, besides its recipient. */
export interface Binding {
  readonly info: Uint8Array
  readonly aad: Uint8Array
}

export interface HpkeMessage {
  readonly encapsulated: Uint8Array
  readonly ciphertext: Uint8Array
}

/**
 * Opens what was sealed to one X25519 key: the private half stays with whoever holds it. Rejects when the message is for another
 * key, has another binding, or was changed, which cannot be told apart.
 */
export type Opener = (message: HpkeMessage, binding: Binding) => Promise<Uint8Array>

function suite(): CipherSuite {
  return new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() })
}

/** `publicKey`: 32 bytes (RFC 7748). */
export async function sealHpke(
  random: Random,
  publicKey: Uint8Array,
  plain: Uint8Array,
  { info, aad }: Binding,
): Promise<HpkeMessage> {
  const hpke = suite()
  // Otherwise the library draws by itself. RFC 9180 section 7.1.3: a key pair derived from 32 random bytes is a fresh one.
  const ekm = exact(random(32)).buffer
  const recipientPublicKey = await hpke.kem.deserializePublicKey(exact(publicKey).buffer)
  const sender = await hpke.createSenderContext({ recipientPublicKey, info: exact(info).buffer, ekm })
  const ciphertext = await sender.seal(exact(plain).buffer, exact(aad).buffer)
  return { encapsulated: new Uint8Array(sender.enc), ciphertext: new Uint8Array(ciphertext) }
}

/** Opens with the 32 bytes of an X25519 private key. */
export function openerWith(privateKey: Uint8Array): Opener {
  return async ({ encapsulated, ciphertext }, { info, aad }) => {
    const hpke = suite()
    const recipientKey = await hpke.kem.deserializePrivateKey(exact(privateKey).buffer)
    const enc = exact(encapsulated).buffer
    const recipient = await hpke.createRecipientContext({ recipientKey, enc, info: exact(info).buffer })
    return new Uint8Array(await recipient.open(exact(ciphertext).buffer, exact(aad).buffer))
  }
}
