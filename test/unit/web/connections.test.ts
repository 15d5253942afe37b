/** Connections that are held on to: a request has its time, and one network does not take the place of all. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRuntime, withDeadline } from '../../../src/runtime.ts'
import { bareServer, listen, type OpenServer, type WebPlace } from '../../../src/web/server.ts'

const rate = { burst: 1_000, perMinute: 1_000 }
const place: WebPlace = {
  ...{ host: '127.0.0.1', port: 0, names: ['localhost'], proxies: [], isHttps: false },
  rates: { caller: rate, withheld: rate },
}
const most = 500

let server: OpenServer
let port: number
let sockets: Socket[]

beforeEach(async () => {
  sockets = []
  const app = bareServer(place, systemRuntime)
  app.get('/', async () => 'here')
  app.post('/', async () => 'sent')
  server = await listen(app, place, { runtime: systemRuntime, troubled: () => {} })
  port = Number(new URL(server.url).port)
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await server.close()
})

async function opened(localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  sockets.push(socket)
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

async function answerTo(socket: Socket): Promise<string> {
  let said = ''
  socket.on('data', data => {
    said += data
  })
  const closed = once(socket, 'close')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  await withDeadline(systemRuntime, 'the answer', 10_000, closed)
  return said
}

test('a request that comes drop by drop has ten seconds, whether its head is slow or its body', async () => {
  const beganMs = performance.now()
  const slow = [
    'GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n',
  ].map(async begin => {
    const socket = await opened()
    socket.resume()
    const closed = once(socket, 'close')
    socket.write(begin)
    const drops = setInterval(() => socket.write('a'), 1_000)
    await closed
    clearInterval(drops)
  })
  await Promise.all(slow)
  const tookMs = performance.now() - beganMs
  expect(tookMs).toBeGreaterThan(9_000)
  // Node by itself looks every thirty.
  expect(tookMs).toBeLessThan(25_000)
}, 60_000)

test('one network does not take all connections', async () => {
  for (let n = 0; n < most; n++) await opened()
  expect(await answerTo(await opened())).toBe('')
  expect(await answerTo(await opened('127.0.0.2'))).toContain('here')
  for (const socket of sockets.splice(0, 10)) {
    const gone = once(socket, 'close')
    socket.destroy()
    await gone
  }
  await expect.poll(async () => answerTo(await opened()), { timeout: 10_000 }).toContain('here')
})
