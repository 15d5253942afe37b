/**
 * A clerk's telephone: registers, and answers the calls that come. What it receives is kept packet by packet, so that a test sees keys that
 * come as events as well as what can be heard.
 *
 *     const clerk = await registerClerk({ server, account, answersAfterMs: 300 })
 *     const call = await clerk.nextCall()
 *     await call.press('1')
 *     await clerk.close()
 */
import { createSocket, type Socket } from 'node:dgram'
import { randomId, systemRuntime, withDeadline } from '../../../src/runtime.ts'
import { challengeIn, digestAnswer } from '../../../src/sip-digest.ts'
import { headerOf, readSipMessage, type SipRequest, type SipResponse } from '../../../src/sip-message.ts'
import type { SipAccount } from '../../../src/switch/contract.ts'
import { offer, type RtpPhone, talkByRtp } from './rtp-phone.ts'

export interface ClerkPhoneOptions {
  readonly server: { readonly host: string; readonly port: number }
  readonly account: Pick<SipAccount, 'user' | 'password'>
  /** Undefined: it rings for ever. */
  readonly answersAfterMs?: number | undefined
  /** A URI to which it forwards every call at once (302). */
  readonly forwardsTo?: string | undefined
}

export interface ClerkPhone {
  /** Resolves with the next call once it is answered. */
  nextCall(): Promise<RtpPhone>
  /** Methods that it was sent, in order. */
  readonly asked: readonly string[]
  unregister(): Promise<void>
  close(): void
}

const host = '127.0.0.1'
const telephoneEvent = 101

export async function registerClerk(options: ClerkPhoneOptions): Promise<ClerkPhone> {
  const phone = new RegisteredPhone(options)
  await phone.register(300)
  return phone
}

class RegisteredPhone implements ClerkPhone {
  readonly asked: string[] = []
  readonly #options: ClerkPhoneOptions
  readonly #socket: Socket = createSocket('udp4')
  readonly #callId = randomId(systemRuntime)
  readonly #tag = randomId(systemRuntime)
  readonly #answered: RtpPhone[] = []
  readonly #seen = new Map<string, string>()
  #sequence = 0
  #onResponse: (response: SipResponse) => void = () => {}
  #onCall: () => void = () => {}
  #endCall: () => void = () => {}

  constructor(options: ClerkPhoneOptions) {
    this.#options = options
    this.#socket.on('message', bytes => {
      const message = readSipMessage(bytes)
      if (message?.kind === 'response') this.#onResponse(message)
      else if (message) void this.#take(message)
    })
  }

  async register(seconds: number): Promise<void> {
    if (seconds > 0) await new Promise<void>(resolve => this.#socket.bind(0, host, resolve))
    const first = await this.#ask('REGISTER', seconds)
    const challenge = challengeIn([headerOf(first, 'www-authenticate') ?? ''])
    if (challenge === undefined) throw new Error(`REGISTER: ${first.status}`)
    const asked = { method: 'REGISTER', uri: this.#server, count: 1, cnonce: 'clerk' }
    const second = await this.#ask('REGISTER', seconds, digestAnswer(challenge, this.#options.account, asked))
    if (second.status !== 200) throw new Error(`REGISTER: ${second.status}`)
  }

  unregister(): Promise<void> {
    return this.register(0)
  }

  async nextCall(): Promise<RtpPhone> {
    const came = new Promise<void>(resolve => {
      this.#onCall = resolve
    })
    if (this.#answered.length === 0) await withDeadline(systemRuntime, "a clerk's call", 15_000, came)
    const call = this.#answered.shift()
    if (call === undefined) throw new Error('no call came')
    return call
  }

  close(): void {
    this.#socket.close()
  }

  get #server(): string {
    return `sip:${this.#options.server.host}:${this.#options.server.port}`
  }

  get #contact(): string {
    return `sip:${this.#options.account.user}@${this.#own}`
  }

  get #own(): string {
    return `${host}:${this.#socket.address().port}`
  }

  async #take(request: SipRequest): Promise<void> {
    this.asked.push(request.method)
    if (request.method === 'ACK') return
    // A request that comes again has its answer again.
    const key = `${headerOf(request, 'via')} ${headerOf(request, 'cseq')}`
    const said = this.#seen.get(key)
    if (said !== undefined) return this.#send(said)
    if (request.method === 'INVITE') return this.#ring(request, key)
    this.#answer(request, key, '200 OK')
    if (request.method === 'BYE') this.#endCall()
  }

  async #ring(invite: SipRequest, key: string): Promise<void> {
    const { answersAfterMs, forwardsTo } = this.#options
    if (forwardsTo !== undefined) return this.#answer(invite, key, '302 Moved Temporarily', '', forwardsTo)
    this.#answer(invite, key, '180 Ringing')
    if (answersAfterMs === undefined) return
    await systemRuntime.sleep(answersAfterMs)
    const media = createSocket('udp4')
    await new Promise<void>(resolve => media.bind(0, host, resolve))
    const sdp = offer(media.address().port, { telephoneEvent })
    this.#answer(invite, key, '200 OK', sdp)
    const ended = new Promise<void>(resolve => {
      this.#endCall = resolve
    })
    const dialog = { ended, close: () => {}, bye: () => this.#bye(invite) }
    const call = talkByRtp(dialog, media, Buffer.from(invite.body).toString(), { telephoneEvent })
    void ended.then(() => call.close())
    this.#answered.push(call)
    this.#onCall()
  }

  #answer(request: SipRequest, key: string, status: string, sdp = '', contact = this.#contact): void {
    const kept = request.fields.filter(({ name }) => ['via', 'from', 'call-id', 'cseq', 'record-route'].includes(name))
    const text = [
      `SIP/2.0 ${status}`,
      ...kept.map(({ raw }) => raw),
      `To: ${headerOf(request, 'to')?.replace(/;tag=.*/, '')};tag=${this.#tag}`,
      `Contact: <${contact}>`,
      ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(sdp)}`,
      '',
      sdp,
    ].join('\r\n')
    this.#seen.set(key, text)
    this.#send(text)
  }

  async #bye(invite: SipRequest): Promise<void> {
    const uri = /<([^>]+)>/.exec(headerOf(invite, 'contact') ?? '')?.[1] ?? ''
    const dialog = [
      `From: ${headerOf(invite, 'to')?.replace(/;tag=.*/, '')};tag=${this.#tag}`,
      `To: ${headerOf(invite, 'from')}`,
      `Call-ID: ${headerOf(invite, 'call-id')}`,
    ]
    await this.#request('BYE', uri, dialog)
    this.#endCall()
  }

  #ask(method: string, seconds: number, authorization?: string): Promise<SipResponse> {
    const { user } = this.#options.account
    const who = `<sip:${user}@${this.#options.server.host}>`
    return this.#request(method, this.#server, [
      ...[`From: ${who};tag=${this.#tag}`, `To: ${who}`, `Call-ID: ${this.#callId}`, `Expires: ${seconds}`],
      ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
    ])
  }

  #request(method: string, uri: string, lines: readonly string[]): Promise<SipResponse> {
    const answer = new Promise<SipResponse>(resolve => {
      this.#onResponse = response => response.status >= 200 && resolve(response)
    })
    this.#send(
      [
        `${method} ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP ${this.#own};branch=z9hG4bK${randomId(systemRuntime)};rport`,
        ...['Max-Forwards: 70', ...lines, `CSeq: ${++this.#sequence} ${method}`],
        `Contact: <${this.#contact}>`,
        'Content-Length: 0\r\n\r\n',
      ].join('\r\n'),
    )
    return withDeadline(systemRuntime, method, 5_000, answer)
  }

  #send(text: string): void {
    this.#socket.send(text, this.#options.server.port, this.#options.server.host)
  }
}
