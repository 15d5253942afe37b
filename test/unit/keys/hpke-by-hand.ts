/** The recipient's half of HPKE base mode, written from RFC 9180 with node:crypto alone: X25519, HKDF-SHA256, AES-256-GCM. */
import { createDecipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'

const text = (ascii: string) => Buffer.from(ascii)
const none = Buffer.alloc(0)
const kemSuite = Buffer.concat([text('KEM'), Buffer.from([0x00, 0x20])])
const hpkeSuite = Buffer.concat([text('HPKE'), Buffer.from([0x00, 0x20, 0x00, 0x01, 0x00, 0x02])])

/** Section 4, LabeledExtract. */
function extract(suite: Buffer, salt: Buffer, label: string, ikm: Uint8Array): Buffer {
  return createHmac('sha256', salt).update(text('HPKE-v1')).update(suite).update(label).update(ikm).digest()
}

/** Section 4, LabeledExpand, for up to one block. */
function expand(suite: Buffer, prk: Buffer, label: string, info: Uint8Array, length: number): Buffer {
  const mac = createHmac('sha256', prk)
    .update(Buffer.from([0, length]))
    .update(text('HPKE-v1'))
    .update(suite)
  return mac
    .update(label)
    .update(info)
    .update(Buffer.from([1]))
    .digest()
    .subarray(0, length)
}

export function openByHand(ikm: Uint8Array) {
  // Section 7.1.3, DeriveKeyPair
  const secretKey = expand(kemSuite, extract(kemSuite, none, 'dkp_prk', ikm), 'sk', none, 32)
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), secretKey])
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)

  const open = (sealed: Uint8Array, info: Uint8Array): Buffer => {
    // Section 4.1, Decap
    const enc = sealed.subarray(0, 32)
    const spki = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), enc])
    const dh = diffieHellman({ privateKey, publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }) })
    const context = Buffer.concat([enc, publicKey])
    const shared = expand(kemSuite, extract(kemSuite, none, 'eae_prk', dh), 'shared_secret', context, 32)
    // Section 5.1, KeySchedule in mode_base
    const schedule = Buffer.concat([
      Buffer.from([0]),
      extract(hpkeSuite, none, 'psk_id_hash', none),
      extract(hpkeSuite, none, 'info_hash', info),
    ])
    const secret = extract(hpkeSuite, shared, 'secret', none)
    const key = expand(hpkeSuite, secret, 'key', schedule, 32)
    const nonce = expand(hpkeSuite, secret, 'base_nonce', schedule, 12)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    decipher.setAuthTag(sealed.subarray(-16))
    return Buffer.concat([decipher.update(sealed.subarray(32, -16)), decipher.final()])
  }
  return { publicKey, open }
}
