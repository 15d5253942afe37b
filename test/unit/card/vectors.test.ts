/** Signatures and encryption against published vectors, whose sources stand in the fixtures. */
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/bytes.ts'
import { encrypt0, openEncrypt0 } from '../../../src/card/cose/encrypt0.ts'
import { openerWith, sealHpke } from '../../../src/card/cose/hpke.ts'
import { NotCose } from '../../../src/card/cose/message.ts'
import { encodeSign1, isSign1By, parseSign1, protectedHeaderOf, toBeSigned } from '../../../src/card/cose/sign1.ts'
import { isSignedBy, type SigningAlgorithm, sign, signingKeyOf } from '../../../src/card/cose/signing.ts'
import hpke3 from '../../fixtures/card/cose-hpke-3.json' with { type: 'json' }
import cose from '../../fixtures/card/cose-sign1.json' with { type: 'json' }
import primitives from '../../fixtures/card/primitives.json' with { type: 'json' }
import { seeded } from './cast.ts'

const text = (words: string) => new TextEncoder().encode(words)
/** The vectors' messages begin with their tag, of one byte; ours have none. */
const untagged = (message: string) => fromHex(message).slice(1)
const publicKey = (algorithm: SigningAlgorithm) => ({ algorithm, bytes: fromHex(cose.keys[algorithm].public) })

describe('COSE_Sign1', () => {
  test.each(cose.sign1.filter(({ outcome }) => outcome !== 'not ours'))('$title', async vector => {
    const algorithm = vector.algorithm as SigningAlgorithm
    const message = parseSign1(untagged(vector.message))
    const aad = fromHex(vector.externalAad)
    expect(message.algorithm).toBe(algorithm)
    expect(await isSign1By(publicKey(algorithm), message, aad)).toBe(vector.outcome === 'signed')
    if (vector.toBeSigned !== '') expect(toHex(toBeSigned(message, aad))).toBe(vector.toBeSigned)
  })

  test.each(cose.sign1.filter(({ outcome }) => outcome === 'not ours'))('$title', ({ message }) => {
    expect(() => parseSign1(untagged(message))).toThrow(NotCose)
  })

  test.each(['Ed25519', 'P-256'] as const)(
    'of %s goes there and back, with its own key and algorithm alone',
    async algorithm => {
      const key = await signingKeyOf(algorithm, fromHex(cose.keys[algorithm].private))
      expect(toHex(key.bytes)).toBe(cose.keys[algorithm].public)
      const payload = text(cose.plaintext)
      const signature = await sign(key, toBeSigned({ protectedHeader: protectedHeaderOf(algorithm), payload }))
      expect(signature).toHaveLength(64)
      const message = parseSign1(encodeSign1(algorithm, payload, signature))
      expect(await isSign1By(key, message)).toBe(true)
      expect(await isSign1By(key, message, text('another context'))).toBe(false)
      const other = algorithm === 'Ed25519' ? 'P-256' : 'Ed25519'
      expect(await isSign1By(publicKey(other), message)).toBe(false)
      expect(await isSign1By({ algorithm, bytes: new Uint8Array(3) }, message)).toBe(false)
    },
  )
})

test.each(primitives.ed25519.tests)('Ed25519 of $message (RFC 8032)', async vector => {
  const key = await signingKeyOf('Ed25519', fromHex(vector.private))
  expect(toHex(key.bytes)).toBe(vector.public)
  expect(toHex(await sign(key, fromHex(vector.message)))).toBe(vector.signature)
})

test('P-256 with SHA-256 (RFC 6979)', async () => {
  const { p256 } = primitives
  const key = await signingKeyOf('P-256', fromHex(p256.private))
  expect(toHex(key.bytes)).toBe(p256.public)
  expect(await isSignedBy(key, fromHex(p256.message), fromHex(p256.signature))).toBe(true)
  expect(await isSignedBy(key, text('sampl'), fromHex(p256.signature))).toBe(false)
})

test('HPKE with X25519, HKDF-SHA256, AES-128-GCM (RFC 9180)', async () => {
  const { hpke } = primitives
  const binding = { info: fromHex(hpke.info), aad: fromHex(hpke.aad) }
  const sealed = await sealHpke(() => fromHex(hpke.ikmE), fromHex(hpke.public), fromHex(hpke.plaintext), binding)
  expect(toHex(sealed.encapsulated)).toBe(hpke.encapsulated)
  expect(toHex(sealed.ciphertext)).toBe(hpke.ciphertext)
  expect(toHex(await openerWith(fromHex(hpke.private))(sealed, binding))).toBe(hpke.plaintext)
})

describe('COSE_Encrypt0 with HPKE-3', () => {
  const open = openerWith(fromHex(hpke3.private))

  test.each(hpke3.encrypt0)('$title', async ({ message, externalAad, externalInfo }) => {
    const context = {
      ...(externalAad ? { aad: text(hpke3.aad) } : {}),
      ...(externalInfo ? { info: text(hpke3.info) } : {}),
    }
    expect(await openEncrypt0(open, untagged(message), context)).toEqual(text(hpke3.plaintext))
    await expect(openEncrypt0(open, untagged(message), { aad: text('other') })).rejects.toThrow()
    await expect(openEncrypt0(open, untagged(message), { info: text('other') })).rejects.toThrow()
  })

  test('every single-bit change of a message is refused', async () => {
    const message = await encrypt0(seeded(1), fromHex(hpke3.public), text(hpke3.plaintext))
    expect(await openEncrypt0(open, message)).toEqual(text(hpke3.plaintext))
    for (let bit = 0; bit < message.length * 8; bit++) {
      const changed = message.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      await expect(openEncrypt0(open, changed), `bit ${bit}`).rejects.toThrow()
    }
  })
})
