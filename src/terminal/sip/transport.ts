/** Carries SIP to one exchange and back: each message in a datagram, or one after another over TLS. */

import type { X509Certificate } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { errorCode } from '../../error-code.ts'
import { DeadlineExceeded, type Runtime, withDeadline } from '../../runtime.ts'
import { Framing } from '../../sip-framing.ts'
import type { NotOpened } from '../line.ts'

export interface Exchange {
  /** A name or an address. */
  readonly host: string
  readonly port: number
  /** `udp` to an exchange on this machine alone: nothing that goes that way is secret. */
  readonly transport: 'udp' | { readonly tls: Trust }
}

/** By which an exchange is known: its very certificate, or an authority that vouches for its name. */
export type Trust =
  /** SHA-256 in hex pairs with colons, as Tonebank prints it. */
  { readonly fingerprint: string } | { readonly authority: string }

export interface SipTransport {
  /** As Via names it. */
  readonly protocol: 'UDP' | 'TLS'
  readonly isReliable: boolean
  /** Where answers come, as this machine knows it. */
  readonly own: { readonly address: string; readonly port: number }
  send(message: Buffer): void
  /** @param onBroken once: nothing more comes or goes */
  listen(onMessage: (bytes: Buffer) => void, onBroken: (why: string) => void): void
  close(): void
}

export type Connected = { readonly outcome: 'connected'; readonly transport: SipTransport } | Refusal
type Refusal = Extract<NotOpened, { readonly outcome: 'unreachable' | 'wrong certificate' }>

const connectWithinMs = 8_000

export async function connectTo(exchange: Exchange, runtime: Runtime): Promise<Connected> {
  const { transport } = exchange
  try {
    return transport === 'udp' ? await overUdp(exchange) : await overTls(exchange, transport.tls, runtime)
  } catch (error) {
    if (error instanceof DeadlineExceeded) return { outcome: 'unreachable', why: error.message }
    const code = errorCode(error)
    if (code === undefined) throw error
    return { outcome: 'unreachable', why: code }
  }
}

/** Connected to the exchange: the kernel drops what others send, and says when nothing listens there. */
async function overUdp({ host, port }: Exchange): Promise<Connected> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.connect(port, host, (error?: Error) => {
      socket.off('error', reject)
      if (error) reject(error)
      else resolve()
    })
  }).catch(error => {
    socket.close()
    throw error
  })
  const own = socket.address()
  if (!isHere(socket.remoteAddress().address, own.address)) {
    socket.close()
    return { outcome: 'unreachable', why: 'it is not on this machine, and plain SIP goes nowhere else' }
  }
  let isClosed = false
  socket.on('error', () => {})
  const transport: SipTransport = {
    protocol: 'UDP',
    isReliable: false,
    own,
    send: message => void (isClosed || socket.send(message)),
    listen: (onMessage, onBroken) => {
      socket.on('message', onMessage)
      socket.on('error', error => onBroken(errorCode(error) ?? error.message))
    },
    close: () => {
      if (isClosed) return
      isClosed = true
      socket.close()
    },
  }
  return { outcome: 'connected', transport }
}

/** Linux sends to an address of the machine's own from that same address. */
const isHere = (peer: string, own: string) => peer === own || peer.startsWith('127.') || peer === '::1'

async function overTls({ host, port }: Exchange, trust: Trust, runtime: Runtime): Promise<Connected> {
  const socket = connect({ host, port, minVersion: 'TLSv1.2', ...checks(host, trust) })
  // Nagle's algorithm would hold an answer back until the one before it is acknowledged.
  socket.setNoDelay(true)
  const secured = new Promise<Refusal | undefined>((resolve, reject) => {
    socket.once('error', error => {
      const why = errorCode(error) ?? error.message
      if (socket.authorizationError || isOfCertificate(why)) resolve({ outcome: 'wrong certificate', why })
      else reject(error)
    })
    socket.once('close', () => resolve({ outcome: 'unreachable', why: 'the connection was closed' }))
    socket.once('secureConnect', () => resolve(distrusted(socket.getPeerX509Certificate(), trust)))
  })
  let refusal: Refusal | undefined
  try {
    refusal = await withDeadline(runtime, 'a TLS connection', connectWithinMs, secured)
  } catch (error) {
    socket.destroy()
    throw error
  }
  if (refusal) {
    socket.destroy()
    return refusal
  }
  return { outcome: 'connected', transport: tlsTransport(socket) }
}

/** A certificate that is known by its fingerprint has signed itself: no authority and no name have to vouch for it. */
function checks(host: string, trust: Trust): ConnectionOptions {
  if ('fingerprint' in trust) return { rejectUnauthorized: false }
  return { ca: trust.authority, rejectUnauthorized: true, ...(isAddress(host) ? {} : { servername: host }) }
}

const isAddress = (host: string) => /^[\d.]+$/.test(host) || isIPv6(host)

/** How OpenSSL and Node name what is wrong with a certificate. */
const isOfCertificate = (code: string) => /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code)

function distrusted(certificate: X509Certificate | undefined, trust: Trust): Refusal | undefined {
  if (!('fingerprint' in trust) || certificate?.fingerprint256 === trust.fingerprint.toUpperCase()) return undefined
  return { outcome: 'wrong certificate', why: `its fingerprint is ${certificate?.fingerprint256 ?? 'unknown'}` }
}

function tlsTransport(socket: TLSSocket): SipTransport {
  const framing = new Framing()
  return {
    protocol: 'TLS',
    isReliable: true,
    own: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    send: message => void (socket.destroyed || socket.write(message)),
    listen: (onMessage, onBroken) => {
      socket.on('data', bytes => {
        try {
          for (const message of framing.push(bytes)) onMessage(message)
        } catch (error) {
          socket.destroy(error instanceof Error ? error : undefined)
        }
      })
      socket.on('error', () => {})
      socket.once('close', () => onBroken('the connection was closed'))
    },
    close: () => socket.destroy(),
  }
}
