/** AES-GCM for HPKE (RFC 9180 section 7.3) by Node's own cipher: what it does takes less time than the way to WebCrypto's threads and back. */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { type AeadEncryptionContext, AeadId, type AeadInterface } from '@hpke/core'
import { joined } from '../bytes.ts'
import { viewOf } from './hkdf.ts'

type Bytes = ArrayBufferLike | ArrayBufferView

const tagLength = 16

export class NodeAesGcm implements AeadInterface {
  readonly id: AeadId
  readonly keySize: 16 | 32
  readonly nonceSize = 12
  readonly tagSize = tagLength

  constructor(bits: 128 | 256) {
    this.id = bits === 128 ? AeadId.Aes128Gcm : AeadId.Aes256Gcm
    this.keySize = bits === 128 ? 16 : 32
  }

  createEncryptionContext(bytes: Bytes): AeadEncryptionContext {
    const algorithm = this.keySize === 16 ? 'aes-128-gcm' : 'aes-256-gcm'
    const key = viewOf(bytes)
    return {
      seal: async (nonce, plain, aad) => {
        const cipher = createCipheriv(algorithm, key, viewOf(nonce)).setAAD(viewOf(aad))
        return joined(cipher.update(viewOf(plain)), cipher.final(), cipher.getAuthTag()).buffer
      },
      open: async (nonce, sealed, aad) => {
        const [ciphertext, tag] = [viewOf(sealed).subarray(0, -tagLength), viewOf(sealed).subarray(-tagLength)]
        const decipher = createDecipheriv(algorithm, key, viewOf(nonce), { authTagLength: tagLength })
        decipher.setAAD(viewOf(aad)).setAuthTag(tag)
        return joined(decipher.update(ciphertext), decipher.final()).buffer
      },
    }
  }
}
