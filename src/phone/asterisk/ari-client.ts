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

import { Agent, type IncomingMessage, request } from 'node:http'
import { createRequire } from 'node:module'
import { errorCode } from '../../error-code.ts'
import { DeadlineExceeded, type Runtime, withDeadline } from '../../runtime.ts'
import type { Secret } from '../../secret.ts'
import type { RawSocket } from './raw-socket.ts'
import { SocketRequests } from './socket-requests.ts'

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

interface RawClient {
  readonly _swagger: { readonly apis: Readonly<Record<string, RawResource>> }
  _connection: Readonly<Record<'protocol' | 'host' | 'hostname' | 'user' | 'pass', string>>
  _ws?: RawSocket
  start(application: string): PromiseLike<void>
}

interface RawResource {
  readonly operations: Readonly<Record<string, RawOperation>>
}

interface RawOperation {
  readonly method: string
  /** `/channels/{channelId}/play` */
  readonly path: string
  readonly parameters: readonly { readonly name: string; readonly paramType: string }[]
}

interface Described {
  readonly what: string
  readonly method: string
  /** Below `/ari/`. */
  readonly uri: string
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
  readonly #overSocket: SocketRequests

  private constructor(raw: RawClient, runtime: Runtime, url: string, authorization: string) {
    this.#raw = raw
    this.#runtime = runtime
    this.#url = url
    this.#authorization = authorization
    this.#overSocket = new SocketRequests(runtime, requestDeadlineMs)
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
   * One request, such as `request('channels', 'get', { channelId })`, with `body` as its JSON. Resolves with the answer's
   * JSON, undefined when it has none. Throws `AriRefused`, `AriUnreachable` or `DeadlineExceeded`.
   */
  async request(resource: string, operation: string, parameters: AriParameters = {}, body?: object): Promise<unknown> {
    const text = await this.#overHttp(this.#describe(resource, operation, parameters), body)
    return text === '' ? undefined : JSON.parse(text)
  }

  /**
   * A request whose answer says nothing but its status, and for which Asterisk waits for no channel: it goes over the
   * event socket while there is one. When that is lost before the answer it is sent again, and may be carried out twice.
   * Throws as `request`.
   */
  async command(resource: string, operation: string, parameters: AriParameters): Promise<void> {
    const described = this.#describe(resource, operation, parameters)
    const { what, method, uri } = described
    const status = (await this.#overSocket.send(what, method, uri)) ?? 'lost'
    if (status === 'lost') await this.#overHttp(described)
    else assertDone(what, status)
  }

  /** Asterisk's answer to a `command`, which comes among the events. */
  onAnswer(requestId: string, status: number): void {
    this.#overSocket.onAnswer(requestId, status)
  }

  /** A fresh event socket, still connecting, with nobody listening. Asterisk registers the application as it opens. */
  socket(application: string): RawSocket {
    // Its promise waits for listeners that we take away at once: it never settles, and nothing hangs on it.
    void this.#raw.start(application)
    const socket = this.#raw._ws
    if (!socket) throw new Error('ari-client made no socket')
    socket.removeAllListeners()
    this.#overSocket.use(socket)
    return socket
  }

  /** Idle connections are not trusted any more, such as after the event socket was found dead. */
  dropIdle(): void {
    for (const sockets of Object.values(this.#agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
  }

  /** Another process has the calls now: what is under way over the socket fails with `AriUnreachable`, rather than be sent again. */
  leaveSocket(): void {
    this.#overSocket.close(what => new AriUnreachable(what, 'let go'))
  }

  /** Requests under way fail with `AriUnreachable`. */
  close(): void {
    this.leaveSocket()
    this.#agent.destroy()
  }

  #overHttp({ what, method, uri }: Described, body?: object): Promise<string> {
    const options = { agent: this.#agent, authorization: this.#authorization, runtime: this.#runtime, body }
    return send(what, method, `${this.#url}/ari/${uri}`, options)
  }

  #describe(resource: string, operation: string, given: AriParameters): Described {
    const described = this.#raw._swagger.apis[resource]?.operations[operation]
    if (!described) throw new TypeError(`ARI has no ${resource} ${operation}`)
    let uri = described.path.slice(1)
    let query = ''
    for (const { name, paramType } of described.parameters) {
      const value = given[name]
      if (value === undefined) continue
      if (paramType === 'path') uri = uri.replace(`{${name}}`, encodeURIComponent(value))
      if (paramType === 'query') query += `${query === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`
    }
    return { what: `${resource} ${operation}`, method: described.method.toUpperCase(), uri: uri + query }
  }
}

interface SendOptions {
  readonly agent?: Agent
  readonly authorization: string
  readonly runtime: Runtime
  readonly body?: object | undefined
}

/** Before the package may try: a refusal here is an error to catch, there it would end the process. */
function ping(url: string, authorization: string, runtime: Runtime): Promise<unknown> {
  return send('asterisk ping', 'GET', url, { authorization, runtime })
}

async function send(what: string, method: string, url: string, options: SendOptions): Promise<string> {
  const { runtime, agent, authorization } = options
  const body = options.body && JSON.stringify(options.body)
  const cancel = new AbortController()
  try {
    const headers = {
      authorization,
      ...(method !== 'GET' && { 'content-length': Buffer.byteLength(body ?? '') }),
      ...(body && { 'content-type': 'application/json' }),
    }
    const answer = answerTo(url, { method, headers, signal: cancel.signal, ...(agent && { agent }) }, body)
    const { status, text } = await withDeadline(runtime, `ARI ${what}`, requestDeadlineMs, answer)
    assertDone(what, status)
    return text
  } catch (error) {
    // Frees the connection. Not after an answer: an abort then still makes an error and takes the request apart.
    if (error instanceof DeadlineExceeded) cancel.abort(error)
    if (error instanceof AriRefused || error instanceof DeadlineExceeded) throw error
    throw new AriUnreachable(what, errorCode(error) ?? 'connection failed')
  }
}

function assertDone(what: string, status: number): void {
  if (status < 200 || status > 299) throw new AriRefused(what, status)
}

function answerTo(url: string, options: object, body = ''): Promise<{ status: number; text: string }> {
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
    request(url, options, onResponse).once('error', reject).end(body)
  })
}
