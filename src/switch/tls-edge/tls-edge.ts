/**
 * The edge of the network: telephones off this machine call here by TLS. It ends TLS and passes each request on to Asterisk by the
 * loopback, so that it sees who asks what from where; addresses that only try are shut out before Asterisk hears of them. Speech goes
 * between telephone and Asterisk directly, under SRTP.
 */
import { readFileSync } from 'node:fs'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { RateLimit } from '../../keys/rate-limit.ts'
import type { Runtime } from '../../runtime.ts'
import type { Certificate } from '../certificate.ts'
import { serveConnection } from '../sip-edge/connections.ts'
import { Flows } from '../sip-edge/flows.ts'
import type { Edge } from '../sip-edge/relay.ts'
import type { Address } from '../sip-edge/translation.ts'
import { type Block, Blocks, type Offence } from './blocks.ts'
import { TelephoneDoorkeeper } from './doorkeeper.ts'

export interface TlsEdgeOptions {
  /** Where telephones of the network call. */
  readonly own: Address
  /** `from`: the address of the loopback by which Asterisk knows that they come from the network. */
  readonly asterisk: Address & { readonly from: string }
  readonly userAgent: string
  readonly certificate: Certificate
  /** Kamailio reads first what Asterisk reads. */
  readonly isBeforeBalancer?: boolean
  /** Told of each address that is shut out. */
  readonly onBlocked: (block: Block) => void
}

export interface TlsEdge {
  /** Asterisk has begun anew: it knows of no call any more. */
  forgetCalls(): void
  /** What it kept off, since its start and now. */
  security(): Security
  /** May be called again. */
  close(): void
}

export interface Security {
  readonly offences: ReadonlyMap<Offence, number>
  readonly blocks: readonly Block[]
}

/** From the connection to the end of the handshake. */
const handshakeMs = 5_000
const mostHandshakes = { inAll: 256, ofAddress: 16 }
/** Who looks whether the port is open is gone again by then. */
const politeMs = 2_000
/** Of one address. */
const connections = { burst: 100, perMinute: 120 }
/** As flows of one telephone are one connection here: an office of many telephones. */
const mostFlows = { most: 2_048, mostOfOneAddress: 256 }
const sweepMs = 1_000

/** Resolves once telephones can call. Rejects, with nothing left open, when the port is taken. */
export async function openTlsEdge(options: TlsEdgeOptions, runtime: Runtime): Promise<TlsEdge> {
  const flows = new Flows(runtime, mostFlows)
  const blocks: Blocks = new Blocks(runtime, block => {
    options.onBlocked(block)
    // Not those that a call or a registration needs: others may telephone from the same address.
    flows.endOf(block.address)
  })
  const doorkeeper = new TelephoneDoorkeeper(runtime, blocks, address => flows.isNeededAt(address))
  const edge: Edge = { ...options, runtime, flows, doorkeeper, isTls: true, admits: () => true }
  const closeServer = await serve(edge, options.certificate, blocks)
  const closing = new AbortController()
  void (async () => {
    while (!closing.signal.aborted) {
      await runtime.sleep(sweepMs, closing.signal).catch(() => {})
      flows.sweep()
      doorkeeper.sweep()
    }
  })()
  return {
    forgetCalls: () => flows.forgetCalls(),
    security: () => ({ offences: blocks.counted(), blocks: blocks.now() }),
    close: () => {
      if (closing.signal.aborted) return
      closing.abort()
      closeServer()
      flows.endAll()
    },
  }
}

async function serve(edge: Edge, { certificateFile, privateKeyFile }: Certificate, blocks: Blocks) {
  const arrivals = new RateLimit(edge.runtime, connections)
  const abandoned = (address: string | undefined) => {
    if (address !== undefined && !edge.flows.isNeededAt(address)) blocks.offended(address, 'no-tls')
  }
  const handshakes = new Handshakes(edge.runtime, abandoned)
  const tls = createTlsServer({
    ...{ cert: readFileSync(certificateFile), key: readFileSync(privateKeyFile) },
    ...{ minVersion: 'TLSv1.2', handshakeTimeout: handshakeMs },
  })
  tls.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => {})
    handshakes.end(socket)
    const isServed = blocks.secondsLeft(socket.remoteAddress ?? '') === 0 && serveConnection(socket, edge)
    if (!isServed) socket.destroy()
  })
  tls.on('tlsClientError', (_error, socket) => {
    abandoned(handshakes.end(socket))
    socket.destroy()
  })
  const server = createTcpServer({ noDelay: true }, socket => {
    socket.on('error', () => {})
    const { remoteAddress: address } = socket
    // Unknown of a connection that is gone already.
    if (address === undefined || blocks.secondsLeft(address) > 0) return void socket.resetAndDestroy()
    const isTooMany = !arrivals.take(address)
    if (isTooMany) blocks.offended(address, 'too-many')
    if (isTooMany || !handshakes.begin(socket, address)) return void socket.resetAndDestroy()
    tls.emit('connection', socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: edge.own.address, port: edge.own.port, exclusive: true }, resolve)
  })
  // Such as no descriptor left for one more connection, which is then refused.
  server.removeAllListeners('error').on('error', () => {})
  return () => {
    server.close()
    handshakes.close()
  }
}

/** Those that have begun and are not done: each costs a look at secrets, and whoever says nothing keeps a place until its deadline. */
class Handshakes {
  readonly #runtime: Runtime
  readonly #abandoned: (address: string) => void
  /** By address and port of the other end. */
  readonly #underWay = new Map<string, { readonly address: string; readonly socket: Socket }>()

  /** `abandoned` is told whose connection ended by itself after it had kept a place for long. */
  constructor(runtime: Runtime, abandoned: (address: string) => void) {
    this.#runtime = runtime
    this.#abandoned = abandoned
  }

  /** False when there is no room. */
  begin(socket: Socket, address: string): boolean {
    const ofAddress = [...this.#underWay.values()].filter(each => each.address === address).length
    if (this.#underWay.size >= mostHandshakes.inAll || ofAddress >= mostHandshakes.ofAddress) return false
    const name = endOf(socket)
    const beganMs = this.#runtime.monotonicMs()
    this.#underWay.set(name, { address, socket })
    socket.once('close', () => {
      const isOpen = this.#underWay.delete(name)
      if (isOpen && this.#runtime.monotonicMs() - beganMs > politeMs) this.#abandoned(address)
    })
    return true
  }

  /** @returns whose it was; undefined when it had ended before */
  end(socket: Socket): string | undefined {
    const underWay = this.#underWay.get(endOf(socket))
    this.#underWay.delete(endOf(socket))
    return underWay?.address
  }

  close(): void {
    for (const { socket } of this.#underWay.values()) socket.destroy()
    this.#underWay.clear()
  }
}

const endOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress}:${remotePort}`
