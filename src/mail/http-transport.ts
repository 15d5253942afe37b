/**
 * Carries bytes between institutions over HTTP: one POST out, the answer back. HTTP only moves the bytes; who sent them
 * and what they say is proved by the envelope inside. Bodies and connections are bounded, and every exchange has a
 * deadline at both ends.
 */

import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { InstitutionId } from '../ids.ts'
import { DeadlineExceeded, type Runtime } from '../runtime.ts'
import { envelopeLimit } from './envelope.ts'
import { type Entrance, type Receiver, TooLarge, type Transport, Undeliverable } from './transport.ts'

/** How long a peer may take to send its whole request before the connection is dropped. */
const requestTimeoutMs = 10_000

/** A peer holds eight at most. Beyond this the system closes new ones at once, so that a flood costs no memory. */
const maxConnections = 256

const mediaType = 'application/vnd.tonebank.envelopes+cbor'

export interface HttpTransport extends Transport {
  close(): void
}

/** `addresses`: the base URL of each peer by institution id, such as `http://127.0.0.1:7101`. */
export function httpTransport(runtime: Runtime, addresses: Readonly<Record<string, string>>): HttpTransport {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  return {
    deliver: async (to, bytes, deadlineMs) => {
      const address = addresses[to]
      if (address === undefined) throw new Undeliverable(to, 'no address is configured')
      const late = new AbortController()
      const over = new AbortController()
      void runtime.sleep(deadlineMs, over.signal).then(
        () => late.abort(new DeadlineExceeded(`delivery to ${to}`, deadlineMs)),
        () => {},
      )
      try {
        return await runtime.work(post(agent, to, address, bytes, late.signal))
      } finally {
        over.abort()
      }
    },
    close: () => agent.destroy(),
  }
}

function post(
  agent: Agent,
  to: InstitutionId,
  address: string,
  bytes: Uint8Array,
  late: AbortSignal,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(late.aborted ? late.reason : new Undeliverable(to, error.message))
    const outgoing = request(
      new URL(`/clearing/${to}`, address),
      {
        agent,
        method: 'POST',
        headers: { 'content-type': mediaType, 'content-length': bytes.length },
        signal: late,
      },
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
export async function httpEntrance(address: { host: string; port: number }): Promise<HttpEntrance> {
  const receivers = new Map<string, Receiver>()
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
    (incoming, answer) => {
      void receive(receivers, incoming, answer)
    },
  )
  server.maxConnections = maxConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    listen: async (institution, receiver) => {
      receivers.set(institution, receiver)
      return { close: async () => void receivers.delete(institution) }
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function receive(receivers: Map<string, Receiver>, incoming: IncomingMessage, answer: ServerResponse) {
  const [, institution] = /^\/clearing\/([\w-]+)$/.exec(incoming.url ?? '') ?? []
  const receiver = institution && receivers.get(institution)
  if (!receiver || incoming.method !== 'POST') return refuse(answer, 404)
  let body: Uint8Array
  try {
    body = await readBody(incoming)
  } catch {
    return refuse(answer, 413)
  }
  try {
    const bytes = await receiver(body)
    answer.writeHead(200, { 'content-type': mediaType, 'content-length': bytes.length }).end(bytes)
  } catch {
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
