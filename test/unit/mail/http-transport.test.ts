/** Bytes over TLS between institutions that have pinned each other, and nobody else. */
import { createPrivateKey } from 'node:crypto'
import { connect as connectPlain } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { InstitutionId } from '../../../src/ids.ts'
import { selfSigned } from '../../../src/keys/certificate.ts'
import type { KeyStore } from '../../../src/keys/keys.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { knock } from '../../../src/mail/doors.ts'
import { type HttpEntrance, type HttpTransport, httpEntrance, httpTransport } from '../../../src/mail/http-transport.ts'
import { ownCard, type PeerCard } from '../../../src/mail/peers.ts'
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
  expect(selfSigned(other)).toEqual(stranger)
  expect(await say({ cert: stranger.certificate, key: stranger.privateKey }, posting)).toBe('')
  expect(await say({ cert: undefined, key: undefined }, posting)).toBe('')
  expect(await say({ servername: 'shop' }, posting)).toBe('')
  expect(await say({ servername: `${'0'.repeat(32)}.shop` }, posting)).toBe('')
  expect(await say({ maxVersion: 'TLSv1.2' }, posting)).toBe('')
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
