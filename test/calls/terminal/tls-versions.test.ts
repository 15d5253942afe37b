/** Which versions of TLS a telephone of the network may speak: 1.2 and 1.3, and nothing older (RFC 8996). */
import { connect, type SecureVersion } from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FrameStage } from '../phone/frame-stage.ts'
import { dialplan } from './terminal-stage.ts'

let stage: FrameStage
beforeAll(async () => {
  stage = await FrameStage.open({}, { dialplan, network: { host: '127.0.0.1', phones: ['room1'] } })
})
afterAll(() => stage?.close())

/** The version that was agreed, or why there was none. */
function handshake(version: SecureVersion): Promise<string> {
  const exchange = stage.asterisk.switch.tls
  if (exchange === undefined) throw new Error('no telephone of the network can call')
  return new Promise(resolve => {
    const socket = connect({
      ...{ host: exchange.host, port: exchange.port, rejectUnauthorized: false },
      ...{ minVersion: version, maxVersion: version },
      // OpenSSL itself would offer nothing older than 1.2 otherwise, and the exchange would have nothing to refuse.
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')))
    socket.on('secureConnect', () => {
      resolve(socket.getProtocol() ?? 'none')
      socket.destroy()
    })
    socket.on('error', ({ message }) => resolve(message))
  })
}

it.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is spoken', async version => {
  expect(await handshake(version)).toBe(version)
})

it.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused by the exchange itself', async version => {
  expect(await handshake(version)).toMatch(/alert protocol version/)
})
