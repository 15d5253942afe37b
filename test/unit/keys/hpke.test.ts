/** HPKE by Node's own functions: RFC 9180, appendix A.1.1, and the library alone at the other end. */
import { Aes128Gcm, Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core'
import { describe, expect, test } from 'vitest'
import { fromHex, joined, toHex } from '../../../src/bytes.ts'
import { openAnswerWith, openWith, openWithPrivate, publicHalf, sealTo } from '../../../src/keys/hpke.ts'
import { Unopenable } from '../../../src/keys/keys.ts'
import { privateKeyOf, publicBytesOf, publicKeyOf } from '../../../src/keys/raw-keys.ts'
import type { Runtime } from '../../../src/runtime.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const range = (from: number, to: number) => Uint8Array.from({ length: to - from + 1 }, (_, index) => from + index)
const [seed, plain, info, aad] = [range(1, 32), range(5, 90), range(7, 19), range(100, 140)]

describe('RFC 9180, A.1.1', () => {
  const recipientSeed = fromHex('6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037')
  const ephemeral = fromHex('37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431')

  test('a pair is derived from its seed', async () => {
    expect(toHex(await publicHalf(recipientSeed))).toBe(
      '3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d',
    )
    expect(await publicHalf(fromHex('7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234'))).toEqual(
      ephemeral,
    )
  })

  test('the first message opens', async () => {
    const ciphertext = fromHex(
      'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
    )
    const binding = { info: fromHex('4f6465206f6e2061204772656369616e2055726e'), aad: fromHex('436f756e742d30') }
    const opened = await openAnswerWith(recipientSeed, { encapsulated: ephemeral, ciphertext }, binding)
    expect(new TextDecoder().decode(opened)).toBe('Beauty is truth, truth beauty')
  })
})

describe('the library alone', () => {
  const withLibrary = (aead: Aes128Gcm) =>
    new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead })

  test('opens what is sealed here', async () => {
    const library = withLibrary(new Aes256Gcm())
    const recipientKey = await library.kem.deriveKeyPair(seed.slice().buffer)
    const sealed = Uint8Array.from(await sealTo(new VirtualRuntime(), await publicHalf(seed), plain, info))
    const opening = { recipientKey, enc: sealed.slice(0, 32).buffer, info: info.slice().buffer }
    expect(new Uint8Array(await library.open(opening, sealed.slice(32).buffer))).toEqual(plain)
  })

  test('seals what opens here', async () => {
    const library = withLibrary(new Aes256Gcm())
    const { publicKey, privateKey } = await library.kem.deriveKeyPair(seed.slice().buffer)
    const { enc, ct } = await library.seal(
      { recipientPublicKey: publicKey, info: info.slice().buffer },
      plain.slice().buffer,
    )
    const sealed = joined(new Uint8Array(enc), new Uint8Array(ct))
    expect(await openWith(seed, sealed, info)).toEqual(plain)
    const scalar = new Uint8Array(await library.kem.serializePrivateKey(privateKey))
    expect(await openWithPrivate(scalar, sealed, info)).toEqual(plain)
  })

  test('seals an answer that opens here', async () => {
    const library = withLibrary(new Aes128Gcm())
    const recipientPublicKey = await library.kem.deserializePublicKey(new Uint8Array(await publicHalf(seed)).buffer)
    const sender = { recipientPublicKey, info: info.slice().buffer }
    const { enc, ct } = await library.seal(sender, plain.slice().buffer, aad.slice().buffer)
    const sealed = { encapsulated: new Uint8Array(enc), ciphertext: new Uint8Array(ct) }
    expect(await openAnswerWith(seed, sealed, { info, aad })).toEqual(plain)
    await expect(openAnswerWith(seed, sealed, { info, aad: info })).rejects.toThrow(Unopenable)
  })
})

test('nothing is sealed to a key with which everybody agrees on the same', async () => {
  await expect(sealTo(new VirtualRuntime(), new Uint8Array(32), plain, info)).rejects.toThrow()
})

test('what is cut short, changed anywhere or bound to something else does not open', async () => {
  const sealed = Uint8Array.from(await sealTo(new VirtualRuntime(), await publicHalf(seed), plain, info))
  for (const length of [0, 31, 32, 47, sealed.length - 1])
    await expect(openWith(seed, sealed.subarray(0, length), info)).rejects.toThrow(Unopenable)
  for (const at of [0, 32, sealed.length - 17, sealed.length - 1]) {
    const changed = sealed.map((byte, index) => (index === at ? byte ^ 1 : byte))
    await expect(openWith(seed, changed, info)).rejects.toThrow(Unopenable)
  }
  await expect(openWith(seed, sealed, aad)).rejects.toThrow(Unopenable)
  expect(await openWith(seed, sealed, info)).toEqual(plain)
})

test('chance is asked for once for each message', async () => {
  const asked: number[] = []
  const runtime: Pick<Runtime, 'random'> = {
    random: count => {
      asked.push(count)
      return range(1, count)
    },
  }
  await sealTo(Object.assign(new VirtualRuntime(), runtime), await publicHalf(seed), plain, info)
  expect(asked).toEqual([32])
})

/** RFC 9180, A.1.1, the ephemeral pair; RFC 8032 section 7.1, test 1. */
test.each([
  {
    crv: 'X25519',
    secret: '52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736',
    half: '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431',
  },
  {
    crv: 'Ed25519',
    secret: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    half: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  },
] as const)('the public half of a private key on $crv', ({ crv, secret, half }) => {
  expect(toHex(publicBytesOf(privateKeyOf(crv, fromHex(secret))))).toBe(half)
  expect(publicKeyOf(crv, fromHex(half)).export({ format: 'der', type: 'spki' }).subarray(-32)).toEqual(
    Buffer.from(half, 'hex'),
  )
  expect(() => publicKeyOf(crv, fromHex(half.slice(2)))).toThrow(RangeError)
  expect(() => privateKeyOf(crv, fromHex(`${secret}00`))).toThrow(RangeError)
})
