/**
 * A telephone down to its packets, for what no softphone lets one choose: the payload type of its key events, how long a
 * key is held, whether the packets that end it arrive. Speaks SIP (RFC 3261) over UDP with digest authentication, sends
 * A-law silence and RFC 4733 events, and notes when each packet of audible sound came in.
 */
import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { randomId, systemRuntime, withDeadline } from '../../../src/runtime.ts'
import type { SipAccount } from '../../../src/switch/switch.ts'

export interface RawPhoneOptions {
  readonly server: { readonly host: string; readonly port: number }
  readonly account: Pick<SipAccount, 'user' | 'password'>
  /** Payload type of telephone-event; undefined when the phone has none. */
  readonly eventType?: number
}

export interface KeyOptions {
  readonly holdMs?: number
  /** How many of the three packets that end the event are sent. */
  readonly endPackets?: 0 | 1 | 2 | 3
}

const host = '127.0.0.1'
const packetMs = 20
const samplesPerPacket = 160
/** Silence in A-law (G.711). */
const silentByte = 0xd5
const eventCodes = '0123456789*#'

export class RawPhone {
  readonly #options: RawPhoneOptions
  readonly #sip: Socket
  readonly #rtp: Socket
  readonly #callId = `raw-${randomId(systemRuntime)}`
  readonly #tag = randomId(systemRuntime)
  readonly #hungUp: Promise<void>
  #noteHungUp: () => void = () => {}
  #onReply: (reply: string) => void = () => {}
  #invited = { uri: '', to: '', cseq: 0 }
  #remoteRtp = 0
  #sequence = 1
  #timestamp = 0
  #isKeying = false
  #sending: NodeJS.Timeout | undefined
  /** When each packet that can be heard came in, in ms of the monotonic clock. */
  readonly audibleAtMs: number[] = []

  private constructor(options: RawPhoneOptions, sip: Socket, rtp: Socket) {
    this.#options = options
    this.#sip = sip
    this.#rtp = rtp
    this.#hungUp = new Promise(resolve => {
      this.#noteHungUp = resolve
    })
    sip.on('message', message => this.#onSip(message.toString()))
    rtp.on('message', packet => {
      const payload = packet.subarray(12)
      // Beyond ± 2 of the smallest code, which resampling can leave of silence.
      if (payload.some(byte => ((byte ^ 0x55) & 0x7f) > 2)) this.audibleAtMs.push(systemRuntime.monotonicMs())
    })
  }

  static async open(options: RawPhoneOptions): Promise<RawPhone> {
    const [sip, rtp] = [createSocket('udp4'), createSocket('udp4')]
    for (const socket of [sip, rtp]) await new Promise<void>(resolve => socket.bind(0, host, resolve))
    return new RawPhone(options, sip, rtp)
  }

  /** Resolves when the call is answered. */
  async dial(number: string): Promise<void> {
    const uri = `sip:${number}@${host}:${this.#options.server.port}`
    this.#invited = { uri, to: `<${uri}>`, cseq: 1 }
    const challenge = await this.#final(() => this.#send('INVITE', { body: this.#sdp() }))
    this.#send('ACK', { to: header(challenge, 'To') })
    this.#invited.cseq = 2
    const authorization = this.#authorize(challenge)
    const answer = await this.#final(() => this.#send('INVITE', { body: this.#sdp(), authorization }))
    if (!/^SIP\/2.0 200/.test(answer)) throw new Error(`not answered: ${answer.split('\r\n')[0]}`)
    this.#invited.to = header(answer, 'To')
    this.#remoteRtp = Number(/m=audio (\d+)/.exec(answer)?.[1])
    this.#send('ACK', {})
    this.#sending = setInterval(() => this.#isKeying || this.#sendAudio(), packetMs)
  }

  /** One key, held for `holdMs`. Resolves when its last packet has been sent; the time of that is returned. */
  async press(key: string, { holdMs = 100, endPackets = 3 }: KeyOptions = {}): Promise<number> {
    const { eventType } = this.#options
    if (eventType === undefined) throw new Error('this phone has no telephone-event')
    this.#isKeying = true
    const packets = Math.max(2, Math.round(holdMs / packetMs))
    const timestamp = this.#timestamp
    for (let packet = 1; packet < packets; packet++) {
      this.#sendEvent(eventType, key, timestamp, packet * samplesPerPacket, packet === 1, false)
      await systemRuntime.sleep(packetMs)
    }
    for (let repeat = 0; repeat < endPackets; repeat++) {
      this.#sendEvent(eventType, key, timestamp, packets * samplesPerPacket, false, true)
    }
    this.#timestamp = timestamp + packets * samplesPerPacket
    this.#isKeying = false
    return systemRuntime.monotonicMs()
  }

  async presses(keys: string, options: KeyOptions & { gapMs?: number } = {}): Promise<void> {
    for (const key of keys) {
      await this.press(key, options)
      await systemRuntime.sleep(options.gapMs ?? 120)
    }
  }

  /** Puts the other side on hold (`sendonly`) or takes it back (`sendrecv`): RFC 3264, 8.4. */
  async direct(direction: 'sendonly' | 'sendrecv'): Promise<void> {
    this.#invited.cseq++
    const reply = await this.#final(() => this.#send('INVITE', { body: this.#sdp(direction) }))
    if (/^SIP\/2.0 401/.test(reply)) {
      this.#send('ACK', {})
      this.#invited.cseq++
      const authorization = this.#authorize(reply)
      await this.#final(() => this.#send('INVITE', { body: this.#sdp(direction), authorization }))
    }
    this.#send('ACK', {})
  }

  /** Resolves when the other side has hung up. */
  untilHungUp(withinMs = 15_000): Promise<void> {
    return withDeadline(systemRuntime, 'the other side hanging up', withinMs, this.#hungUp)
  }

  hangUp(): void {
    this.#invited.cseq++
    this.#send('BYE', {})
  }

  close(): void {
    clearInterval(this.#sending)
    this.#sip.close()
    this.#rtp.close()
  }

  #onSip(message: string): void {
    if (!message.startsWith('BYE')) {
      this.#onReply(message)
      return
    }
    const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map(name => `${name}: ${header(message, name)}`)
    this.#write(['SIP/2.0 200 OK', ...copied, 'Content-Length: 0', '', ''].join('\r\n'))
    this.#noteHungUp()
  }

  /** Sends, and resolves with the first final reply. */
  #final(send: () => void): Promise<string> {
    const reply = new Promise<string>(resolve => {
      this.#onReply = text => {
        if (/^SIP\/2.0 [2-6]/.test(text) && header(text, 'CSeq').startsWith(`${this.#invited.cseq} `)) resolve(text)
      }
    })
    send()
    return withDeadline(systemRuntime, 'a SIP reply', 8_000, reply)
  }

  #send(method: string, parts: { to?: string; body?: string; authorization?: string }): void {
    const { uri, to, cseq } = this.#invited
    const { user } = this.#options.account
    const { port } = this.#sip.address()
    const { body = '', authorization } = parts
    this.#write(
      [
        `${method} ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP ${host}:${port};branch=z9hG4bK${randomId(systemRuntime)};rport`,
        'Max-Forwards: 70',
        `From: <sip:${user}@${host}>;tag=${this.#tag}`,
        `To: ${parts.to ?? to}`,
        `Call-ID: ${this.#callId}`,
        `CSeq: ${cseq} ${method}`,
        `Contact: <sip:${user}@${host}:${port}>`,
        ...(authorization ? [`Authorization: ${authorization}`] : []),
        ...(body ? ['Content-Type: application/sdp'] : []),
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n'),
    )
  }

  #write(text: string): void {
    this.#sip.send(text, this.#options.server.port, this.#options.server.host)
  }

  /** RFC 2617, with and without `qop`. */
  #authorize(challenge: string): string {
    const { user, password } = this.#options.account
    const text = header(challenge, 'WWW-Authenticate')
    const value = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(text)?.[1] ?? ''
    const [realm, nonce] = [value('realm'), value('nonce')]
    const md5 = (...parts: string[]) => createHash('md5').update(parts.join(':')).digest('hex')
    const [ha1, ha2] = [md5(user, realm, password.reveal()), md5('INVITE', this.#invited.uri)]
    const qop = value('qop') ? { qop: 'auth', nc: '00000001', cnonce: this.#tag } : undefined
    const response = qop ? md5(ha1, nonce, qop.nc, qop.cnonce, qop.qop, ha2) : md5(ha1, nonce, ha2)
    const fields = { username: user, realm, nonce, uri: this.#invited.uri, response, algorithm: 'MD5' }
    const opaque = value('opaque') ? `, opaque="${value('opaque')}"` : ''
    const quoted = Object.entries(fields).map(([name, field]) => `${name}="${field}"`)
    return `Digest ${quoted.join(', ')}${opaque}${qop ? `, qop=auth, nc=${qop.nc}, cnonce="${qop.cnonce}"` : ''}`
  }

  #sdp(direction = 'sendrecv'): string {
    const { eventType } = this.#options
    const { port } = this.#rtp.address()
    return [
      'v=0',
      `o=raw 1 ${this.#invited.cseq} IN IP4 ${host}`,
      's=-',
      `c=IN IP4 ${host}`,
      't=0 0',
      `m=audio ${port} RTP/AVP 8${eventType === undefined ? '' : ` ${eventType}`}`,
      'a=rtpmap:8 PCMA/8000',
      ...(eventType === undefined ? [] : [`a=rtpmap:${eventType} telephone-event/8000`, `a=fmtp:${eventType} 0-16`]),
      'a=ptime:20',
      `a=${direction}`,
      '',
    ].join('\r\n')
  }

  #sendAudio(): void {
    this.#sendRtp(8, this.#timestamp, false, Buffer.alloc(samplesPerPacket, silentByte))
    this.#timestamp += samplesPerPacket
  }

  /** RFC 4733, 2.3: event, end bit and volume, duration in samples. */
  #sendEvent(type: number, key: string, at: number, duration: number, isFirst: boolean, isEnd: boolean): void {
    const payload = Buffer.alloc(4)
    payload.writeUInt8(eventCodes.indexOf(key), 0)
    payload.writeUInt8((isEnd ? 0x80 : 0) | 10, 1)
    payload.writeUInt16BE(duration, 2)
    this.#sendRtp(type, at, isFirst, payload)
  }

  #sendRtp(type: number, timestamp: number, marker: boolean, payload: Buffer): void {
    const head = Buffer.alloc(12)
    head.writeUInt8(0x80, 0)
    head.writeUInt8((marker ? 0x80 : 0) | type, 1)
    head.writeUInt16BE(this.#sequence++ & 0xffff, 2)
    head.writeUInt32BE(timestamp >>> 0, 4)
    head.writeUInt32BE(0x7a7a7a7a, 8)
    this.#rtp.send(Buffer.concat([head, payload]), this.#remoteRtp, host)
  }
}

function header(message: string, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(message)?.[1]?.trim() ?? ''
}
