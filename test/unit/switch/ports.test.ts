import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { freePort, freePorts, freeRtpRange, isFree, listenNear } from '../../../src/switch/ports.ts'

const host = '127.0.0.1'

test('a port is free until somebody listens on it, for each protocol by itself', async () => {
  const tcp = await freePort(systemRuntime, 'tcp', host)
  const server = createServer()
  await new Promise<void>(resolve => server.listen(tcp, host, resolve))
  expect(await isFree('tcp', host, tcp)).toBe(false)
  server.close()

  const udp = await freePort(systemRuntime, 'udp', host)
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(udp, host, resolve))
  expect(await isFree('udp', host, udp)).toBe(false)
  expect(await isFree('tcp', host, udp)).toBe(true)
  await new Promise<void>(resolve => socket.close(resolve))
  expect(await isFree('udp', host, udp)).toBe(true)
})

test('a port that listens on every address is busy on the loopback too', async () => {
  const port = await freePort(systemRuntime, 'tcp', host)
  const server = createServer()
  await new Promise<void>(resolve => server.listen(port, '0.0.0.0', resolve))
  expect(await isFree('tcp', host, port)).toBe(false)
  server.close()
})

test('an RTP range begins even and lies below the ports that Linux lends out', async () => {
  const first = await freeRtpRange(systemRuntime, host, 2_000)
  expect(first % 2).toBe(0)
  expect(first + 1_999).toBeLessThan(32_768)
})

test('two that want the same port at once get one each', async () => {
  const wanted = await freePort(systemRuntime, 'tcp', host)
  const open = () => listenNear(systemRuntime, { port: wanted }, listening)
  const servers = await Promise.all([open(), open(), open()])
  const ports = servers.map(server => (server.address() as AddressInfo).port)
  expect(ports).toContain(wanted)
  expect(new Set(ports).size).toBe(3)
  for (const server of servers) server.close()
})

test('what fails for another reason is not tried elsewhere', async () => {
  let tries = 0
  const open = () => Promise.reject(new Error(`try ${++tries}`))
  await expect(listenNear(systemRuntime, { port: 12_345 }, open)).rejects.toThrow('try 1')
})

function listening(port: number): Promise<Server> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => resolve(server))
  })
}

test('ports that are drawn before any of them is bound are all different', async () => {
  // Each number comes twice.
  let draws = 0
  const random = (bytes: number) => new Uint8Array(bytes).fill(Math.floor(draws++ / 2))
  const draw = freePorts({ ...systemRuntime, random }, 'tcp', '127.0.0.1')
  const ports = [await draw(), await draw(), await draw()]
  expect(new Set(ports).size).toBe(3)
})
