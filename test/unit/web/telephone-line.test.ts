/** The line of the page to start with, over real sockets of the loopback: its own origin alone, with a ticket, once. */
import { once } from 'node:events'
import { request as ask } from 'node:http'
import { connect as connectTcp, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { systemRuntime, withDeadline } from '../../../src/runtime.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import type { OpenServer } from '../../../src/web/server.ts'
import { openStartPage, startPlace } from '../../../src/web/web.ts'

const script = Buffer.from('/* the telephone */')

let free: string[]
let said: string[]
let server: OpenServer
/** Of the line that connected last. */
let tell: (caption: { language: string; text: string }) => void

beforeEach(async () => {
  free = ['browser-1', 'browser-2']
  said = []
  const lend = () => {
    const account = free.shift()
    if (account === undefined) return undefined
    const giveBack = () => void free.push(account)
    return {
      account,
      giveBack,
      connect: (
        page: { onMessage(on: (bytes: Buffer) => void): void; onClose(on: () => void): void },
        _peer: unknown,
        _address: string,
        hear: typeof tell,
      ) => {
        tell = hear
        page.onMessage(bytes => said.push(`${account}: ${bytes}`))
        page.onClose(giveBack)
      },
    }
  }
  server = await openStartPage(startPlace(0), () => ({ demonstration: true, institutions: [], customers: [] }), {
    ...{ runtime: systemRuntime, catalogue: loadCatalogue('prompts'), troubled: () => {} },
    ...{
      telephones: { lend },
      telephoneScripts: { 'telephone.js': script, 'card-phone.js': script, 'frames-worker.js': script },
    },
  })
})
afterEach(() => server.close())

const askForLine = (headers: Record<string, string> = { origin: server.url }) =>
  fetch(`${server.url}/telephone/line`, { method: 'POST', headers })

async function line(): Promise<{ readonly ticket: string; readonly captions: string }> {
  const answer: unknown = await (await askForLine()).json()
  if (typeof answer !== 'object' || answer === null || !('ticket' in answer) || !('captions' in answer))
    throw new Error('no line')
  return { ticket: `${answer.ticket}`, captions: `${answer.captions}` }
}

const ticket = async () => (await line()).ticket

const askForCaptions = (token: string, origin = server.url) =>
  fetch(`${server.url}/telephone/captions`, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  })

/** Resolves with the socket, or the status that refused it. */
function connect(protocols: string[], { path = '/ws', origin = server.url, host = new URL(server.url).host } = {}) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, protocols, { origin, headers: { host } })
  return new Promise<WebSocket | number | undefined>(resolve => {
    socket.on('open', () => resolve(socket))
    socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode))
    socket.on('error', () => {})
  })
}

const closed = (socket: WebSocket) => new Promise<number>(resolve => socket.on('close', resolve))

test('a page asks for a line, connects with its ticket, and gives the account back when it is gone', async () => {
  const socket = await connect(['sip', `ticket.${await ticket()}`])
  if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket}`)
  expect(socket.protocol).toBe('sip')
  expect(free).toEqual(['browser-2'])
  socket.send('hello')
  await expect.poll(() => said).toEqual(['browser-1: hello'])
  socket.close()
  await expect.poll(() => free).toEqual(['browser-2', 'browser-1'])
})

test('a ticket is good once, and for whoever knows it alone', async () => {
  const mine = `ticket.${await ticket()}`
  expect(await connect(['sip', `ticket.${'0'.repeat(32)}`])).toBe(403)
  expect(await connect(['sip'])).toBe(403)
  expect(await connect([mine])).toBe(403)
  expect(await connect(['sip', mine])).toBeInstanceOf(WebSocket)
  expect(await connect(['sip', mine])).toBe(403)
})

test('a page from elsewhere gets neither ticket nor line', async () => {
  for (const origin of ['https://evil.example', 'http://localhost:1', 'null', 'http://127.0.0.1']) {
    expect((await askForLine({ origin })).status, origin).toBe(403)
    expect(await connect(['sip', `ticket.${await ticket()}`], { origin }), origin).toBe(403)
    free.push('browser-3')
  }
  expect((await askForLine({})).status).toBe(403)
  expect(await connect(['sip', `ticket.${await ticket()}`], { host: 'evil.example' })).toBe(403)
})

test.each(['/ari/events?app=harbour', '/ws/', '/ws?x', '/', '//ws', '/httpstatus'])(
  'no WebSocket stands at %s',
  async path => {
    expect(await connect(['sip', `ticket.${await ticket()}`], { path })).toBe(403)
  },
)

/** Speaks by hand, and does with the connection what no browser does. */
async function byHand(lines: readonly string[]): Promise<Socket> {
  const { host, port } = new URL(server.url)
  const socket = connectTcp({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true })
  socket.on('error', () => {})
  const head = [
    'GET /ws HTTP/1.1',
    `Host: ${host}`,
    `Origin: ${server.url}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
  ]
  socket.write([...head, ...lines, '', ''].join('\r\n'))
  return socket
}

test('who is refused and does not close keeps no connection, and the server can be closed', async () => {
  const socket = await byHand(['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='])
  socket.on('data', () => socket.write('still here'))
  await once(socket, 'data')
  const closing = server.close()
  await expect(withDeadline(systemRuntime, 'closing', 2_000, closing)).resolves.toBeUndefined()
  socket.destroy()
})

test('an account comes back whose ticket was used for what is no handshake', async () => {
  const used = await ticket()
  const offered = `Sec-WebSocket-Protocol: sip, ticket.${used}`
  const socket = await byHand(['Sec-WebSocket-Version: 12', 'Sec-WebSocket-Key: x', offered])
  socket.on('data', () => {})
  socket.on('end', () => socket.end())
  await expect.poll(() => free.toSorted()).toEqual(['browser-1', 'browser-2'])
})

test('a page that asks without end loses its line', async () => {
  const socket = await connect(['sip', `ticket.${await ticket()}`])
  if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket}`)
  const lost = closed(socket)
  for (let message = 0; message < 200; message++) socket.send('hello')
  await lost
  expect(said.length).toBeLessThan(100)
  await expect.poll(() => free).toContain('browser-1')
})

test('nothing of Asterisk’s HTTP server is to be had', async () => {
  for (const path of ['/ari/channels', '/ari/api-docs/resources.json', '/ws', '/static/', '/httpstatus', '/mxml']) {
    const status = await new Promise(resolve => ask(`${server.url}${path}`, answer => resolve(answer.statusCode)).end())
    expect(status, path).toBe(404)
  }
})

test('a message that is too long ends the line', async () => {
  const socket = await connect(['sip', `ticket.${await ticket()}`])
  if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket}`)
  const end = closed(socket)
  socket.send('x'.repeat(20_000))
  expect(await end).toBe(1009)
  expect(said).toEqual([])
})

test('when every account is lent, a page is told so', async () => {
  expect((await askForLine()).status).toBe(200)
  expect((await askForLine()).status).toBe(200)
  expect((await askForLine()).status).toBe(429)
})

test('only the page with a telephone may connect to its server and ask for a microphone', async () => {
  const { headers } = await fetch(server.url)
  expect(headers.get('content-security-policy')).toContain("connect-src 'self'")
  expect(headers.get('permissions-policy')).toContain('microphone=(self)')
})

test('captions go to whoever brings the page’s token, once, and to nobody else', async () => {
  const { ticket, captions } = await line()
  const socket = await connect(['sip', `ticket.${ticket}`])
  if (!(socket instanceof WebSocket)) throw new Error(`refused: ${socket}`)
  tell({ language: 'en', text: 'before anybody reads' })
  for (const token of ['', ticket, '0'.repeat(32)]) expect((await askForCaptions(token)).status).toBe(404)
  expect((await askForCaptions(captions, 'https://evil.example')).status).toBe(403)
  const own = await askForCaptions(captions)
  expect(own.headers.get('content-type')).toContain('text/event-stream')
  expect((await askForCaptions(captions)).status).toBe(404)
  tell({ language: 'zh', text: '请按1' })
  // They end with the line.
  socket.close()
  const events = (await own.text()).split('\n\n').filter(event => event.startsWith('data: '))
  expect(events.map(event => JSON.parse(event.slice(6)).text)).toEqual(['before anybody reads', '请按1'])
})
