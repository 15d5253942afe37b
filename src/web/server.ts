/**
 * One institution's pages and API over HTTP, in its own process: an origin of its own, limits on everything that comes in,
 * and headers that let a browser do with our pages what they are made for and nothing else.
 */
import type { IncomingHttpHeaders, Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify'
import { OriginLimit, type Rate } from '../keys/rate-limit.ts'
import { networkOf } from '../origin.ts'
import { DeadlineExceeded, type Runtime, withDeadline } from '../runtime.ts'
import { type CertificateFiles, readCertificate, type WatchParts, watchCertificate } from './certificate-files.ts'

/** As the installation's file says it. */
export interface WebPlace {
  /** The address of this machine where it listens. */
  readonly host: string
  /** Zero: whichever is free. */
  readonly port: number
  /** By which browsers know it; the first is the one in links. */
  readonly names: readonly string[]
  /** Without them it speaks HTTP, for this machine or a proxy in front of it. */
  readonly https?: CertificateFiles | undefined
  /** Addresses of proxies, whose word for where a request comes from is believed. */
  readonly proxies: readonly string[]
  /** Whether browsers reach it by HTTPS, here or at a proxy. */
  readonly isHttps: boolean
  /** Requests of one address, and of all who have none. */
  readonly rates: { readonly caller: Rate; readonly withheld: Rate }
  /** A page of it is a telephone: it may connect to its own server, and ask for the microphone. */
  readonly hasTelephone?: boolean | undefined
  /** A page of it is renewed by its own server. */
  readonly isLive?: boolean | undefined
}

export interface OpenServer {
  /** Where browsers find it, such as `http://lantern.localhost:12345`. */
  readonly url: string
  close(): Promise<void>
}

const bodyLimit = 16_384

/** From the first byte of a request to its last, and for what is answered when nothing is asked. */
const deadlines = { requestTimeout: 10_000, connectionTimeout: 60_000, keepAliveTimeout: 15_000 }

/** Node looks for requests that are over their time this often, by itself only every 30 s. */
const connectionsCheckingInterval = 1_000

const mostConnections = 2_000
/** Of one network, where browsers come by themselves: no one of them takes all. */
const mostOfOne = mostConnections / 4

/** For what is being answered when it closes. */
const closeMs = 1_000

/** Nothing inline, nothing from elsewhere, nobody's frame; forms go to us alone (Content Security Policy Level 3). */
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
  'cache-control': 'no-store',
}

const liveHeaders: Readonly<Record<string, string>> = {
  ...headers,
  'content-security-policy': `${contentSecurityPolicy}; connect-src 'self'`,
}

/** `'self'` names a WebSocket of the same origin, too (Content Security Policy Level 3, section 6.7.2.8). */
const telephoneHeaders: Readonly<Record<string, string>> = {
  ...liveHeaders,
  'permissions-policy': 'camera=(), microphone=(self), geolocation=(), payment=()',
}

/** A server with everything but routes. It does not listen yet. */
export function bareServer(place: WebPlace, runtime: Runtime): FastifyInstance {
  const options: FastifyServerOptions = {
    bodyLimit,
    ...deadlines,
    forceCloseConnections: true,
    trustProxy: place.proxies.length > 0 ? [...place.proxies] : false,
    logger: false,
    // What does not have its type is refused: "5" is no 5.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true } },
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 100 },
  }
  const app = withTls(place, options)
  app.server.maxConnections = mostConnections
  app.server.headersTimeout = deadlines.requestTimeout
  app.server.maxHeadersCount = 64

  const perOrigin = new OriginLimit(runtime, place.rates)
  const names = new Set(place.names)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(place.hasTelephone ? telephoneHeaders : place.isLive ? liveHeaders : headers)
    if (place.isHttps) reply.header('strict-transport-security', 'max-age=31536000')
    // Whoever made a name of theirs point at us is not served under it (DNS rebinding).
    if (!names.has(request.hostname)) throw new Refused(421, 'misdirected')
    // Before the bucket, which on the loopback is everybody's.
    if (isLoadedElsewhere(request.headers)) throw new Refused(403, 'forged')
    const [limit, who] = perOrigin.bucketOf({ channel: 'page', address: request.ip })
    if (!limit.take(who)) throw new Refused(429, 'too-many')
  })
  return app
}

/**
 * A page of another site has its browser load something of ours, such as by an image, a frame or a script (Fetch Metadata Request Headers,
 * W3C). Nothing of ours is for that: people come by links, and programs say nothing of it.
 */
function isLoadedElsewhere(headers: IncomingHttpHeaders): boolean {
  const { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers
  return site === 'cross-site' && !(mode === 'navigate' && destination === 'document')
}

/** A request that is not served; `status` says why to programs, the page of errors to people. */
export class Refused extends Error {
  readonly statusCode: number
  readonly why: 'misdirected' | 'too-many' | 'forged' | 'not-found'

  constructor(statusCode: number, why: Refused['why']) {
    super(why)
    this.name = 'Refused'
    this.statusCode = statusCode
    this.why = why
  }
}

function withTls({ https }: WebPlace, options: FastifyServerOptions): FastifyInstance {
  const http = { connectionsCheckingInterval }
  if (https === undefined) return fastify({ ...options, http })
  return fastify({ ...options, https: { ...readCertificate(https), ...http } } as FastifyServerOptions<Server>)
}

export async function listen(app: FastifyInstance, place: WebPlace, parts: WatchParts): Promise<OpenServer> {
  const { server } = app
  // Of TLS, too: the connection below it.
  const open = new Map<Socket, string>()
  const openOf = (network: string) => [...open.values()].filter(each => each === network).length
  server.on('connection', (socket: Socket) => {
    const network = networkOf(socket.remoteAddress ?? '')
    if (place.proxies.length === 0 && openOf(network) >= mostOfOne) return void socket.destroy()
    open.set(socket, network)
    socket.once('close', () => open.delete(socket))
  })
  await app.listen({ host: place.host, port: place.port })
  const { port } = server.address() as AddressInfo
  const watch = place.https && server instanceof TlsServer ? watchCertificate(server, place.https, parts) : undefined
  return {
    url: urlOf(place, port),
    close: async () => {
      const closed = Promise.all([watch?.close(), app.close()])
      // Node closes what it knows to be HTTP, and waits for ever for a connection that was to be something else and is left open.
      await withDeadline(parts.runtime, 'connections that close', closeMs, closed).catch(async error => {
        if (!(error instanceof DeadlineExceeded)) throw error
        for (const socket of open.keys()) socket.destroy()
        await withDeadline(parts.runtime, 'a server that closes', closeMs, closed).catch(parts.troubled)
      })
    },
  }
}

/** Where browsers find it when it listens at `port`. Behind a proxy the port is the proxy's. */
function urlOf({ names, isHttps, https, proxies }: WebPlace, port: number): string {
  const [name = 'localhost'] = names
  const isOwnPort = proxies.length === 0
  return `${isHttps ? 'https' : 'http'}://${name}${isOwnPort && port !== (https ? 443 : 80) ? `:${port}` : ''}`
}
