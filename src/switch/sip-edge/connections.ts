/** Telephones that call over TCP: each connection of theirs has one of ours towards Asterisk, and both end together. */
import { connect, createServer, type Socket } from 'node:net'
import { BrokenStream, Framing } from '../../sip-framing.ts'
import type { SipMessage } from '../../sip-message.ts'
import { Claims } from './claims.ts'
import type { Flow } from './flows.ts'
import { type Edge, fromAsterisk, judge } from './relay.ts'
import { type Address, answerTo } from './translation.ts'

/** From the first byte of a message to its last, and from the connection to its first message. */
const messageMs = 10_000
/** Silence after which the other end is asked whether it is there. */
const keepAliveMs = 60_000
/** Bytes that wait for somebody who does not read. */
const mostUnread = 256 * 1_024

/** Resolves once telephones can call, with what ends that. Rejects when the port is taken. */
export async function serveConnections(edge: Edge): Promise<() => void> {
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => {})
    const { remoteAddress } = socket
    const isServed = remoteAddress !== undefined && edge.admits(remoteAddress) && serveConnection(socket, edge)
    if (!isServed) socket.resetAndDestroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: edge.own.address, port: edge.own.port, exclusive: true }, resolve)
  })
  // Such as no descriptor left for one more connection, which is then refused.
  server.removeAllListeners('error').on('error', () => {})
  return () => server.close()
}

/** A connection that may be served, whoever opened it. False when it is gone already, or there is no room. */
export function serveConnection(socket: Socket, edge: Edge): boolean {
  const { remoteAddress: address, remotePort: port } = socket
  if (address === undefined || port === undefined) return false
  return edge.flows.admit(new ConnectedFlow({ address, port }, socket, edge))
}

class ConnectedFlow implements Flow {
  readonly phone: Address
  readonly claims = new Claims()
  readonly #edge: Edge
  readonly #outer: Socket
  readonly #framing = new Framing()
  /** Since when a message is awaited that has begun, or has to: on the monotonic clock. */
  #awaitedSinceMs: number | undefined
  #inner: Socket | undefined

  constructor(phone: Address, outer: Socket, edge: Edge) {
    this.phone = phone
    this.#edge = edge
    this.#outer = outer
    this.#awaitedSinceMs = edge.runtime.monotonicMs()
    // A router that began anew has forgotten the telephone behind it, which may still be registered.
    outer.setKeepAlive(true, keepAliveMs)
    outer.on('data', bytes => this.#guarded(() => this.#fromPhone(bytes)))
    outer.on('close', () => edge.flows.end(this))
  }

  isLate(nowMs: number): boolean {
    return this.#awaitedSinceMs !== undefined && nowMs - this.#awaitedSinceMs > messageMs
  }

  close(): void {
    if (this.isLate(this.#edge.runtime.monotonicMs())) this.#edge.doorkeeper?.saidNonsense(this)
    this.#awaitedSinceMs = undefined
    this.#outer.destroy()
    // A telephone may hang up and be gone: its last words are still said.
    this.#inner?.destroySoon()
    this.#edge.doorkeeper?.left(this)
  }

  #fromPhone(bytes: Buffer): void {
    this.#edge.flows.used(this)
    const messages = this.#framing.push(bytes)
    if (messages.length > 0) this.#awaitedSinceMs = undefined
    if (this.#framing.isWithinMessage) this.#awaitedSinceMs ??= this.#edge.runtime.monotonicMs()
    for (const message of messages) {
      if (this.#outer.destroyed) return
      const verdict = judge(message, this.phone, this.#edge)
      if (verdict === undefined) this.#edge.doorkeeper?.saidNonsense(this)
      if (verdict === undefined || verdict.kind === 'own' || this.#isRefused(verdict.message)) continue
      if (verdict.kind === 'answer') {
        this.#write(this.#outer, verdict.bytes)
        continue
      }
      this.claims.fromPhone(verdict.message)
      this.#inner ??= this.#connect()
      this.#write(this.#inner, verdict.bytes)
    }
  }

  #isRefused(request: SipMessage): boolean {
    if (request.kind === 'response') return this.#edge.doorkeeper?.replies(this) === false
    const refusal = this.#edge.doorkeeper?.asks(this, request)
    if (refusal === undefined) return false
    // An ACK has no answer by its nature.
    if (request.method !== 'ACK') {
      this.#write(this.#outer, answerTo(request, refusal, this.phone, this.#edge.userAgent))
    }
    return true
  }

  /** Only for who has said something: who merely connects costs Asterisk nothing. */
  #connect(): Socket {
    const { address, port, from = address } = this.#edge.asterisk
    const inner = connect({ host: address, port, localAddress: from, noDelay: true })
    const framing = new Framing()
    inner.on('error', () => {})
    inner.on('close', () => this.#edge.flows.end(this))
    inner.on('data', bytes =>
      this.#guarded(() => {
        const own = { address: inner.localAddress ?? from, port: inner.localPort ?? 0 }
        for (const message of framing.push(bytes)) {
          // Its keeping alive of an idle connection is no use of it.
          this.#edge.flows.used(this)
          this.#write(this.#outer, fromAsterisk(message, this, own, this.#edge))
        }
      }),
    )
    return inner
  }

  #write(socket: Socket, bytes: Buffer): void {
    socket.write(bytes)
    if (socket.writableLength > mostUnread) this.#edge.flows.end(this)
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!(error instanceof BrokenStream)) throw error
      this.#edge.doorkeeper?.saidNonsense(this)
      this.#edge.flows.end(this)
    }
  }
}
