import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { OwnPorts } from '../../../src/switch/own-ports.ts'
import { freePort, freeRtpRange, isFree, listenNear } from '../../../src/switch/ports.ts'

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

test('ports that are drawn before any of them is bound are all different, in several processes that draw the same numbers', async () => {
  const drawing = Array.from({ length: 4 }, () => new OwnPorts())
  // Whatever is drawn, it is the same for all of them.
  const runtime = { ...systemRuntime, random: (bytes: number) => new Uint8Array(bytes).fill(7) }
  const each = drawing.map(ports => Promise.all(Array.from({ length: 60 }, () => ports.next(runtime))))
  const ports = (await Promise.all(each)).flat()
  expect(new Set(ports).size).toBe(240)
})

test('a process that draws ports ends when it has nothing else to do', async () => {
  const program = `
    import { systemRuntime } from '${new URL('../../../src/runtime.ts', import.meta.url)}'
    import { freePort } from '${new URL('../../../src/switch/ports.ts', import.meta.url)}'
    console.log(await freePort(systemRuntime, 'tcp', '127.0.0.1'))`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    program,
  ])
  expect(Number(stdout)).toBeGreaterThan(12_000)
})
