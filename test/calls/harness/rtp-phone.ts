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
import { parseRtp, rtpBytes } from '../../../src/phone/asterisk/samples/rtp-packet.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import type { SipAccount } from '../../../src/switch/switch.ts'
import { CallFailed } from './baresip.ts'
import { SipDialog } from './sip-dialog.ts'

const host = '127.0.0.1'
const frameMs = 20
const frameSamples = 160
/** What a packet of each codec is called (RFC 3551), and a code of it that is silence. G.722's clock counts 8000 by mistake. */
const codecs = {
  PCMA: { payloadType: 8, silence: aLaw.silence },
  PCMU: { payloadType: 0, silence: muLaw.silence },
  G722: { payloadType: 9, silence: 0xfa },
} as const
const keys = '0123456789*#ABCD'

export interface RtpPhoneOptions {
  readonly server: { readonly host: string; readonly port: number }
  readonly account: Pick<SipAccount, 'user' | 'password'>
  readonly number: string
  /** The only one that is offered; A-law by default. */
  readonly codec?: keyof typeof codecs
  /** RTP payload type of telephone-event (RFC 4733), 96 to 127; undefined: the phone does not know it. */
  readonly telephoneEvent?: number | undefined
  /** Send nothing while there is nothing to say, as phones do that suppress silence. */
  readonly suppressSilence?: boolean
}

export interface Press {
  readonly durationMs?: number
  /** Of the three end packets that RFC 4733 asks for, how many reach the wire. */
  readonly endPackets?: 0 | 1 | 2 | 3
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
  await new Promise<void>(resolve => media.bind(0, host, resolve))
  const dialog = await SipDialog.open(options.server, options.account, options.number)
  try {
    const answer = await dialog.invite(offer(media.address().port, options))
    if (answer.status !== 200) throw new CallFailed(`${answer.status} ${answer.reason}`)
    const port = Number(answer.body.match(/^m=audio (\d+)/m)?.[1])
    return new RunningCall(dialog, media, port, options)
  } catch (error) {
    media.close()
    dialog.close()
    throw error
  }
}

function offer(port: number, { telephoneEvent, codec = 'PCMA' }: RtpPhoneOptions, direction = 'sendrecv'): string {
  const { payloadType } = codecs[codec]
  const events = telephoneEvent === undefined ? [] : [`a=rtpmap:${telephoneEvent} telephone-event/8000`]
  return [
    'v=0',
    `o=- 1 1 IN IP4 ${host}`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${[payloadType, telephoneEvent].filter(type => type !== undefined).join(' ')}`,
    `a=rtpmap:${payloadType} ${codec}/8000`,
    ...events,
    `a=ptime:${frameMs}`,
    `a=${direction}`,
    '',
  ].join('\r\n')
}

class RunningCall implements RtpPhone {
  readonly received: ReceivedPacket[] = []
  readonly #dialog: SipDialog
  readonly #media: Socket
  readonly #port: number
  readonly #options: RtpPhoneOptions
  #sequence = 1
  #timestamp = 1_000
  #silenced = false
  #closed = false
  /** Event payloads still to be sent, one in each frame, in place of audio. */
  readonly #events: { payload: Buffer; timestamp: number; marker: boolean; sent: (atMs: number) => void }[] = []
  /** Audio still to be sent, one piece in each frame, in place of silence; undefined: a packet that is lost. */
  readonly #audio: { payload: Uint8Array | undefined; sent: () => void }[] = []

  constructor(dialog: SipDialog, media: Socket, port: number, options: RtpPhoneOptions) {
    this.#dialog = dialog
    this.#media = media
    this.#port = port
    this.#options = options
    media.on('message', packet => this.#receive(packet))
    void this.#sendFrames()
  }

  get ended(): Promise<void> {
    return this.#dialog.ended
  }

  async press(digit: string, { durationMs = 100, endPackets = 3 }: Press = {}): Promise<number> {
    const code = keys.indexOf(digit)
    if (code < 0 || this.#options.telephoneEvent === undefined) throw new Error(`cannot press ${digit}`)
    const frames = Math.max(1, Math.round(durationMs / frameMs))
    const timestamp = this.#timestamp + this.#events.length * frameSamples
    let last = 0
    const sending: Promise<void>[] = []
    const push = (elapsedFrames: number, end: boolean, marker: boolean) => {
      const payload = Buffer.alloc(4)
      payload.writeUInt8(code, 0)
      payload.writeUInt8((end ? 0x80 : 0) | 10, 1)
      payload.writeUInt16BE(elapsedFrames * frameSamples, 2)
      sending.push(
        new Promise(resolve => {
          const sent = (atMs: number) => {
            last = atMs
            resolve()
          }
          this.#events.push({ payload, timestamp, marker, sent })
        }),
      )
    }
    for (let frame = 1; frame <= frames; frame++) push(frame, false, frame === 1)
    for (let repeat = 0; repeat < endPackets; repeat++) push(frames, true, false)
    await Promise.all(sending)
    return last
  }

  async play(codes: Uint8Array, lost: ReadonlySet<number> = new Set()): Promise<void> {
    const { silence } = codecs[this.#options.codec ?? 'PCMA']
    const sending = Array.from({ length: Math.ceil(codes.length / frameSamples) }, (_, number) => {
      const payload = new Uint8Array(frameSamples).fill(silence)
      payload.set(codes.subarray(number * frameSamples, (number + 1) * frameSamples))
      return new Promise<void>(sent => this.#audio.push({ payload: lost.has(number) ? undefined : payload, sent }))
    })
    await Promise.all(sending)
  }

  heard(): Int16Array {
    const codes = Buffer.concat(
      this.received.filter(packet => packet.payloadType === codecs.PCMA.payloadType).map(packet => packet.payload),
    )
    return Int16Array.from(aLaw.decode(codes), sample => sample * 32_768)
  }

  async hold(isOnHold: boolean): Promise<void> {
    const direction = isOnHold ? 'sendonly' : 'sendrecv'
    const { status } = await this.#dialog.reinvite(offer(this.#media.address().port, this.#options, direction))
    if (status !== 200) throw new CallFailed(`${direction}: ${status}`)
  }

  goSilent(): void {
    this.#silenced = true
  }

  async hangUp(): Promise<void> {
    await this.#dialog.bye()
    this.close()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#media.close()
    this.#dialog.close()
  }

  async #sendFrames(): Promise<void> {
    let dueAtMs = performance.now()
    while (!this.#closed) {
      this.#sendFrame()
      dueAtMs += frameMs
      await systemRuntime.sleep(Math.max(0, dueAtMs - performance.now()))
    }
  }

  #sendFrame(): void {
    this.#timestamp += frameSamples
    const event = this.#events.shift()
    if (event) {
      const type = this.#options.telephoneEvent ?? 0
      this.#send(type, event.timestamp, event.marker, event.payload)
      event.sent(performance.now())
      return
    }
    const { payloadType, silence } = codecs[this.#options.codec ?? 'PCMA']
    const audio = this.#audio.shift()
    if (audio) {
      if (audio.payload) this.#send(payloadType, this.#timestamp, false, audio.payload)
      else this.#sequence++
      audio.sent()
    } else if (!this.#options.suppressSilence) {
      this.#send(payloadType, this.#timestamp, false, Buffer.alloc(frameSamples, silence))
    }
  }

  #send(payloadType: number, timestamp: number, marker: boolean, payload: Uint8Array): void {
    if (this.#silenced) return
    const sequence = this.#sequence++ & 0xffff
    const packet = { payloadType, marker, sequence, timestamp: timestamp >>> 0, source: 0x70_6f_6e_65, payload }
    this.#media.send(rtpBytes(packet), this.#port, host)
  }

  #receive(bytes: Buffer): void {
    const packet = parseRtp(bytes)
    if (packet === undefined) return
    const { payloadType, sequence, timestamp, payload } = packet
    this.received.push({ atMs: performance.now(), payloadType, sequence, timestamp, payload: Buffer.from(payload) })
  }
}
