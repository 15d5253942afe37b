/**
 * Encryption to a public key: HPKE base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. The
 * context goes in as `info`, so a message cannot be opened as anything but what it was meant for.
 */
import { CipherSuite } from '@hpke/core'
import { remembered } from '../remembered.ts'
import type { Runtime } from '../runtime.ts'
import { NodeAesGcm } from './aead.ts'
import { NodeHkdfSha256 } from './hkdf.ts'
import { NodeDhkemX25519 } from './kem.ts'
import { type AnswerBinding, type PublicKey, type Sealed, type SealedAnswer, Unopenable } from './keys.ts'

/** Bytes of the encapsulated key before the ciphertext. */
const encapsulatedLength = 32

/** They hold nothing of what goes through them. */
const hpke = suiteWith(256)
/** COSE's HPKE-3. */
const hpkeOfAnswers = suiteWith(128)

function suiteWith(bits: 128 | 256): CipherSuite {
  return new CipherSuite({ kem: new NodeDhkemX25519(), kdf: new NodeHkdfSha256(), aead: new NodeAesGcm(bits) })
}

/** Encrypts `plain` so that only the holder of `recipient`'s private half can open it, in the same context. */
export function seal(runtime: Runtime, recipient: PublicKey, plain: Uint8Array, context: Uint8Array): Promise<Sealed> {
  return runtime.offThread(
    (async () => ({ keyId: recipient.keyId, bytes: await sealTo(runtime, recipient.bytes, plain, context) }))(),
  )
}

/** As `seal`, to the 32 bytes of an X25519 public key. */
export async function sealTo(
  runtime: Runtime,
  publicKey: Uint8Array,
  plain: Uint8Array,
  context: Uint8Array,
): Promise<Uint8Array> {
  // Otherwise the library draws by itself. RFC 9180 section 7.1.3: a key pair derived from 32 random bytes is a fresh one.
  const ekm = exact(runtime.random(32))
  const { enc, ct } = await hpke.seal(
    {
      recipientPublicKey: await hpke.kem.deserializePublicKey(exact(publicKey)),
      info: exact(context),
      ekm,
    },
    exact(plain),
  )
  return Buffer.concat([Buffer.from(enc), Buffer.from(ct)])
}

/** @throws Unopenable. `seed`: the input keying material from which the recipient's pair was derived. */
export async function openWith(seed: Uint8Array, sealed: Uint8Array, context: Uint8Array): Promise<Uint8Array> {
  try {
    const pair = await pairOf(seed)
    const plain = await hpke.open(
      { recipientKey: pair, enc: exact(sealed.subarray(0, encapsulatedLength)), info: exact(context) },
      exact(sealed.subarray(encapsulatedLength)),
    )
    return new Uint8Array(plain)
  } catch (error) {
    throw new Unopenable(error)
  }
}

/** With AES-128-GCM, as COSE's HPKE-3 has it. @throws Unopenable. `seed`: as of `openWith`. */
export async function openAnswerWith(
  seed: Uint8Array,
  { encapsulated, ciphertext }: SealedAnswer,
  { info, aad }: AnswerBinding,
): Promise<Uint8Array> {
  try {
    const recipientKey = await pairOf(seed)
    const opening = { recipientKey, enc: exact(encapsulated), info: exact(info) }
    return new Uint8Array(await hpkeOfAnswers.open(opening, exact(ciphertext), exact(aad)))
  } catch (error) {
    throw new Unopenable(error)
  }
}

/** Deriving a pair is more than half of what opening with it costs, and a seed's bytes never change. */
const pairOf = remembered((seed: Uint8Array): Promise<CryptoKeyPair> => hpke.kem.deriveKeyPair(exact(seed)))

/** As `openWith`, by the 32 bytes of an X25519 private key. @throws Unopenable */
export async function openWithPrivate(
  privateKey: Uint8Array,
  sealed: Uint8Array,
  context: Uint8Array,
): Promise<Uint8Array> {
  try {
    const recipientKey = await hpke.kem.deserializePrivateKey(exact(privateKey))
    const [enc, ciphertext] = [sealed.subarray(0, encapsulatedLength), sealed.subarray(encapsulatedLength)]
    return new Uint8Array(await hpke.open({ recipientKey, enc: exact(enc), info: exact(context) }, exact(ciphertext)))
  } catch (error) {
    throw new Unopenable(error)
  }
}

/** The public half of the pair derived from 32 bytes (RFC 9180 section 7.1.3, DeriveKeyPair). */
export async function publicHalf(seed: Uint8Array): Promise<Uint8Array> {
  const { publicKey } = await pairOf(seed)
  return new Uint8Array(await hpke.kem.serializePublicKey(publicKey))
}

/** A buffer of just these bytes: a view may be a part of a larger one. */
function exact(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
