/** As much of SIP (RFC 3261) as a test's own phone needs: place a call with digest authentication, and end it. */
import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { randomId, systemRuntime, withDeadline } from '../../../src/runtime.ts'
import type { SipAccount } from '../../../src/switch/switch.ts'

const host = '127.0.0.1'

export interface Answer {
  readonly status: number
  readonly reason: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** One call's signalling. Over UDP on the loopback nothing is lost, so that nothing is sent twice. */
export class SipDialog {
  readonly #server: { readonly host: string; readonly port: number }
  readonly #account: Pick<SipAccount, 'user' | 'password'>
  readonly #number: string
  readonly #socket: Socket
  readonly #callId = randomId(systemRuntime)
  readonly #tag = randomId(systemRuntime)
  #remoteTag = ''
  #sequence = 1
  #answered: (answer: Answer) => void = () => {}
  #endedByThem: () => void = () => {}
  /** Resolves when the other side has hung up. */
  readonly ended = new Promise<void>(resolve => {
    this.#endedByThem = resolve
  })

  private constructor(
    server: { readonly host: string; readonly port: number },
    account: Pick<SipAccount, 'user' | 'password'>,
    number: string,
    socket: Socket,
  ) {
    this.#server = server
    this.#account = account
    this.#number = number
    this.#socket = socket
    socket.on('message', bytes => this.#receive(bytes.toString('latin1')))
  }

  static async open(
    server: { readonly host: string; readonly port: number },
    account: Pick<SipAccount, 'user' | 'password'>,
    number: string,
  ): Promise<SipDialog> {
    const socket = createSocket('udp4')
    await new Promise<void>(resolve => socket.bind(0, host, resolve))
    return new SipDialog(server, account, number, socket)
  }

  /** Offers `sdp` and returns the final answer, whatever it is. */
  async invite(sdp: string): Promise<Answer> {
    const first = await this.#request('INVITE', sdp)
    this.#send('ACK', '', this.#sequence)
    if (first.status !== 401) return first
    this.#sequence++
    const second = await this.#request('INVITE', sdp, this.#authorization(first))
    this.#send('ACK', '', this.#sequence)
    return second
  }

  /** Offers another `sdp` in the same call, such as one that puts the other side on hold (RFC 3264, 8.4). */
  reinvite(sdp: string): Promise<Answer> {
    this.#sequence++
    return this.invite(sdp)
  }

  async bye(): Promise<void> {
    this.#sequence++
    await this.#request('BYE', '')
  }

  close(): void {
    this.#socket.close()
  }

  get #uri(): string {
    return `sip:${this.#number}@${this.#server.host}:${this.#server.port}`
  }

  #request(method: string, body: string, ...extra: string[]): Promise<Answer> {
    const answer = new Promise<Answer>(resolve => {
      this.#answered = resolve
    })
    this.#send(method, body, this.#sequence, ...extra)
    return withDeadline(systemRuntime, `SIP ${method}`, 10_000, answer)
  }

  #send(method: string, body: string, sequence: number, ...extra: string[]): void {
    const own = `${host}:${this.#socket.address().port}`
    const { user } = this.#account
    const lines = [
      `${method} ${this.#uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${own};branch=z9hG4bK${randomId(systemRuntime)};rport`,
      'Max-Forwards: 70',
      `From: <sip:${user}@${this.#server.host}>;tag=${this.#tag}`,
      `To: <${this.#uri}>${this.#remoteTag && `;tag=${this.#remoteTag}`}`,
      `Call-ID: ${this.#callId}`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <sip:${user}@${own}>`,
      ...extra,
      ...(body ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ]
    this.#socket.send(lines.join('\r\n'), this.#server.port, this.#server.host)
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
    if (!status) this.#obey(start, headers)
    // Provisional answers need none of ours.
    if (!status || Number(status) < 200) return
    if (Number(status) < 300) this.#remoteTag = headers.get('to')?.match(/;tag=([^;]+)/)?.[1] ?? ''
    this.#answered({ status: Number(status), reason, headers, body })
  }

  /** A request of theirs: agreed to, whatever it is. */
  #obey(start: string, headers: ReadonlyMap<string, string>): void {
    if (start.startsWith('ACK ')) return
    const kept = ['via', 'from', 'to', 'call-id', 'cseq'].map(name => `${name}: ${headers.get(name)}`)
    const lines = ['SIP/2.0 200 OK', ...kept, 'Content-Length: 0', '', '']
    this.#socket.send(lines.join('\r\n'), this.#server.port, this.#server.host)
    if (start.startsWith('BYE ')) this.#endedByThem()
  }

  /** RFC 2617, section 3.2.2, with `qop=auth` and MD5. */
  #authorization(challenge: Answer): string {
    const header = challenge.headers.get('www-authenticate') ?? ''
    const field = (name: string) => header.match(new RegExp(`${name}="?([^",]+)`))?.[1] ?? ''
    const md5 = (...parts: string[]) => createHash('md5').update(parts.join(':')).digest('hex')
    const [realm, nonce, cnonce] = [field('realm'), field('nonce'), randomId(systemRuntime)]
    const { user, password } = this.#account
    const who = md5(user, realm, password.reveal())
    const response = md5(who, nonce, '00000001', cnonce, 'auth', md5('INVITE', this.#uri))
    const opaque = field('opaque')
    const quoted = { username: user, realm, nonce, uri: this.#uri, response, cnonce, ...(opaque ? { opaque } : {}) }
    const fields = Object.entries(quoted).map(([name, value]) => `${name}="${value}"`)
    return `Authorization: Digest ${[...fields, 'qop=auth', 'nc=00000001', 'algorithm=MD5'].join(', ')}`
  }
}
