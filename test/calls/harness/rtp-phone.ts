/**
 * A phone of the test's own, for what baresip cannot be told to do: any payload type for keys or none, presses of any
 * length, end packets that are lost, silence suppression. Packets come with their time of arrival.
 *
 *     const phone = await callByRtp({ server, account, number: '9001', telephoneEvent: 96 })
 *     await phone.press('5', { durationMs: 40 })
 *     await phone.hangUp()
 *     phone.heard()
 */
import { createSocket, type Socket } from 'node:dgram'
import { aLaw, muLaw } from '../../../src/g711.ts'
import { parseRtp, rtpBytes } from '../../../src/rtp/packet.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { CallFailed } from './baresip.ts'
import { type Extra, type SipCallOptions, SipDialog } from './sip-dialog.ts'

const frameMs = 20
const frameSamples = 160
/**
 * What a packet of each codec is called (RFC 3551, 7587), and a payload of it that is silence. G.722's clock counts 8000
 * by mistake.
 */
const codecs = {
  PCMA: { payloadType: 8, map: 'PCMA/8000', silence: Buffer.alloc(frameSamples, aLaw.silence) },
  PCMU: { payloadType: 0, map: 'PCMU/8000', silence: Buffer.alloc(frameSamples, muLaw.silence) },
  G722: { payloadType: 9, map: 'G722/8000', silence: Buffer.alloc(frameSamples, 0xfa) },
  opus: { payloadType: 107, map: 'opus/48000/2', silence: Buffer.from([0xf8, 0xff, 0xfe]) },
} as const
const keys = '0123456789*#ABCD'
/** The duration field of an event has 16 bits (RFC 4733, section 2.3.5). */
const mostDuration = 0xffff

export interface RtpPhoneOptions extends SipCallOptions {
  /** The only one that is offered; A-law by default. */
  readonly codec?: keyof typeof codecs
  /** RTP payload type of telephone-event (RFC 4733), 96 to 127; undefined: the phone does not know it. */
  readonly telephoneEvent?: number | undefined
  /** Send nothing while there is nothing to say, as phones do that suppress silence. */
  readonly suppressSilence?: boolean
  /** How many packets its network holds back and delivers together; 1 by default. */
  readonly packetsAtOnce?: number
}

export interface Press {
  readonly durationMs?: number
  /** Of the three end packets that RFC 4733 asks for, how many reach the wire. */
  readonly endPackets?: 0 | 1 | 2 | 3
  /** How much later than the one before it each repeated end packet is stamped, in samples; right is 0. */
  readonly endTimestampStep?: number
  /** All end packets are sent at one moment, so that the next press can follow without a gap. */
  readonly endsTogether?: boolean
  /** How a press of more than 8.19 s goes on: as another segment (RFC 4733, section 2.5.1.3), or with its duration full. */
  readonly long?: 'segmented' | 'saturated'
  /** The key is also sent as SIP INFO (application/dtmf-relay), when it goes down or when it is let go. */
  readonly alsoInfo?: 'down' | 'up'
  /** What the INFO declares, if not how long the key was pressed. */
  readonly infoMs?: number
}

export interface ReceivedPacket {
  /** On `performance.now()`. */
  readonly atMs: number
  readonly payloadType: number
  readonly sequence: number
  readonly timestamp: number
  readonly payload: Buffer
}

export interface RtpPhone {
  /** Its signalling, for requests that this phone has no name for. */
  readonly dialog: SipDialog
  /** The answer to its offer. */
  readonly answer: string
  /** Resolves once the last packet of the press has been sent, with the time at which that was, on `performance.now()`. */
  press(digit: string, press?: Press): Promise<number>
  /**
   * Sends audio, in the codec's own codes, one packet after another, without those whose numbers are in `lost`: they take
   * their time, their sequence number and their timestamps, and never reach the wire. Resolves when the last has been sent.
   */
  play(codes: Uint8Array, lost?: ReadonlySet<number>): Promise<void>
  /** Everything received so far, in order of arrival. */
  readonly received: readonly ReceivedPacket[]
  /** The A-law audio received so far, as 16-bit samples, in order of arrival, without gaps. */
  heard(): Int16Array
  /** Resolves when the other side has hung up. */
  readonly ended: Promise<void>
  /** Puts the other side on hold, or takes it back. */
  hold(isOnHold: boolean): Promise<void>
  /** From now on, no packet at all: the network is gone. */
  goSilent(): void
  hangUp(): Promise<void>
  /** Closes sockets; after `ended`, or instead of `hangUp`. */
  close(): void
}

/** Places the call and returns once it is answered. Throws `CallFailed` when it is not. */
export async function callByRtp(options: RtpPhoneOptions): Promise<RtpPhone> {
  const media = createSocket('udp4')
  await new Promise<void>(resolve => media.bind(0, options.from ?? loopback, resolve))
  const dialog = await SipDialog.open(options)
  try {
    const answer = await dialog.invite(offer(media.address().port, options))
    if (answer.status !== 200) throw new CallFailed(`${answer.status} ${answer.reason}`)
    return new RunningCall(dialog, media, answer.body, options)
  } catch (error) {
    media.close()
    dialog.close()
    throw error
  }
}

/** What such a phone says and hears in a call that came to it: `media` is its socket, `offered` what the other side would send. */
export function talkByRtp(dialog: Dialog, media: Socket, offered: string, options: TalkOptions): RtpPhone {
  return new RunningCall(dialog as SipDialog, media, offered, options as RtpPhoneOptions)
}

type Dialog = Pick<SipDialog, 'ended' | 'bye' | 'close'>
type TalkOptions = Pick<RtpPhoneOptions, 'telephoneEvent' | 'suppressSilence'>

const loopback = '127.0.0.1'

export function offer(
  port: number,
  options: Pick<RtpPhoneOptions, 'telephoneEvent' | 'codec' | 'from'>,
  direction = 'sendrecv',
): string {
  const { telephoneEvent, codec = 'PCMA', from = loopback } = options
  const { payloadType, map } = codecs[codec]
  const events = telephoneEvent === undefined ? [] : [`a=rtpmap:${telephoneEvent} telephone-event/8000`]
  return [
    'v=0',
    `o=- 1 1 IN IP4 ${from}`,
    's=-',
    `c=IN IP4 ${from}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${[payloadType, telephoneEvent].filter(type => type !== undefined).join(' ')}`,
    `a=rtpmap:${payloadType} ${map}`,
    ...events,
    `a=ptime:${frameMs}`,
    `a=${direction}`,
    '',
  ].join('\r\n')
}

/** One packet that carries a piece of an event. */
interface EventPacket {
  readonly payload: Buffer
  readonly timestamp: number
  readonly marker: boolean
}

class RunningCall implements RtpPhone {
  readonly received: ReceivedPacket[] = []
  readonly dialog: SipDialog
  readonly answer: string
  readonly #media: Socket
  readonly #server: { readonly host: string; readonly port: number }
  readonly #options: RtpPhoneOptions
  #sequence = 1
  #timestamp = 1_000
  #silenced = false
  #closed = false
  /** Packets of events still to be sent in place of audio, by frame. */
  readonly #events: { readonly packets: readonly EventPacket[]; readonly sent: () => void }[] = []
  /** Audio still to be sent, one piece in each frame, in place of silence; undefined: a packet that is lost. */
  readonly #audio: { payload: Uint8Array | undefined; sent: () => void }[] = []

  constructor(dialog: SipDialog, media: Socket, answer: string, options: RtpPhoneOptions) {
    this.dialog = dialog
    this.answer = answer
    this.#media = media
    this.#server = {
      host: /^c=IN IP4 (\S+)/m.exec(answer)?.[1] ?? '',
      port: Number(/^m=audio (\d+)/m.exec(answer)?.[1]),
    }
    this.#options = options
    media.on('message', packet => this.#receive(packet))
    void this.#sendFrames()
  }

  get ended(): Promise<void> {
    return this.dialog.ended
  }

  async press(digit: string, press: Press = {}): Promise<number> {
    const { durationMs = 100, endPackets = 3, endTimestampStep = 0, endsTogether = false, alsoInfo } = press
    const { infoMs = durationMs } = press
    const code = keys.indexOf(digit)
    if (code < 0 || this.#options.telephoneEvent === undefined) throw new Error(`cannot press ${digit}`)
    const began = this.#timestamp + (this.#events.length + 1) * frameSamples
    let sending: Promise<void> = Promise.resolve()
    const send = (...packets: EventPacket[]) => {
      sending = new Promise(sent => this.#events.push({ packets, sent }))
    }
    const packet = (samples: number, end: boolean, later = 0): EventPacket => {
      const { duration, startedAt } = stretchOf(samples, press.long)
      const payload = Buffer.alloc(4)
      payload.writeUInt8(code, 0)
      payload.writeUInt8((end ? 0x80 : 0) | 10, 1)
      payload.writeUInt16BE(duration, 2)
      return { payload, timestamp: began + startedAt + later, marker: samples <= frameSamples }
    }
    const whole = durationMs * (frameSamples / frameMs)
    const info = () => this.dialog.request('INFO', dtmfRelay(digit, infoMs))
    const informed = alsoInfo === 'down' ? info() : undefined
    for (let samples = frameSamples; samples < whole; samples += frameSamples) send(packet(samples, false))
    if (endPackets === 0) send(packet(whole, false))
    const ends = Array.from({ length: endPackets }, (_, repeat) => packet(whole, true, repeat * endTimestampStep))
    if (endsTogether) send(...ends)
    else for (const end of ends) send(end)
    await sending
    const atMs = performance.now()
    if (alsoInfo === 'up') await info()
    await informed
    return atMs
  }

  async play(codes: Uint8Array, lost: ReadonlySet<number> = new Set()): Promise<void> {
    const { silence } = codecs[this.#options.codec ?? 'PCMA']
    const sending = Array.from({ length: Math.ceil(codes.length / frameSamples) }, (_, number) => {
      const payload = Uint8Array.from(silence)
      payload.set(codes.subarray(number * frameSamples, (number + 1) * frameSamples))
      return new Promise<void>(sent => this.#audio.push({ payload: lost.has(number) ? undefined : payload, sent }))
    })
    await Promise.all(sending)
  }

  heard(): Int16Array {
    const codes = Buffer.concat(
      this.received.filter(packet => packet.payloadType === codecs.PCMA.payloadType).map(packet => packet.payload),
    )
    return new Int16Array(aLaw.decode(codes).map(sample => sample * 32_768))
  }

  async hold(isOnHold: boolean): Promise<void> {
    const direction = isOnHold ? 'sendonly' : 'sendrecv'
    const { status } = await this.dialog.reinvite(offer(this.#media.address().port, this.#options, direction))
    if (status !== 200) throw new CallFailed(`${direction}: ${status}`)
  }

  goSilent(): void {
    this.#silenced = true
  }

  async hangUp(): Promise<void> {
    await this.dialog.bye()
    this.close()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#media.close()
    this.dialog.close()
  }

  async #sendFrames(): Promise<void> {
    const { packetsAtOnce = 1 } = this.#options
    let dueAtMs = performance.now()
    while (!this.#closed) {
      for (let packet = 0; packet < packetsAtOnce; packet++) this.#sendFrame()
      dueAtMs += packetsAtOnce * frameMs
      await systemRuntime.sleep(Math.max(0, dueAtMs - performance.now()))
    }
  }

  #sendFrame(): void {
    this.#timestamp += frameSamples
    const event = this.#events.shift()
    if (event) {
      const type = this.#options.telephoneEvent ?? 0
      for (const { timestamp, marker, payload } of event.packets) this.#send(type, timestamp, marker, payload)
      event.sent()
      return
    }
    const { payloadType, silence } = codecs[this.#options.codec ?? 'PCMA']
    const audio = this.#audio.shift()
    if (audio) {
      if (audio.payload) this.#send(payloadType, this.#timestamp, false, audio.payload)
      else this.#sequence++
      audio.sent()
    } else if (!this.#options.suppressSilence) {
      this.#send(payloadType, this.#timestamp, false, silence)
    }
  }

  #send(payloadType: number, timestamp: number, marker: boolean, payload: Uint8Array): void {
    if (this.#silenced) return
    const sequence = this.#sequence++ & 0xffff
    const packet = { payloadType, marker, sequence, timestamp: timestamp >>> 0, source: 0x70_6f_6e_65, payload }
    this.#media.send(rtpBytes(packet), this.#server.port, this.#server.host)
  }

  #receive(bytes: Buffer): void {
    const packet = parseRtp(bytes)
    if (packet === undefined) return
    const { payloadType, sequence, timestamp, payload } = packet
    this.received.push({ atMs: performance.now(), payloadType, sequence, timestamp, payload: Buffer.from(payload) })
  }
}

/** How far an event of so many samples has come, by what its packet can say: `startedAt` moves on with each segment. */
function stretchOf(samples: number, long: Press['long']): { duration: number; startedAt: number } {
  if (samples <= mostDuration) return { duration: samples, startedAt: 0 }
  if (long !== 'segmented') return { duration: mostDuration, startedAt: 0 }
  const segments = Math.floor((samples - 1) / mostDuration)
  return { duration: samples - segments * mostDuration, startedAt: segments * mostDuration }
}

/** A key as SIP INFO carries it. */
export function dtmfRelay(digit: string, durationMs: number): Extra {
  return { contentType: 'application/dtmf-relay', body: `Signal=${digit}\r\nDuration=${durationMs}\r\n` }
}
