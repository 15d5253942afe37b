/** The way of a call's sound over real sockets of the loopback: whose packets pass, and whose take nothing from them. */
import { createHmac } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { MediaRelay } from '../../../../src/switch/browser-edge/media-relay.ts'

const open: { close(): void }[] = []
afterEach(() => {
  for (const each of open.splice(0)) each.close()
})

async function socket(): Promise<Socket & { readonly heard: Buffer[] }> {
  const made = Object.assign(createSocket('udp4'), { heard: [] as Buffer[] })
  made.on('message', bytes => made.heard.push(bytes))
  made.bind(0, '127.0.0.1')
  await once(made, 'listening')
  open.push(made)
  return made
}

async function relayFor(peer: string): Promise<MediaRelay> {
  const relay = await MediaRelay.open('127.0.0.1', peer, systemRuntime)
  open.push(relay)
  return relay
}

/** A check by whoever knows the password. */
function checkFor({ credentials }: MediaRelay): Buffer {
  const name = Buffer.from(`${credentials.fragment}:them`.padEnd(16, ' '))
  const head = Buffer.from(`000100002112a442${'b7e7a701bc34d686fa87dfae'}`, 'hex')
  const attributes = Buffer.concat([Buffer.from([0, 6, 0, name.length]), name, Buffer.from('00250000', 'hex')])
  const begun = Buffer.concat([head, attributes])
  begun.writeUInt16BE(attributes.length + 24, 2)
  const proof = createHmac('sha1', credentials.password.reveal()).update(begun).digest()
  return Buffer.concat([begun, Buffer.from('00080014', 'hex'), proof])
}

const speech = Buffer.from([0x80, 8, ...Buffer.alloc(40)])

test('the browser’s packets pass, however many others send', async () => {
  const relay = await relayFor('127.0.0.1')
  const [browser, other, asterisk] = [await socket(), await socket(), await socket()]
  relay.connect(asterisk.address().port)
  browser.send(checkFor(relay), relay.outer.port, '127.0.0.1')
  await expect.poll(() => browser.heard.length).toBe(1)
  for (let burst = 0; burst < 15; burst++) {
    for (let packet = 0; packet < 100; packet++) other.send(speech, relay.outer.port, '127.0.0.1')
    await systemRuntime.sleep(5)
  }
  browser.send(speech, relay.outer.port, '127.0.0.1')
  await expect.poll(() => asterisk.heard).toEqual([speech])
})

test('a browser elsewhere moves its sound to no other address', async () => {
  const relay = await relayFor('192.0.2.7')
  const [victim, asterisk] = [await socket(), await socket()]
  relay.connect(asterisk.address().port)
  victim.send(checkFor(relay), relay.outer.port, '127.0.0.1')
  await systemRuntime.sleep(100)
  asterisk.send(speech, relay.inner.port, '127.0.0.1')
  await systemRuntime.sleep(100)
  expect(victim.heard).toEqual([])
})

test('its addresses are known when it is closed', async () => {
  const relay = await relayFor('127.0.0.1')
  const { port } = relay.outer
  relay.close()
  expect(relay.outer).toMatchObject({ address: '127.0.0.1', port })
})
