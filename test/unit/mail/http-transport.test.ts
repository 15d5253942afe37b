/** Bytes over TLS between institutions that have pinned each other, and nobody else. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { connect as connectPlain } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { InstitutionId } from '../../../src/ids.ts'
import { selfSigned } from '../../../src/keys/certificate.ts'
import type { KeyStore } from '../../../src/keys/keys.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { knock } from '../../../src/mail/doors.ts'
import { type HttpEntrance, type HttpTransport, httpEntrance, httpTransport } from '../../../src/mail/http-transport.ts'
import { type KnownPeer, ownCard, type PeerCard } from '../../../src/mail/peers.ts'
import type { Credentials } from '../../../src/mail/transport.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { institutionId } from '../../support/ids.ts'

const [shop, bank] = [institutionId('shop'), institutionId('bank')]
let entrance: HttpEntrance
let transport: HttpTransport
let shopKeys: KeyStore
let bankKeys: KeyStore
beforeEach(async () => {
  entrance = await httpEntrance({ host: '127.0.0.1', port: 0 })
  const address = `https://127.0.0.1:${entrance.port}`
  transport = httpTransport(systemRuntime, { shop: address, nobody: address, closed: 'https://127.0.0.1:1' })
  shopKeys = await memoryKeys(systemRuntime)
  bankKeys = await memoryKeys(systemRuntime)
})
afterEach(async () => {
  transport.close()
  await entrance.close()
})

const credentials = (institution: InstitutionId, keys: KeyStore, peers: readonly PeerCard[]): Credentials => ({
  institution,
  identity: keys.transportIdentity(),
  key: keys.publicKey('transport'),
  peers: () => peers,
})
const atShop = (peers = [ownCard(bank, bankKeys)]) => credentials(shop, shopKeys, peers)
const atBank = (peers = [ownCard(shop, shopKeys)]) => credentials(bank, bankKeys, peers)

test('bytes go there, and the answer comes back', async () => {
  await entrance.listen(shop, async bytes => Uint8Array.from([...bytes].reverse()), atShop())
  expect([...(await transport.deliver(shop, Uint8Array.of(1, 2, 3), 1_000, atBank()))]).toEqual([3, 2, 1])
  expect([...(await transport.deliver(shop, Uint8Array.of(4, 5), 1_000, atBank()))]).toEqual([5, 4])
})

test('who is not there is undeliverable, and who does not answer in time has a deadline', async () => {
  const bytes = Uint8Array.of(1)
  const others = ['nobody', 'closed'].map(id => ownCard(institutionId(id), shopKeys))
  const as = atBank([ownCard(shop, shopKeys), ...others])
  const deliver = (to: string, ms = 1_000) => transport.deliver(institutionId(to), bytes, ms, as)
  await expect(deliver('nobody')).rejects.toThrow('cannot deliver to nobody')
  await expect(deliver('closed')).rejects.toThrow('cannot deliver to closed')
  await expect(deliver('unheard-of')).rejects.toThrow('no address')
  await entrance.listen(shop, () => new Promise(() => {}), atShop())
  await expect(deliver('shop', 200)).rejects.toThrow('no answer within 200 ms')
})

test('an institution that cannot answer gives none', async () => {
  await entrance.listen(shop, () => Promise.reject(new Error('closing')), atShop())
  await expect(transport.deliver(shop, Uint8Array.of(1), 1_000, atBank())).rejects.toThrow('status 503')
})

test('a body of more than a mebibyte is cut off', async () => {
  let received = 0
  const receiver = async (bytes: Uint8Array) => {
    received = bytes.length
    return bytes
  }
  await entrance.listen(shop, receiver, atShop())
  await expect(transport.deliver(shop, new Uint8Array((1 << 20) + 1), 2_000, atBank())).rejects.toThrow(
    'cannot deliver',
  )
  expect(received).toBe(0)
})

test('nobody is let in but a pinned peer, and nobody is talked to but the pinned one', async () => {
  let received = 0
  const countingReceiver = async (bytes: Uint8Array) => {
    received++
    return bytes
  }
  await entrance.listen(shop, countingReceiver, atShop())
  const stranger = await memoryKeys(systemRuntime)
  // It knows both cards and shows a certificate of its own.
  const pretender = { ...atBank(), identity: stranger.transportIdentity() }
  await expect(transport.deliver(shop, Uint8Array.of(1), 1_000, pretender)).rejects.toThrow('cannot deliver')
  const unknown = credentials(bank, stranger, [ownCard(shop, shopKeys)])
  await expect(transport.deliver(shop, Uint8Array.of(1), 1_000, unknown)).rejects.toThrow('cannot deliver')
  // Somebody else answers at the shop's address: by the knock it lets the bank in.
  const impostor = await httpEntrance({ host: '127.0.0.1', port: 0 })
  const there = httpTransport(systemRuntime, { shop: `https://127.0.0.1:${impostor.port}` })
  await impostor.listen(shop, countingReceiver, {
    ...atShop(),
    identity: stranger.transportIdentity(),
  })
  await expect(there.deliver(shop, Uint8Array.of(1), 1_000, atBank())).rejects.toThrow('the key that is pinned')
  there.close()
  await impostor.close()
  // A card of version 0.1.0 has no key to pin.
  const old = { ...ownCard(shop, shopKeys), transport: undefined }
  await expect(transport.deliver(shop, Uint8Array.of(1), 1_000, atBank([old]))).rejects.toThrow('pin its new card')
  expect(received).toBe(0)
})

const name = () =>
  knock(
    { institution: bank, key: bankKeys.publicKey('transport').bytes },
    { institution: shop, key: shopKeys.publicKey('transport').bytes },
  )

/** What comes back for bytes sent as soon as the handshake is done at this end; empty: hung up on. */
function say(options: ConnectionOptions, text: string): Promise<string> {
  return new Promise(resolve => {
    const { certificate: cert, privateKey: key } = bankKeys.transportIdentity()
    const socket = connect({
      ...{ host: '127.0.0.1', port: entrance.port, servername: name(), cert, key, rejectUnauthorized: false },
      ...options,
    })
    let heard = ''
    socket.on('data', data => {
      heard += data.toString()
      socket.destroy()
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(heard.split('\r\n')[0] ?? ''))
    socket.write(text)
  })
}

const posting = 'POST /clearing/shop HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n'

test('a stranger gets no further than the handshake', async () => {
  await entrance.listen(shop, async bytes => bytes, atShop())
  expect(await say({}, posting)).toContain('200')
  const stranger = (await memoryKeys(systemRuntime)).transportIdentity()
  const other = createPrivateKey(stranger.privateKey)
  expect(selfSigned(other).certificate).not.toBe(stranger.certificate)
  expect(await say({ cert: selfSigned(other).certificate, key: stranger.privateKey }, posting)).toBe('')
  expect(await say({ cert: stranger.certificate, key: stranger.privateKey }, posting)).toBe('')
  expect(await say({ cert: undefined, key: undefined }, posting)).toBe('')
  expect(await say({ servername: 'shop' }, posting)).toBe('')
  expect(await say({ servername: `${'0'.repeat(32)}.shop` }, posting)).toBe('')
  expect(await say({ maxVersion: 'TLSv1.2' }, posting)).toBe('')
})

test('a certificate says until when its key is to be used, and is the same whenever it is made', () => {
  const { certificate } = shopKeys.transportIdentity()
  expect(shopKeys.transportIdentity().certificate).toBe(certificate)
  const { validFrom, validTo, subject } = new X509Certificate(certificate)
  const days = (Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000
  expect([days, subject]).toEqual([397, 'CN=tonebank'])
  const key = createPrivateKey(shopKeys.transportIdentity().privateKey)
  const of = (from: number, until: number) => new X509Certificate(selfSigned(key, { from, until }).certificate)
  const late = of(Date.UTC(2049, 11, 31, 23, 59, 59), Date.UTC(2050, 0, 1))
  expect([late.validFrom, late.validTo]).toEqual(['Dec 31 23:59:59 2049 GMT', 'Jan  1 00:00:00 2050 GMT'])
  expect(new X509Certificate(selfSigned(key).certificate).validTo).toBe('Dec 31 23:59:59 9999 GMT')
})

test('a transport key is changed without cutting a connection, and the old one is let in until it is gone', async () => {
  const identities = (keys: KeyStore) =>
    keys
      .publicKeys()
      .filter(({ purpose }) => purpose === 'transport')
      .map(key => ({ key, identity: keys.transportIdentity(key.keyId) }))
  let [ofShop, ofBank] = [identities(shopKeys), [ownCard(bank, bankKeys)] as readonly KnownPeer[]]
  const open: (() => void)[] = []
  const receiver = async (bytes: Uint8Array) => {
    if (bytes[0] === 9) await new Promise<void>(resolve => open.push(resolve))
    return bytes
  }
  await entrance.listen(shop, receiver, { ...atShop(), identities: () => ofShop, peers: () => ofBank })
  const before = atBank()
  const deliver = async (as: Credentials, byte: number) => [
    ...(await transport.deliver(shop, Uint8Array.of(byte), 2_000, as)),
  ]
  expect(await deliver(before, 1)).toEqual([1])
  const underWay = deliver(before, 9)
  await expect.poll(() => open.length).toBe(1)

  const [oldShop, oldBank] = [shopKeys.publicKey('transport'), bankKeys.publicKey('transport')]
  await shopKeys.rotate('transport')
  await bankKeys.rotate('transport')
  ofShop = identities(shopKeys)
  ofBank = [{ ...ownCard(bank, bankKeys), older: [oldBank] }]
  open[0]?.()
  expect(await underWay, 'what was under way comes to its end').toEqual([9])
  expect(await deliver(before, 2), 'neither knows of the other').toEqual([2])
  const [oldOfBank] = identities(bankKeys)
  const oldToNew = { ...atBank(), ...oldOfBank }
  expect(await deliver(oldToNew, 3), 'it has heard of ours, and uses its old one').toEqual([3])
  expect(await deliver(atBank(), 4), 'both use their new ones').toEqual([4])
  const oldShopCard = { ...ownCard(shop, shopKeys), transport: oldShop }
  expect(await deliver(atBank([oldShopCard]), 5), 'it uses its new one, and has not heard of ours').toEqual([5])

  await shopKeys.destroy(oldShop.keyId)
  ofShop = identities(shopKeys)
  ofBank = [ownCard(bank, bankKeys)]
  expect(await deliver(atBank(), 6)).toEqual([6])
  const fresh = httpTransport(systemRuntime, { shop: `https://127.0.0.1:${entrance.port}` })
  for (const as of [before, oldToNew, atBank([oldShopCard])])
    await expect(fresh.deliver(shop, Uint8Array.of(7), 1_000, as)).rejects.toThrow('cannot deliver')
  fresh.close()
})

test('what is not a delivery is refused', async () => {
  await entrance.listen(shop, async bytes => bytes, atShop())
  for (const request of ['GET /clearing/shop', 'POST /clearing/bank', 'POST /clearing/../shop', 'POST /']) {
    expect(await say({}, `${request} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`)).toContain('404')
  }
})

test('a flood of connections that never shake hands does not shut a peer out', async () => {
  await entrance.listen(shop, async bytes => bytes, atShop())
  const flood = Array.from({ length: 700 }, () =>
    connectPlain(entrance.port, '127.0.0.1')
      .on('error', () => {})
      .resume(),
  )
  await expect
    .poll(() => flood.filter(({ destroyed }) => !destroyed).length, { timeout: 15_000 })
    .toBeLessThanOrEqual(512)
  expect([...(await transport.deliver(shop, Uint8Array.of(1), 2_000, atBank()))]).toEqual([1])
  for (const socket of flood) socket.destroy()
})

test('headers that never end have a deadline', async () => {
  await entrance.listen(shop, async bytes => bytes, atShop())
  const before = performance.now()
  expect(await say({}, 'POST /clearing/shop HTTP/1.1\r\nhost: ')).toMatch(/^$|408/)
  expect(performance.now() - before).toBeLessThan(8_000)
})

test('no entrance is at all addresses of a machine', async () => {
  await expect(httpEntrance({ host: '0.0.0.0', port: 0 })).rejects.toThrow('one address')
})
