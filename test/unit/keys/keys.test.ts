import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sealHpke } from '../../../src/card/cose/hpke.ts'
import { isSignedBy as isSignedByCardKey } from '../../../src/card/cose/signing.ts'
import { openWith, publicHalf, seal, sealTo } from '../../../src/keys/hpke.ts'
import { openKeyFolder } from '../../../src/keys/key-folder.ts'
import { isSignedBy, Unopenable } from '../../../src/keys/keys.ts'
import { memoryKeys, softKeys } from '../../../src/keys/soft-keys.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openByHand } from './hpke-by-hand.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a key store', () => {
  test('signs, and the signature is of that message by that key', async () => {
    const keys = await memoryKeys(systemRuntime)
    const signature = await keys.sign('envelope', bytes('pay'))
    expect(isSignedBy(keys.publicKey('envelope'), bytes('pay'), signature)).toBe(true)
    expect(isSignedBy(keys.publicKey('envelope'), bytes('paY'), signature)).toBe(false)
    expect(isSignedBy(keys.publicKey('ledger'), bytes('pay'), signature)).toBe(false)
    const renamed = { ...signature, keyId: keys.publicKey('ledger').keyId }
    expect(isSignedBy(keys.publicKey('ledger'), bytes('pay'), renamed)).toBe(false)
  })

  test('opens what was sealed to it, in the same context only', async () => {
    const keys = await memoryKeys(systemRuntime)
    const sealed = await seal(systemRuntime, keys.publicKey('receive'), bytes('12345678'), bytes('batch 1, serial 2'))
    expect(await keys.open(sealed, bytes('batch 1, serial 2'))).toEqual(bytes('12345678'))
    await expect(keys.open(sealed, bytes('batch 1, serial 3'))).rejects.toThrow(Unopenable)
    const other = await memoryKeys(systemRuntime)
    await expect(other.open(sealed, bytes('batch 1, serial 2'))).rejects.toThrow(Unopenable)
    for (let i = 0; i < sealed.bytes.length; i += 7) {
      const changed = { ...sealed, bytes: sealed.bytes.map((byte, at) => (at === i ? byte ^ 1 : byte)) }
      await expect(keys.open(changed, bytes('batch 1, serial 2'))).rejects.toThrow(Unopenable)
    }
  })

  test('wraps values for one owner each', async () => {
    const keys = await memoryKeys(systemRuntime)
    const wrapped = await keys.wrap(bytes('hash'), 'pin 1')
    expect(Buffer.from(await keys.unwrap(wrapped, 'pin 1'))).toEqual(Buffer.from('hash'))
    await expect(keys.unwrap(wrapped, 'pin 2')).rejects.toThrow(Unopenable)
  })

  test('after a rotation uses the new key and still reads the old', async () => {
    const keys = await memoryKeys(systemRuntime)
    const [wrapped, signature] = [await keys.wrap(bytes('hash'), 'x'), await keys.sign('ledger', bytes('head'))]
    const old = keys.publicKey('ledger')
    await keys.rotate('pepper')
    await keys.rotate('ledger')
    expect(keys.isOutdated(wrapped)).toBe(true)
    expect(Buffer.from(await keys.unwrap(wrapped, 'x'))).toEqual(Buffer.from('hash'))
    expect(keys.publicKey('ledger').keyId).not.toBe(old.keyId)
    expect(keys.publicKeys().some(key => isSignedBy(key, bytes('head'), signature))).toBe(true)
  })

  test('fingerprints tell secrets apart and not what they are', async () => {
    const keys = await memoryKeys(systemRuntime)
    const print = await keys.fingerprint(new Secret('123456'))
    expect(await keys.fingerprint(new Secret('123456'))).toBe(print)
    expect(await keys.fingerprint(new Secret('123457'))).not.toBe(print)
    expect(await (await memoryKeys(systemRuntime)).fingerprint(new Secret('123456'))).not.toBe(print)
  })

  test('is the same from the same seed', async () => {
    const [a, b, c] = await Promise.all([1, 1, 2].map(seed => memoryKeys(new VirtualRuntime({ seed }))))
    expect(a?.publicKeys()).toEqual(b?.publicKeys())
    expect(a?.publicKeys()).not.toEqual(c?.publicKeys())
  })
})

test('sealing is HPKE: a recipient written by hand from RFC 9180 opens it', async () => {
  const seed = bytes('0123456789abcdef0123456789abcdef')
  const half = await publicHalf(seed)
  expect(half).toEqual(new Uint8Array(openByHand(seed).publicKey))
  const sealed = await sealTo(systemRuntime, half, bytes('hello'), bytes('info'))
  expect(openByHand(seed).open(sealed, bytes('info')).toString()).toBe('hello')
  expect(await openWith(seed, sealed, bytes('info'))).toEqual(bytes('hello'))
})

describe('a folder of keys', () => {
  let folder: string
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'tonebank-keys-')), 'keys')
  })
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }))

  test('keeps them, one file each, for its owner alone', async () => {
    const before = await openKeyFolder(systemRuntime, folder)
    const signature = await before.sign('ledger', bytes('head'))
    const after = await openKeyFolder(systemRuntime, folder)
    expect(isSignedBy(after.publicKey('ledger'), bytes('head'), signature)).toBe(true)
    const files = readdirSync(folder)
    expect(files).toHaveLength(6)
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600)
  })

  test('remembers a rotation', async () => {
    const before = await openKeyFolder(systemRuntime, folder)
    const keyId = await before.rotate('envelope')
    const after = await openKeyFolder(systemRuntime, folder)
    expect(after.publicKey('envelope').keyId).toBe(keyId)
    expect(after.publicKeys()).toHaveLength(5)
  })

  test('is refused when others may read it', async () => {
    await openKeyFolder(systemRuntime, folder)
    const [file = ''] = readdirSync(folder)
    chmodSync(join(folder, file), 0o644)
    await expect(openKeyFolder(systemRuntime, folder)).rejects.toThrow('others may read')
  })
})

describe('keys for cards', () => {
  const binding = { info: bytes('whose'), aad: bytes('what') }
  const sealedTo = async (key: Uint8Array) =>
    sealHpke(length => systemRuntime.random(length), key, bytes('12345678'), binding)

  test('are made when they are first asked for, once, and kept', async () => {
    const kept: string[] = []
    const keys = await softKeys(systemRuntime, [], ({ purpose }) => kept.push(purpose))
    expect(kept).not.toContain('answer')
    const [first, second] = await Promise.all([keys.answerKeys(), keys.answerKeys()])
    expect(second).toEqual(first)
    expect(kept.filter(purpose => purpose === 'answer')).toHaveLength(1)
    const [one, other] = await Promise.all([keys.signDirectory(bytes('a')), keys.signDirectory(bytes('a'))])
    expect(other).toEqual(one)
    const key = { algorithm: 'Ed25519', bytes: one.key } as const
    expect(await isSignedByCardKey(key, bytes('a'), one.signature)).toBe(true)
    expect(kept.filter(purpose => purpose === 'directory')).toHaveLength(1)
  })

  test('open what was sealed by the card’s HPKE, under that binding only', async () => {
    const keys = await memoryKeys(systemRuntime)
    const [{ keyId, bytes: key, number }] = await keys.answerKeys()
    expect(number).toBe(1)
    const sealed = await sealedTo(key)
    expect(await keys.openAnswer(keyId, sealed, binding)).toEqual(bytes('12345678'))
    await expect(keys.openAnswer(keyId, sealed, { ...binding, aad: bytes('that') })).rejects.toThrow(Unopenable)
    await expect(keys.openAnswer(keyId, sealed, { ...binding, info: bytes('mine') })).rejects.toThrow(Unopenable)
    await expect(keys.openAnswer(keys.publicKey('receive').keyId, sealed, binding)).rejects.toThrow(Unopenable)
    const other = await memoryKeys(systemRuntime)
    const [{ keyId: others }] = await other.answerKeys()
    await expect(other.openAnswer(others, sealed, binding)).rejects.toThrow(Unopenable)
  })

  test('after a rotation the new one comes first, under another number, and the old one still opens', async () => {
    const keys = await memoryKeys(systemRuntime)
    const [old] = await keys.answerKeys()
    const sealed = await sealedTo(old.bytes)
    await keys.rotate('answer')
    const all = await keys.answerKeys()
    expect(all.map(({ number }) => number)).toEqual([2, 1])
    expect(await keys.openAnswer(old.keyId, sealed, binding)).toEqual(bytes('12345678'))
  })
})
