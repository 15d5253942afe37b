/**
 * As much of SIP (RFC 3261) as a test's own phone needs: place a call with digest authentication, send any request in it,
 * end it; over UDP with the retransmissions of section 17.1, or over TCP.
 */
import { createHash } from 'node:crypto'
import { randomId, systemRuntime, withDeadline } from '../../../src/runtime.ts'
import type { SipAccount } from '../../../src/switch/contract.ts'
import { openSipTransport, type SipTransport } from './sip-transport.ts'

export interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export interface SipCallOptions {
  readonly server: { readonly host: string; readonly port: number }
  readonly account: Pick<SipAccount, 'user' | 'password'>
  readonly number: string
  readonly transport?: 'udp' | 'tcp'
  /** The address of this machine that the phone is bound to; by default the loopback. */
  readonly from?: string
  /** Of a proxy between this phone and the server, which takes itself out of what it passes on. */
  readonly recordRoute?: string
}

export interface Extra {
  readonly headers?: readonly string[]
  readonly body?: string
  readonly contentType?: string
}

/** RFC 3261, section 17.1: the first retransmission after 500 ms, then twice as long each time up to 4 s, 32 s in all. */
const [firstAgainMs, mostAgainMs, giveUpMs] = [500, 4_000, 32_000]

export class SipDialog {
  readonly #options: SipCallOptions
  readonly #transport: SipTransport
  readonly #callId = randomId(systemRuntime)
  readonly #tag = randomId(systemRuntime)
  /** The 2xx to the last INVITE. */
  accepted: Answer | undefined
  #remoteTag = ''
  /** Where a request in the call goes once a proxy has said that it stays in the way (RFC 3261, section 12.2.1.1). */
  #target: string | undefined
  #routes: readonly string[] = []
  #sequence = 1
  /** By the number of the request. */
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  /** First lines of what the other side asked, ACK included, as often as it came. */
  readonly asked: string[] = []
  #endedByThem: () => void = () => {}
  #onAnswer: (text: string) => void = () => {}
  /** Resolves when the other side has hung up. */
  readonly ended = new Promise<void>(resolve => {
    this.#endedByThem = resolve
  })

  private constructor(options: SipCallOptions, transport: SipTransport) {
    this.#options = options
    this.#transport = transport
    transport.onMessage(text => this.#receive(text))
  }

  static async open(options: SipCallOptions): Promise<SipDialog> {
    const { server, transport = 'udp', from = '127.0.0.1' } = options
    return new SipDialog(options, await openSipTransport(transport, from, server))
  }

  /** Offers `sdp`, with these headers besides, and returns the final answer, whatever it is. */
  async invite(sdp: string, more: readonly string[] = []): Promise<Answer> {
    const offer = { headers: more, ...(sdp ? { body: sdp, contentType: 'application/sdp' } : {}) }
    const first = await this.#request('INVITE', offer)
    this.#send('ACK', this.#sequence, {})
    if (first.status !== 401) return first
    this.#sequence++
    const second = await this.#request('INVITE', {
      ...offer,
      headers: [...more, this.#authorization('INVITE', first)],
    })
    this.#send('ACK', this.#sequence, {})
    return second
  }

  /** Offers another `sdp` in the same call, such as one that puts the other side on hold (RFC 3264, 8.4). */
  reinvite(sdp: string): Promise<Answer> {
    this.#sequence++
    return this.invite(sdp)
  }

  /**
   * Any other request, in the call or before there is one; asked who it is, the phone says so. Rejects with
   * `DeadlineExceeded` when no final answer comes within 32 s.
   */
  async request(method: string, extra: Extra = {}): Promise<Answer> {
    this.#sequence++
    const first = await this.#request(method, extra)
    if (first.status !== 401) return first
    this.#sequence++
    const headers = [...(extra.headers ?? []), this.#authorization(method, first)]
    return this.#request(method, { ...extra, headers })
  }

  /** One request, sent so many times without a pause; resolves with an answer to each, as it came. */
  async repeated(method: string, times: number, extra: Extra = {}): Promise<string[]> {
    const sequence = ++this.#sequence
    const answers: string[] = []
    const all = new Promise<void>(resolve => {
      this.#onAnswer = text => {
        if (text.includes(`\r\nCSeq: ${sequence} `) && answers.push(text) === times) resolve()
      }
    })
    const branch = randomId(systemRuntime)
    for (let time = 0; time < times; time++) this.#send(method, sequence, extra, branch)
    await withDeadline(systemRuntime, `${times} answers to ${method}`, 4_000, all)
    return answers
  }

  get user(): string {
    return this.#options.account.user
  }

  /** The phone's own. */
  get port(): number {
    return Number(this.#transport.own.split(':')[1])
  }

  async bye(): Promise<void> {
    await this.request('BYE')
  }

  close(): void {
    this.#transport.close()
  }

  get #uri(): string {
    const { number, server, transport } = this.#options
    return `sip:${number}@${server.host}:${server.port}${transport === 'tcp' ? ';transport=tcp' : ''}`
  }

  async #request(method: string, extra: Extra): Promise<Answer> {
    const sequence = this.#sequence
    let isAnswered = false
    const answer = new Promise<Answer>(resolve => this.#waiting.set(sequence, resolve)).finally(() => {
      isAnswered = true
    })
    const branch = randomId(systemRuntime)
    const again = async () => {
      for (let waitMs = firstAgainMs; ; waitMs = Math.min(waitMs * 2, mostAgainMs)) {
        await systemRuntime.sleep(waitMs)
        if (isAnswered || this.#transport.isClosed || !this.#waiting.has(sequence)) return
        this.#send(method, sequence, extra, branch)
      }
    }
    this.#send(method, sequence, extra, branch)
    if (!this.#transport.isReliable) void again()
    try {
      return await withDeadline(systemRuntime, `SIP ${method}`, giveUpMs, answer)
    } finally {
      this.#waiting.delete(sequence)
    }
  }

  #send(method: string, sequence: number, extra: Extra, branch = randomId(systemRuntime)): void {
    const { server, account, transport = 'udp' } = this.#options
    const { body = '', contentType, headers = [] } = extra
    const { own } = this.#transport
    const lines = [
      `${method} ${this.#target ?? this.#uri} SIP/2.0`,
      `Via: SIP/2.0/${transport.toUpperCase()} ${own};branch=z9hG4bK${branch};rport`,
      'Max-Forwards: 70',
      `From: <sip:${account.user}@${server.host}>;tag=${this.#tag}`,
      `To: <${this.#uri}>${this.#remoteTag && `;tag=${this.#remoteTag}`}`,
      `Call-ID: ${this.#callId}`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <sip:${account.user}@${own}${transport === 'tcp' ? ';transport=tcp' : ''}>`,
      ...this.#routes.map(route => `Route: ${route}`),
      ...headers,
      ...(contentType ? [`Content-Type: ${contentType}`] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ]
    this.#transport.send(lines.join('\r\n'))
  }

  #receive(text: string): void {
    const [head = '', body = ''] = text.split('\r\n\r\n')
    const [start = '', ...fields] = head.split('\r\n')
    const headers = new Map(
      fields.map(field => {
        const colon = field.indexOf(':')
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const
      }),
    )
    const [, status, reason = ''] = start.match(/^SIP\/2\.0 (\d+) (.*)$/) ?? []
    if (!status) this.#obey(start, fields)
    // Provisional answers need none of ours.
    if (!status || Number(status) < 200) return
    this.#onAnswer(text)
    const [sequence, method] = headers.get('cseq')?.split(' ') ?? []
    const answer = { status: Number(status), reason, headers, body }
    if (Number(status) < 300 && method === 'INVITE') {
      this.accepted = answer
      this.#routes = fields.flatMap(field => field.match(/^record-route:\s*(.*)$/i)?.[1]?.split(/,\s*/) ?? []).reverse()
      this.#routes = this.#routes.filter(route => route !== this.#options.recordRoute)
      if (this.#routes.length > 0) this.#target = headers.get('contact')?.match(/<([^>]+)>/)?.[1]
      this.#remoteTag = headers.get('to')?.match(/;tag=([^;]+)/)?.[1] ?? ''
    }
    this.#waiting.get(Number(sequence))?.(answer)
  }

  /** A request of theirs: agreed to, whatever it is. */
  #obey(start: string, fields: readonly string[]): void {
    if (start === '') return
    this.asked.push(start)
    if (start.startsWith('ACK ')) return
    // Each proxy on the way finds its own Via.
    const kept = fields.filter(field => /^(via|from|to|call-id|cseq):/i.test(field))
    this.#transport.send(['SIP/2.0 200 OK', ...kept, 'Content-Length: 0', '', ''].join('\r\n'))
    if (start.startsWith('BYE ')) this.#endedByThem()
  }

  /** RFC 2617, section 3.2.2, with `qop=auth` and MD5. */
  #authorization(method: string, challenge: Answer): string {
    const header = challenge.headers.get('www-authenticate') ?? ''
    const field = (name: string) => header.match(new RegExp(`${name}="?([^",]+)`))?.[1] ?? ''
    const md5 = (...parts: string[]) => createHash('md5').update(parts.join(':')).digest('hex')
    const [realm, nonce, cnonce] = [field('realm'), field('nonce'), randomId(systemRuntime)]
    const { user, password } = this.#options.account
    const who = md5(user, realm, password.reveal())
    const uri = this.#target ?? this.#uri
    const response = md5(who, nonce, '00000001', cnonce, 'auth', md5(method, uri))
    const opaque = field('opaque')
    const quoted = { username: user, realm, nonce, uri, response, cnonce, ...(opaque ? { opaque } : {}) }
    const fields = Object.entries(quoted).map(([name, value]) => `${name}="${value}"`)
    return `Authorization: Digest ${[...fields, 'qop=auth', 'nc=00000001', 'algorithm=MD5'].join(', ')}`
  }
}
