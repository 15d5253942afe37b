/**
 * An exchange of the test's own on the loopback, which answers as it is told and asks what it likes: for what no Asterisk does.
 *
 *     const exchange = await FakeExchange.open(request => request.method === 'INVITE' ? exchange.accept(request) : ok)
 *     const opened = await exchange.phone().open('9001')
 *     const answer = await exchange.ask('REFER')
 */
import { createSocket, type Socket } from 'node:dgram'
import type { AddressInfo } from 'node:net'
import { systemRuntime, withDeadline } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import {
  headerOf,
  headersOf,
  readSipMessage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../../../src/sip-message.ts'
import { SipPhone, type SipPhoneOptions } from '../../../src/terminal/sip/phone.ts'

/** Whole answers, in order; none: silence. */
export type Script = (request: SipRequest, times: number, exchange: FakeExchange) => readonly string[]

export class FakeExchange {
  readonly asked: SipRequest[] = []
  /** Under which it asks. */
  tag = 'theirs'
  onAnswer: (answer: Buffer) => void = () => {}
  readonly #socket: Socket
  readonly #media: Socket
  readonly #script: Script
  readonly #waiting = new Map<string, (answer: SipResponse) => void>()
  #phone: AddressInfo | undefined
  #invite: SipRequest | undefined
  #sequence = 100

  private constructor(socket: Socket, media: Socket, script: Script) {
    this.#socket = socket
    this.#media = media
    this.#script = script
    socket.on('message', (bytes, from) => this.#receive(bytes, from))
  }

  static async open(script: Script): Promise<FakeExchange> {
    return new FakeExchange(await bound(), await bound(), script)
  }

  phone(options: Partial<SipPhoneOptions> = {}, runtime = systemRuntime): SipPhone {
    const exchange = { host: '127.0.0.1', port: this.#socket.address().port, transport: 'udp' } as const
    const account = { user: 'desk1', password: new Secret('right') }
    return new SipPhone({ exchange, account, ...options }, runtime)
  }

  /** A 200 with sound that suits. */
  accepted(request: SipRequest): string {
    return answerTo(
      request,
      '200 OK',
      [`Contact: <sip:${this.address}>`, 'Content-Type: application/sdp'],
      this.sound(),
    )
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  sound(port = this.#media.address().port, types = '8 101'): string {
    return [
      ...['v=0', 'o=- 5 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${port} RTP/AVP ${types}`],
      ...['a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', ''],
    ].join('\r\n')
  }

  /** A request of the exchange's within the call. */
  async ask(
    method: string,
    more: readonly string[] = [],
    body = '',
    sequence = ++this.#sequence,
  ): Promise<SipResponse> {
    const branch = `z9hG4bKtest${method}${sequence}`
    const answer = new Promise<SipResponse>(resolve => this.#waiting.set(branch, resolve))
    this.send(method, more, body, sequence, branch)
    return withDeadline(systemRuntime, `an answer to ${method}`, 2_000, answer)
  }

  send(method: string, more: readonly string[], body: string, sequence: number, branch: string): void {
    const invite = this.#invite
    if (!invite || !this.#phone) throw new Error('nobody has called')
    const isTyped = more.some(line => line.startsWith('Content-Type'))
    const type = body && !isTyped ? ['Content-Type: application/sdp'] : []
    const lines = [
      `${method} sip:desk1@127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/UDP ${this.address};branch=${branch}`,
      `From: ${headerOf(invite, 'to')};tag=${this.tag}`,
      `To: ${headerOf(invite, 'from')}`,
      `Call-ID: ${headerOf(invite, 'call-id')}`,
      `CSeq: ${sequence} ${method}`,
      ...more,
      ...type,
      `Content-Length: ${body.length}`,
      '',
      body,
    ]
    this.#socket.send(lines.join('\r\n'), this.#phone.port, this.#phone.address)
  }

  /** Says something again, or out of turn. */
  say(text: string): void {
    this.#socket.send(text, this.#phone?.port, this.#phone?.address)
  }

  count(method: string): number {
    return this.asked.filter(request => request.method === method).length
  }

  close(): void {
    this.#socket.close()
    this.#media.close()
  }

  #receive(bytes: Buffer, from: AddressInfo): void {
    const message: SipMessage | undefined = readSipMessage(bytes)
    if (message?.kind === 'response') {
      this.onAnswer(bytes)
      const branch = /branch=([^;]+)/.exec(headerOf(message, 'via') ?? '')?.[1] ?? ''
      this.#waiting.get(branch)?.(message)
    }
    if (message?.kind !== 'request') return
    this.#phone = { address: from.address, port: from.port, family: 'IPv4' }
    if (message.method === 'INVITE') this.#invite = message
    this.asked.push(message)
    for (const answer of this.#script(message, this.count(message.method), this)) this.say(answer)
  }
}

export function answerTo(request: SipRequest, status: string, lines: readonly string[] = [], body = ''): string {
  const to = headerOf(request, 'to') ?? ''
  return [
    `SIP/2.0 ${status}`,
    ...headersOf(request, 'via').map(via => `Via: ${via}`),
    `From: ${headerOf(request, 'from')}`,
    `To: ${to}${to.includes('tag=') || status.startsWith('100') ? '' : ';tag=theirs'}`,
    `Call-ID: ${headerOf(request, 'call-id')}`,
    `CSeq: ${headerOf(request, 'cseq')}`,
    ...lines,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

function bound(): Promise<Socket> {
  const socket = createSocket('udp4')
  return new Promise(resolve => socket.bind(0, '127.0.0.1', () => resolve(socket)))
}
