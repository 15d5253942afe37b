/** Ports of this machine: which are free, and a clear name for the one that is not. */

import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { errorCode } from '../error-code.ts'
import { type Runtime, randomBelow } from '../runtime.ts'
import { OwnPorts } from './own-ports.ts'

export type Protocol = 'tcp' | 'udp'

/** A port that we were told to use is taken by another program. */
export class PortBusy extends Error {
  readonly port: number

  constructor(what: string, protocol: Protocol, host: string, port: number) {
    super(
      `${what}: ${protocol.toUpperCase()} port ${port} on ${host} is in use by another program: stop that one, or choose another port`,
    )
    this.name = 'PortBusy'
    this.port = port
  }
}

/** Whether somebody listens already where `listen` was asked for. */
export const isTaken = (error: unknown): boolean => errorCode(error) === 'EADDRINUSE'

/** Sound goes above, where Asterisk draws by itself, and below 32768, where Linux begins to lend ports to outgoing connections. */
const lowestOfSound = 20_000
const highest = 32_000

export function isFree(protocol: Protocol, host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    if (protocol === 'tcp') {
      const server = createServer()
      server.once('error', () => resolve(false))
      server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
    } else {
      const socket = createSocket({ type: 'udp4', reuseAddr: false })
      socket.once('error', () => socket.close(() => resolve(false)))
      socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(true)))
    }
  })
}

const drawn = new OwnPorts()

/**
 * A free port that nothing draws again as long as this process lives, here or in another process of Tonebank: it may be bound later, by a
 * process that this one starts.
 */
export async function freePort(runtime: Runtime, protocol: Protocol, host: string): Promise<number> {
  for (;;) {
    const port = await drawn.next(runtime)
    if (await isFree(protocol, host, port)) return port
  }
}

/**
 * What `open` listens with at `preferred.port` of `preferred.host` (the loopback, unless it is said) or, where somebody listens there
 * already, at another port. Looking first would not do: two that look at the same moment both find it free.
 */
export async function listenNear<Server>(
  runtime: Runtime,
  preferred: { readonly host?: string; readonly port: number },
  open: (port: number) => Promise<Server>,
): Promise<Server> {
  let { port } = preferred
  for (let attempt = 1; ; attempt++) {
    try {
      return await open(port)
    } catch (error) {
      if (!isTaken(error) || attempt === 5) throw error
      port = await freePort(runtime, 'tcp', preferred.host ?? '127.0.0.1')
    }
  }
}

/**
 * The first of `count` ports for RTP, an even number as RFC 3550 (section 11) wants. Only the ends are probed: Asterisk
 * itself passes over a port in the range that is taken.
 */
export async function freeRtpRange(runtime: Runtime, host: string, count: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const first = lowestOfSound + 2 * randomBelow(runtime, Math.floor((highest - lowestOfSound - count) / 2))
    const ends = await Promise.all([isFree('udp', host, first), isFree('udp', host, first + count - 1)])
    if (ends.every(Boolean)) return first
  }
  throw new Error(`no free range of ${count} UDP ports on ${host}`)
}
