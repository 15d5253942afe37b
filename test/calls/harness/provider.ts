/**
 * A provider of telephone numbers, as far as a trunk can tell: it takes a registration by digest, answers OPTIONS, passes on calls of its
 * customers, with their sound, and writes down whatever it is asked.
 *
 *     const provider = await openProvider({ host: '127.0.0.9', account })
 *     const call = await provider.call('+8621000001', { from: '+8613800138000' })
 *     call.status                              // 200
 *     await call.hangUp()
 */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type TLSSocket } from 'node:tls'
import { parseRtp } from '../../../src/rtp/packet.ts'
import { randomId, systemRuntime } from '../../../src/runtime.ts'
import { type Challenge, digestAnswer, type SipAccountOf } from '../../../src/sip-digest.ts'
import { Framing } from '../../../src/sip-framing.ts'
import { headerOf, headersOf, readSipMessage, type SipRequest, type SipResponse } from '../../../src/sip-message.ts'
import { until } from './until.ts'

export interface ProviderOptions {
  readonly host: string
  /** Of whom it takes a registration. */
  readonly account: SipAccountOf
  /** By TLS instead of UDP. */
  readonly tls?: { readonly key: Buffer; readonly cert: string }
  readonly grantsSeconds?: number
}

export interface Placed {
  readonly from?: string
  readonly headers?: readonly string[]
  /** Its whole description in place of an offer of A-law in the clear. */
  readonly offer?: (port: number) => string
}

export interface ProvidedCall {
  readonly status: number
  readonly response: SipResponse | undefined
  /** A-law of what was heard. */
  readonly heard: () => Buffer
  readonly packets: () => number
  /** Says the call again within it (a re-INVITE); resolves with the status. */
  readonly again: (headers: readonly string[]) => Promise<number>
  readonly hangUp: () => Promise<void>
}

type Send = (bytes: Buffer) => void

const answerMs = 3_000

export async function openProvider(options: ProviderOptions): Promise<Provider> {
  const provider = new Provider(options)
  await provider.open()
  return provider
}

export class Provider {
  port = 0
  /** Contact of whoever is registered, and of nobody. */
  contact: string | undefined
  /** Every request that came. */
  readonly asked: SipRequest[] = []
  readonly #options: ProviderOptions
  readonly #challenge: Challenge
  readonly #waiting = new Map<string, (response: SipResponse) => void>()
  #to: Send | undefined
  #isOver = false
  #close: () => void = () => {}
  #dropConnections: () => void = () => {}

  constructor(options: ProviderOptions) {
    this.#options = options
    const nonce = randomId(systemRuntime)
    this.#challenge = { realm: 'provider', nonce, algorithm: 'MD5', qop: 'auth', opaque: undefined, stale: false }
  }

  async open(): Promise<void> {
    const { host, tls } = this.#options
    if (tls === undefined) {
      const socket = createSocket('udp4').bind(0, host)
      await once(socket, 'listening')
      this.port = socket.address().port
      socket.on('message', (bytes, { address, port }) =>
        this.#receive(bytes, answer => this.#isOver || socket.send(answer, port, address)),
      )
      this.#socket = socket
      this.#close = () => socket.close()
      return
    }
    const sockets: TLSSocket[] = []
    const server = createServer(tls, socket => {
      sockets.push(socket)
      const framing = new Framing()
      this.#to = bytes => void socket.write(bytes)
      socket.on('error', () => {})
      socket.on('data', bytes => {
        for (const message of framing.push(bytes)) this.#receive(message, answer => void socket.write(answer))
      })
    })
    server.on('tlsClientError', () => {})
    server.listen(0, host)
    await once(server, 'listening')
    const at = server.address()
    this.port = typeof at === 'object' ? (at?.port ?? 0) : 0
    this.#dropConnections = () => {
      for (const socket of sockets) socket.destroy()
    }
    this.#close = () => {
      this.#dropConnections()
      server.close()
    }
  }

  #socket: Socket | undefined

  /** Where calls of its customers are sent by UDP. */
  sendsTo(address: string, port: number): void {
    this.#to = bytes => this.#socket?.send(bytes, port, address)
  }

  get isRegistered(): boolean {
    return this.contact !== undefined
  }

  async untilRegistered(withinMs = 10_000): Promise<void> {
    await until('the trunk is registered', () => this.isRegistered, withinMs)
  }

  /** Every connection is lost, and so is what is known of who was there. */
  dropAll(): void {
    this.contact = undefined
    this.#dropConnections()
  }

  /** Passes on a customer's call; `status` 0: nobody answered. */
  async call(
    dialled: string,
    { from = '+8613800138000', headers = [], offer = offerOf }: Placed = {},
  ): Promise<ProvidedCall> {
    const { host } = this.#options
    const media = createSocket('udp4').bind(0, host)
    await once(media, 'listening')
    const heard: Buffer[] = []
    media.on('message', bytes => {
      const packet = parseRtp(bytes)
      if (packet) heard.push(Buffer.from(packet.payload))
    })
    const id = randomId(systemRuntime)
    const uri = `sip:${dialled}@trunk.example`
    const via = this.#options.tls ? 'TLS' : 'UDP'
    const say = (method: string, to: string, target: string, extra: readonly string[], body = '', number = 1) => {
      const lines = [
        `${method} ${target} SIP/2.0`,
        `Via: SIP/2.0/${via} ${host}:${this.port};rport;branch=z9hG4bK${id}${number > 1 ? `${method}${number}` : ''}${to.length}`,
        'Max-Forwards: 70',
        `From: "A customer" <sip:${from}@provider.example>;tag=${id}`,
        `To: ${to}`,
        `Call-ID: ${id}`,
        `CSeq: ${number} ${method}`,
        `Contact: <sip:${host}:${this.port}>`,
        ...extra,
        `Content-Length: ${body.length}`,
        `\r\n${body}`,
      ]
      this.#to?.(Buffer.from(lines.join('\r\n')))
    }
    const answered = async (method: string) => {
      const came = new Promise<SipResponse>(resolve => this.#waiting.set(`${id} ${method}`, resolve))
      return Promise.race([came, systemRuntime.sleep(answerMs).then(() => undefined)])
    }
    const answer = answered('INVITE')
    const body = offer(media.address().port).replaceAll('HOST', host)
    say('INVITE', `<${uri}>`, uri, [...headers, 'Content-Type: application/sdp'], body)
    const response = await answer
    const to = response ? (headerOf(response, 'to') ?? '') : ''
    const [, target = uri] = /<([^>]+)>/.exec((response && headerOf(response, 'contact')) ?? '') ?? []
    if (response) say('ACK', to, response.status === 200 ? target : uri, [])
    if (response?.status === 200) {
      // A NAT of the other end is opened by what we say.
      const [, port = '0'] = /m=audio (\d+)/.exec(Buffer.from(response.body).toString()) ?? []
      const [, address = host] = /c=IN IP4 (\S+)/.exec(Buffer.from(response.body).toString()) ?? []
      media.send(
        Buffer.concat([Buffer.from([0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1]), Buffer.alloc(160, 0xd5)]),
        Number(port),
        address,
      )
    } else media.close()
    return {
      status: response?.status ?? 0,
      response,
      heard: () => Buffer.concat(heard),
      packets: () => heard.length,
      again: async more => {
        const answer = answered('INVITE')
        say('INVITE', to, target, [...more, 'Content-Type: application/sdp'], body, 2)
        const status = (await answer)?.status ?? 0
        if (status > 0) say('ACK', to, target, [], '', 2)
        return status
      },
      hangUp: async () => {
        const ended = answered('BYE')
        say('BYE', to, target, [], '', 9)
        await ended
        media.close()
      },
    }
  }

  close(): void {
    this.#isOver = true
    this.#close()
  }

  #receive(bytes: Buffer, send: Send): void {
    const message = readSipMessage(bytes)
    if (message === undefined) return
    if (message.kind === 'response') {
      const [, method] = (headerOf(message, 'cseq') ?? '').split(' ')
      if (message.status >= 200) this.#waiting.get(`${headerOf(message, 'call-id')} ${method}`)?.(message)
      return
    }
    this.asked.push(message)
    if (message.method === 'ACK') return
    const [status, ...says] = message.method === 'REGISTER' ? this.#registration(message) : ['200 OK']
    const copied = ['via', 'from', 'to', 'call-id', 'cseq'].flatMap(name =>
      message.fields.filter(field => field.name === name),
    )
    const lines = [`SIP/2.0 ${status}`, ...copied.map(({ raw }) => raw), ...says, 'Content-Length: 0', '\r\n']
    send(Buffer.from(lines.join('\r\n')))
  }

  #registration(request: SipRequest): readonly string[] {
    const { account, grantsSeconds = 300 } = this.#options
    const [said = ''] = headersOf(request, 'authorization')
    const [, cnonce = ''] = /cnonce="([^"]+)"/.exec(said) ?? []
    const asked = { method: 'REGISTER', uri: request.uri, count: 1, cnonce }
    const { realm, nonce } = this.#challenge
    if (said !== digestAnswer(this.#challenge, account, asked))
      return [
        '401 Unauthorized',
        `WWW-Authenticate: Digest realm="${realm}", nonce="${nonce}", algorithm=MD5, qop="auth"`,
      ]
    const contact = headerOf(request, 'contact')
    const isLeaving = headerOf(request, 'expires') === '0'
    this.contact = isLeaving ? undefined : contact
    return ['200 OK', ...(isLeaving ? [] : [`Contact: ${contact};expires=${grantsSeconds}`])]
  }
}

const offerOf = (port: number) =>
  [
    ...['v=0', 'o=- 1 1 IN IP4 HOST', 's=-', 'c=IN IP4 HOST', 't=0 0'],
    ...[`m=audio ${port} RTP/AVP 8 101`, 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', ''],
  ].join('\r\n')
