/** Telephones that call over UDP: each message is a datagram, and each telephone has a socket of ours towards Asterisk. */
import { createSocket, type Socket } from 'node:dgram'
import { Claims } from './claims.ts'
import type { Flow } from './flows.ts'
import { type Edge, fromAsterisk, judge } from './relay.ts'
import type { Address } from './translation.ts'

/** What may wait while a socket opens, which takes a turn of the event loop or two. */
const mostWaiting = 32
/** Bytes that Linux may keep for us while we are busy: a burst of a thousand requests. Beyond, telephones repeat theirs. */
const kept = 1 << 20

export interface Datagrams {
  /** Says something of the edge's own. */
  send(bytes: Buffer, to: Address): void
  close(): void
}

/** Resolves once telephones can call. Rejects when the port is taken. */
export async function serveDatagrams(edge: Edge): Promise<Datagrams> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: kept })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ ...edge.own, exclusive: true }, resolve)
  })
  // A datagram that cannot be sent is lost, as any may be.
  socket.removeAllListeners('error').on('error', () => {})
  const flows = new Map<string, DatagramFlow>()

  socket.on('message', (bytes, phone) => {
    if (!edge.admits(phone.address)) return
    const name = `${phone.address}:${phone.port}`
    const known = flows.get(name)
    // Whatever it is: telephones keep their way through a NAT open by bytes of no meaning.
    if (known) edge.flows.used(known)
    const verdict = judge(bytes, phone, edge)
    if (verdict?.kind === 'answer') socket.send(verdict.bytes, phone.port, phone.address, () => {})
    if (verdict?.kind !== 'pass') return
    const flow = known ?? new DatagramFlow(phone, socket, edge, () => flows.delete(name))
    if (!known) {
      if (!edge.flows.admit(flow)) return
      flows.set(name, flow)
    }
    flow.claims.fromPhone(verdict.message)
    flow.send(verdict.bytes)
  })
  return { send: (bytes, to) => socket.send(bytes, to.port, to.address, () => {}), close: () => socket.close() }
}

class DatagramFlow implements Flow {
  readonly phone: Address
  readonly claims = new Claims()
  readonly #socket: Socket
  readonly #onClosed: () => void
  /** Datagrams that wait for the socket to be open; undefined when it is. */
  #waiting: Buffer[] | undefined = []
  #isClosed = false

  constructor({ address, port }: Address, outer: Socket, edge: Edge, onClosed: () => void) {
    this.phone = { address, port }
    this.#onClosed = onClosed
    this.#socket = createSocket('udp4')
    // While Asterisk is away, each datagram raises one; the telephone repeats its request until there is an answer.
    this.#socket.on('error', () => this.#waiting && edge.flows.end(this))
    this.#socket.on('connect', () => this.#open())
    // Connected, it takes nothing that another program sends.
    this.#socket.on('listening', () => this.#socket.connect(edge.asterisk.port, edge.asterisk.address))
    this.#socket.bind(0, edge.asterisk.from ?? edge.asterisk.address)
    this.#socket.on('message', bytes => {
      edge.flows.used(this)
      const passed = fromAsterisk(bytes, this, this.#socket.address(), edge)
      outer.send(passed, port, address, () => {})
    })
  }

  isLate(): boolean {
    return false
  }

  send(bytes: Buffer): void {
    if (this.#isClosed) return
    if (!this.#waiting) this.#socket.send(bytes, () => {})
    else if (this.#waiting.length < mostWaiting) this.#waiting.push(bytes)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.close()
    this.#onClosed()
  }

  #open(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const bytes of waiting) this.send(bytes)
  }
}
