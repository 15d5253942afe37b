/**
 * The Asterisk REST interface, through ari-client 2.2.0. Of that package we use what it knows of the interface (which
 * operation has which path and parameters) and its event socket; everything that it leaves open is mended here, and no
 * other file sees it:
 *
 * - a wrong password rejects and also throws an uncaught string        → we ask Asterisk ourselves, first
 * - a request while Asterisk is away never settles, and has no status  → sent by us: deadline, status, kept-alive socket
 * - an unknown event or bad JSON throws inside the socket's handler    → its handlers are replaced (`event-socket.ts`)
 * - it gives up reconnecting after 10 tries                            → reconnecting is ours
 * - the password stands in the socket's URL                            → it goes into the Authorization header
 *
 * Nothing of a request or an answer is ever logged or put into an error: a media list spells out what is told.
 */

import type { EventEmitter } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { createRequire } from 'node:module'
import { DeadlineExceeded, type Runtime, withDeadline } from '../../runtime.ts'
import type { Secret } from '../../secret.ts'

export interface AriAddress {
  /** Without path: `http://127.0.0.1:8088`. */
  readonly url: string
  readonly user: string
  readonly password: Secret
}

/** Asterisk answered with an error status. */
export class AriRefused extends Error {
  readonly status: number

  constructor(operation: string, status: number) {
    super(`ARI ${operation}: status ${status}`)
    this.name = 'AriRefused'
    this.status = status
  }

  /** 404 and 409: what was asked about has ended, or is ending. The normal way in which a caller leaves. */
  get isGone(): boolean {
    return this.status === 404 || this.status === 409
  }
}

/** Nobody listens at Asterisk's address, or the connection broke before the answer. */
export class AriUnreachable extends Error {
  constructor(operation: string, code: string) {
    super(`ARI ${operation}: ${code}`)
    this.name = 'AriUnreachable'
  }
}

export type AriParameters = Readonly<Record<string, string | number | boolean>>

/** A WebSocket of the `ws` package, as far as we use it. */
export interface RawSocket extends EventEmitter {
  ping(): void
  close(): void
  terminate(): void
}

interface RawClient {
  readonly _swagger: { readonly apis: Readonly<Record<string, RawResource>> }
  _connection: Readonly<Record<'protocol' | 'host' | 'hostname' | 'user' | 'pass', string>>
  _ws?: RawSocket
  start(application: string): PromiseLike<void>
}

interface RawResource {
  readonly operations: Readonly<Record<string, { readonly method: string; urlify(parameters: object): string }>>
}

const { connect } = createRequire(import.meta.url)('ari-client') as {
  connect(url: string, user: string, password: string): PromiseLike<RawClient>
}

/** The package's own package makes a global function that prints and remembers; its only message here is of no use. */
Object.assign(globalThis, { log: () => {} })

const loadDeadlineMs = 10_000
const requestDeadlineMs = 2_000
/** Asterisk closes a connection that idles for 15 s: we let go of it first, or a request could meet its closing. */
const idleMs = 8_000

/** The package keeps the credentials for its descriptions in one global, so clients load theirs one after another. */
let loading: Promise<unknown> = Promise.resolve()

export class AriClient {
  readonly #raw: RawClient
  readonly #runtime: Runtime
  readonly #url: string
  readonly #authorization: string
  readonly #agent = new Agent({ keepAlive: true, timeout: idleMs, scheduling: 'lifo' })

  private constructor(raw: RawClient, runtime: Runtime, url: string, authorization: string) {
    this.#raw = raw
    this.#runtime = runtime
    this.#url = url
    this.#authorization = authorization
  }

  /** Throws `AriRefused` (401: user or password), `AriUnreachable` or `DeadlineExceeded`. */
  static async open({ url, user, password }: AriAddress, runtime: Runtime): Promise<AriClient> {
    const authorization = `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString('base64')}`
    await ping(`${url}/ari/asterisk/ping`, authorization, runtime)

    const loaded = loading.then(() =>
      withDeadline(runtime, 'ARI descriptions', loadDeadlineMs, Promise.resolve(connect(url, user, password.reveal()))),
    )
    loading = loaded.catch(() => {})
    const raw = await loaded
    // Its socket URL is made of these. `ws` takes user and password before the host for an Authorization header.
    const login = `${encodeURIComponent(user)}:${encodeURIComponent(password.reveal())}`
    const { host, hostname } = new URL(url)
    raw._connection = { protocol: 'http:', host: `${login}@${host}`, hostname, user: '', pass: '' }
    return new AriClient(raw, runtime, url, authorization)
  }

  /**
   * One request, such as `request('channels', 'play', { channelId, media, playbackId })`. Resolves with the answer's
   * JSON, undefined when it has none. Throws `AriRefused`, `AriUnreachable` or `DeadlineExceeded`.
   */
  async request(resource: string, operation: string, parameters: AriParameters = {}): Promise<unknown> {
    const { method, url } = this.#describe(resource, operation, parameters)
    const options = { agent: this.#agent, authorization: this.#authorization, runtime: this.#runtime }
    const text = await send(`${resource} ${operation}`, method, url, options)
    return text === '' ? undefined : JSON.parse(text)
  }

  /** A fresh event socket, still connecting, with nobody listening. Asterisk registers the application as it opens. */
  socket(application: string): RawSocket {
    // Its promise waits for listeners that we take away at once: it never settles, and nothing hangs on it.
    void this.#raw.start(application)
    const socket = this.#raw._ws
    if (!socket) throw new Error('ari-client made no socket')
    socket.removeAllListeners()
    return socket
  }

  /** Idle connections are not trusted any more, such as after the event socket was found dead. */
  dropIdle(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
  }

  /** Requests under way fail with `AriUnreachable`. */
  close(): void {
    this.#agent.destroy()
  }

  #describe(resource: string, operation: string, parameters: AriParameters): { method: string; url: string } {
    const described = this.#raw._swagger.apis[resource]?.operations[operation]
    if (!described) throw new TypeError(`ARI has no ${resource} ${operation}`)
    // Asterisk's descriptions name its own idea of its address; the path is right.
    const { pathname, search } = new URL(described.urlify(parameters))
    return { method: described.method.toUpperCase(), url: `${this.#url}${pathname}${search}` }
  }
}

interface SendOptions {
  readonly agent?: Agent
  readonly authorization: string
  readonly runtime: Runtime
}

/** Before the package may try: a refusal here is an error to catch, there it would end the process. */
function ping(url: string, authorization: string, runtime: Runtime): Promise<unknown> {
  return send('asterisk ping', 'GET', url, { authorization, runtime })
}

async function send(what: string, method: string, url: string, options: SendOptions): Promise<string> {
  const { runtime, agent, authorization } = options
  const cancel = new AbortController()
  try {
    const headers = { authorization, ...(method === 'POST' && { 'content-length': '0' }) }
    const answer = answerTo(url, { method, headers, signal: cancel.signal, ...(agent && { agent }) })
    const { status, text } = await withDeadline(runtime, `ARI ${what}`, requestDeadlineMs, answer)
    if (status < 200 || status > 299) throw new AriRefused(what, status)
    return text
  } catch (error) {
    // Frees the connection. Not after an answer: an abort then still makes an error and takes the request apart.
    if (error instanceof DeadlineExceeded) cancel.abort(error)
    if (error instanceof AriRefused || error instanceof DeadlineExceeded) throw error
    throw new AriUnreachable(what, codeOf(error))
  }
}

function answerTo(url: string, options: object): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.once('error', reject)
    }
    request(url, options, onResponse).once('error', reject).end()
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'connection failed'
}
