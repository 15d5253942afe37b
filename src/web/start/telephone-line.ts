/**
 * The telephone of the page to start with: a page asks for a line, is told its account and a ticket of one use, and opens a
 * WebSocket with it (SIP over it: RFC 7118). Only this page's own origin gets either. What is then said is for the switch.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { RateLimit } from '../../keys/rate-limit.ts'
import { type Runtime, randomId } from '../../runtime.ts'
import { Refused, type WebPlace } from '../server.ts'
import { type Caption, CaptionStreams } from './caption-streams.ts'
import { originOf } from './origin.ts'

/** Whoever has telephones to lend: the switch. */
export interface Telephones {
  /** Undefined: all are lent, or `address` has enough. */
  lend(address: string): Lent | undefined
}

interface Lent {
  readonly account: string
  /** `tell` hears what is said in its calls. */
  connect(
    page: PageSocket,
    peer: { readonly address: string; readonly port: number },
    mediaAddress: string,
    tell: (caption: Caption) => void,
  ): void
  giveBack(): void
}

interface PageSocket {
  send(message: string): void
  close(): void
  onMessage(listener: (message: Buffer) => void): void
  onClose(listener: () => void): void
}

/** Of one address. Each takes an account until its ticket is used or too old. */
const lines = { burst: 10, perMinute: 30 }
const ticketMs = 10_000
/** A browser that was put to sleep or unplugged answers no ping, and its account goes to somebody else. */
const pingMs = 15_000
const mostBytes = 16_384
/** A call has a dozen messages, and a page that knows its way a few calls a minute. */
const mostMessages = { burst: 60, perMinute: 240 }
/** A page that does not read what it asked for has this much waiting for it, and then no line. */
const mostUnreadBytes = 65_536

export function serveTelephone(
  app: FastifyInstance,
  { names, isHttps }: Pick<WebPlace, 'names' | 'isHttps'>,
  telephones: Telephones,
  runtime: Runtime,
): void {
  const tickets = new Map<string, { readonly lent: Lent; readonly captions: string }>()
  const captions = new CaptionStreams(runtime)
  const closing = new AbortController()
  const limit = new RateLimit(runtime, lines)
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: mostBytes,
    perMessageDeflate: false,
    handleProtocols: () => 'sip',
  })

  // At the end of all none waits any longer.
  const untilTooOld = () => runtime.sleep(ticketMs, closing.signal).catch(() => {})

  /** A page elsewhere may open a WebSocket to us, and its browser then says where it is from. */
  const isOurs = ({ url, headers: { host, origin } }: IncomingMessage): boolean => {
    const address = app.server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const hosts = names.flatMap(name => (port === usualPort(isHttps) ? [name, `${name}:${port}`] : `${name}:${port}`))
    return url === '/ws' && host !== undefined && hosts.includes(host) && origin === originOf(host, { isHttps })
  }

  app.post('/telephone/line', async request => {
    if (request.headers.origin !== originOf(request.headers.host, { isHttps })) throw new Refused(403, 'forged')
    const lent = limit.take(request.ip) ? telephones.lend(request.ip) : undefined
    if (lent === undefined) throw new Refused(429, 'too-many')
    const ticket = randomId(runtime)
    const read = captions.open()
    tickets.set(ticket, { lent, captions: read })
    void untilTooOld().then(() => {
      if (!tickets.delete(ticket)) return
      lent.giveBack()
      captions.end(read)
    })
    return { account: lent.account, ticket, captions: read }
  })

  app.post('/telephone/captions', async (request, reply) => {
    if (request.headers.origin !== originOf(request.headers.host, { isHttps })) throw new Refused(403, 'forged')
    const { body } = request
    const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : undefined
    const stream = typeof token === 'string' ? captions.read(token) : undefined
    if (stream === undefined) throw new Refused(404, 'not-found')
    return reply.type('text/event-stream; charset=utf-8').send(stream)
  })

  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // It is nobody's to handle any more, and a browser may be gone at any moment.
    socket.on('error', () => {})
    const refuse = () =>
      // Nobody reads what still comes, so that its end would never be seen.
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy())
    const ticket = ticketIn(request)
    const line = isOurs(request) && ticket !== undefined ? tickets.get(ticket) : undefined
    if (ticket === undefined || line === undefined) return void refuse()
    tickets.delete(ticket)
    // What is no handshake, or comes from a browser that is gone, never opens.
    let isOpen = false
    socket.once('close', () => {
      if (isOpen) return
      line.lent.giveBack()
      captions.end(line.captions)
    })
    const { remoteAddress = '127.0.0.1', remotePort = 0, localAddress = '127.0.0.1' } = request.socket
    server.handleUpgrade(request, socket, head, opened => {
      isOpen = true
      const peer = { address: remoteAddress, port: remotePort }
      line.lent.connect(pageSocket(opened, runtime), peer, localAddress, caption =>
        captions.tell(line.captions, caption),
      )
      opened.on('close', () => captions.end(line.captions))
      void watch(opened, runtime)
    })
  })

  app.addHook('preClose', async () => {
    for (const socket of server.clients) socket.terminate()
    closing.abort()
    for (const { lent } of tickets.values()) lent.giveBack()
    tickets.clear()
    captions.endAll()
  })
}

/** A browser leaves it out. */
const usualPort = (isHttps: boolean) => (isHttps ? 443 : 80)

/** `sip, ticket.<ticket>`: a browser sends no header of a page's own with a WebSocket but its protocols. */
function ticketIn({ headers }: IncomingMessage): string | undefined {
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map(each => each.trim())
  if (!protocols.includes('sip')) return undefined
  return protocols.map(each => /^ticket\.([0-9a-f]{32})$/.exec(each)?.[1]).find(Boolean)
}

function pageSocket(socket: WebSocket, runtime: Runtime): PageSocket {
  const limit = new RateLimit(runtime, mostMessages)
  return {
    send: message => {
      if (socket.bufferedAmount > mostUnreadBytes) socket.terminate()
      else socket.send(message, () => {})
    },
    close: () => socket.close(),
    onMessage: listener =>
      socket.on('message', data => {
        if (!limit.take('messages')) socket.terminate()
        else if (Buffer.isBuffer(data)) listener(data)
      }),
    onClose: listener => socket.on('close', listener),
  }
}

async function watch(socket: WebSocket, runtime: Runtime): Promise<void> {
  const closed = new AbortController()
  let [isAlive, asked] = [true, '']
  // What is no WebSocket message, or too long, ends it; its close follows.
  socket.on('error', () => {})
  socket.on('close', () => closed.abort())
  // One that nobody asked for says nothing of who reads.
  socket.on('pong', answered => {
    if (answered.toString('latin1') === asked) isAlive = true
  })
  while (!closed.signal.aborted) {
    if (!isAlive) return socket.terminate()
    isAlive = false
    asked = randomId(runtime)
    if (socket.readyState === socket.OPEN) socket.ping(asked)
    await runtime.sleep(pingMs, closed.signal).catch(() => {})
  }
}
