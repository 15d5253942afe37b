/**
 * Carries bytes between institutions over HTTP in TLS 1.3: one POST out, the answer back. Both ends prove the transport
 * key that the other has pinned; there is no authority and no name in it. Who sent what is proved again by the envelope
 * inside. Bodies, connections and handshakes are bounded, and every exchange has a deadline at both ends.
 */
import { Agent, type ClientRequestArgs, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import type { InstitutionId } from '../ids.ts'
import { boundHalfOpen } from '../keys/half-open.ts'
import { provenKey } from '../keys/proven-key.ts'
import { DeadlineExceeded, type Runtime, systemRuntime } from '../runtime.ts'
import { Doors, knock, type Visitor } from './doors.ts'
import { envelopeLimit } from './envelope.ts'
import { type Credentials, type Entrance, TooBusy, TooLarge, type Transport, Undeliverable } from './transport.ts'

/** How long a peer may take for its handshake, for its headers, and for its whole request. */
const deadlines = { handshakeTimeout: 3_000, headersTimeout: 3_000, requestTimeout: 10_000 }

/**
 * Connections whose handshake is not done. Beyond it the oldest makes room: 500 new ones a second leave each a second, of
 * which a peer needs milliseconds.
 */
const mostHalfOpen = 512

/** Of one peer. It holds eight at most. */
const mostOfPeer = 16

const mediaType = 'application/vnd.tonebank.envelope'

export interface HttpTransport extends Transport {
  close(): void
}

/** `addresses`: host and port of each peer by institution id, such as `https://127.0.0.1:7101`. */
export function httpTransport(runtime: Runtime, addresses: Readonly<Record<string, string>>): HttpTransport {
  const agents = new Map<string, PinningAgent>()
  const agentFor = (to: InstitutionId, as: Credentials): PinningAgent => {
    const pinned = as.peers().find(peer => peer.institution === to)?.transport
    if (pinned === undefined) throw new Undeliverable(to, 'its transport key is not pinned: pin its new card')
    const name = knock({ institution: as.institution, key: as.key.bytes }, { institution: to, key: pinned.bytes })
    const agent = agents.get(name) ?? new PinningAgent(name, pinned.bytes, as)
    agents.set(name, agent)
    return agent
  }
  return {
    deliver: async (to, bytes, deadlineMs, as) => {
      const address = addresses[to]
      if (address === undefined) throw new Undeliverable(to, 'no address is configured')
      const agent = agentFor(to, as)
      const late = new AbortController()
      const over = new AbortController()
      void runtime.sleep(deadlineMs, over.signal).then(
        () => late.abort(new DeadlineExceeded(`delivery to ${to}`, deadlineMs)),
        () => {},
      )
      try {
        return await runtime.work(post(agent, to, new URL(address), bytes, late.signal))
      } finally {
        over.abort()
      }
    },
    close: () => {
      for (const agent of agents.values()) agent.destroy()
    },
  }
}

/** Connections to one peer, each of which is used only after the peer has proved its pinned key. */
class PinningAgent extends Agent {
  readonly #name: string
  readonly #pinned: Uint8Array
  readonly #as: Credentials

  constructor(name: string, pinned: Uint8Array, as: Credentials) {
    super({ keepAlive: true, maxSockets: 8 })
    this.#name = name
    this.#pinned = pinned
    this.#as = as
  }

  override createConnection(
    { host, port }: ClientRequestArgs,
    created: (error: Error | null, stream: Duplex) => void = () => {},
  ): undefined {
    const { certificate, privateKey } = this.#as.identity
    const socket = connect({
      ...{ host: host ?? '127.0.0.1', port: Number(port), servername: this.#name },
      ...{ cert: certificate, key: privateKey, minVersion: 'TLSv1.3' },
      // No authority vouches for anybody here: the pinned key is compared below, before a byte is sent.
      rejectUnauthorized: false,
    })
    socket.once('error', error => created(error, socket))
    // The agent counts a socket once it is made: one whose other end never shakes hands would be there for ever.
    socket.setTimeout(deadlines.handshakeTimeout, () => socket.destroy(new Error('no handshake')))
    socket.once('secureConnect', () => {
      socket.setTimeout(0)
      if (isKey(this.#pinned, provenKey(socket))) return created(null, socket)
      socket.destroy(new Error('it does not have the key that is pinned'))
    })
  }
}

function isKey(pinned: Uint8Array, proven: Uint8Array | undefined): boolean {
  return proven !== undefined && Buffer.from(pinned).equals(proven)
}

function post(
  agent: Agent,
  to: InstitutionId,
  { hostname: host, port }: URL,
  bytes: Uint8Array,
  late: AbortSignal,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(late.aborted ? late.reason : new Undeliverable(to, error.message))
    const headers = { 'content-type': mediaType, 'content-length': bytes.length }
    const outgoing = request(
      { agent, host, port, path: `/clearing/${to}`, method: 'POST', headers, signal: late },
      answer => {
        readBody(answer).then(body => {
          if (answer.statusCode === 200) resolve(body)
          else if (answer.statusCode === 413) reject(new TooLarge(to))
          else fail(new Error(`status ${answer.statusCode}`))
        }, fail)
      },
    )
    outgoing.on('error', fail)
    outgoing.end(bytes)
  })
}

export interface HttpEntrance extends Entrance {
  /** The port that is listened on: the configured one, or the one the system chose where that was 0. */
  readonly port: number
  close(): Promise<void>
}

/** Listens at `host` and `port` for every institution that this process runs. */
export async function httpEntrance(
  address: { host: string; port: number },
  runtime: Runtime = systemRuntime,
): Promise<HttpEntrance> {
  if (['', '0.0.0.0', '::'].includes(address.host)) throw new Error('an entrance has one address, not all of a machine')
  const doors = new Doors(runtime)
  const visitors = new WeakMap<object, Visitor>()
  const server = createServer(
    {
      ...{ requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' },
      ...{ ...deadlines, keepAliveTimeout: 60_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 4_096 },
      SNICallback: (name, done) => {
        const context = doors.contextFor(name)
        if (context) done(null, context)
        else done(new Error('nobody of that name'))
      },
    },
    (incoming, answer) => void receive(visitors.get(incoming.socket), incoming, answer),
  )
  boundHalfOpen(server, mostHalfOpen)
  const connections = new Map<string, number>()
  // Before the listener that reads requests: who is not let in is never read from.
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const visitor = doors.visitor(socket)
    const open = connections.get(visitor?.peer ?? '') ?? 0
    if (visitor === undefined || open >= mostOfPeer) return void socket.destroy()
    visitors.set(socket, visitor)
    connections.set(visitor.peer, open + 1)
    socket.once('close', () => connections.set(visitor.peer, (connections.get(visitor.peer) ?? 1) - 1))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    listen: async (institution, receiver, as) => {
      const close = doors.open(institution, receiver, as)
      return { close: async () => close() }
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function receive(visitor: Visitor | undefined, incoming: IncomingMessage, answer: ServerResponse) {
  if (visitor === undefined) return void incoming.socket.destroy()
  if (incoming.method !== 'POST' || incoming.url !== `/clearing/${visitor.institution}`) return refuse(answer, 404)
  let body: Uint8Array
  try {
    body = await readBody(incoming)
  } catch {
    return refuse(answer, 413)
  }
  try {
    const bytes = await visitor.receiver(body, visitor.peer)
    answer.writeHead(200, { 'content-type': mediaType, 'content-length': bytes.length }).end(bytes)
  } catch (error) {
    // The connection stays: a new one would cost more than the refusal.
    if (error instanceof TooBusy) return void answer.writeHead(429, { 'content-length': 0 }).end()
    // The institution is closing or its database is gone: no answer is the honest answer, and the sender asks again.
    refuse(answer, 503)
  }
}

function refuse(answer: ServerResponse, status: number): void {
  answer.writeHead(status, { connection: 'close' }).end()
}

async function readBody(message: IncomingMessage): Promise<Uint8Array> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of message) {
    length += piece.length
    if (length > envelopeLimit) throw new RangeError(`a body of more than ${envelopeLimit} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
