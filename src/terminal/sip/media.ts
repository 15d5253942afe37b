/**
 * The sound of one SIP call, both ways: A-law and telephone events in RTP, under SRTP where that was agreed. One packet
 * leaves every 20 ms from the answer to the end, as an exchange learns from them where to send.
 */

import type { Socket } from 'node:dgram'
import { sameBytes } from '../../bytes.ts'
import { aLaw } from '../../g711.ts'
import { parseRtp, type RtpPacket, rtpBytes } from '../../rtp/packet.ts'
import { writeTelephoneEvent } from '../../rtp/telephone-event.ts'
import { type Runtime, randomBelow, randomId } from '../../runtime.ts'
import { type Due, Outgoing, packetSamples } from '../outgoing.ts'
import { keepPace, mostLateMs } from '../pace.ts'
import { aLawType, type TheirSound } from './description.ts'
import { Incoming, lookEveryMs } from './incoming.ts'
import type { MediaPorts } from './media-ports.ts'
import { Reception, report } from './reports.ts'
import { SrtpReceiver, SrtpSender } from './srtp.ts'

/** What becomes of packets between here and the network, in the clear: a bench's bad line. */
export interface LineShim {
  sent(packet: RtpPacket): readonly RtpPacket[]
  received(packet: RtpPacket): readonly RtpPacket[]
}

/** Longer than any packet of a call, which has 20 ms and at most 60, with all that SRTP adds. */
const mostBytes = 1_700
const reportEveryMs = 5_000
const silence = new Uint8Array(packetSamples).fill(aLaw.silence)
const straight: LineShim = { sent: packet => [packet], received: packet => [packet] }

export class Media {
  readonly outgoing = new Outgoing()
  readonly incoming: Incoming
  readonly #ports: MediaPorts
  readonly #runtime: Runtime
  readonly #shim: LineShim
  readonly #sender: SrtpSender | undefined
  readonly #ended = new AbortController()
  readonly #source: number
  readonly #name: string
  #sequence: number
  #timestamp: number
  #pressedAt = 0
  #sent = { packets: 0, octets: 0 }
  #theirs: TheirSound | undefined
  #receiver: SrtpReceiver | undefined
  #reception: { readonly of: number; readonly counted: Reception } | undefined

  /** @param key of what we send; undefined: in the clear */
  constructor(ports: MediaPorts, key: Uint8Array | undefined, runtime: Runtime, shim: LineShim = straight) {
    this.#ports = ports
    this.#runtime = runtime
    this.#shim = shim
    this.#sender = key && new SrtpSender(key)
    this.incoming = new Incoming(() => runtime.monotonicMs())
    this.#source = randomBelow(runtime, 2 ** 32)
    this.#timestamp = randomBelow(runtime, 2 ** 32)
    // The first rollover must not come before the other side has heard anything (RFC 3711, section 3.3.1).
    this.#sequence = randomBelow(runtime, 2 ** 15)
    this.#name = randomId(runtime)
    ports.rtp.on('message', (bytes, from) => {
      if (from.port === this.#theirs?.port) this.#receive(bytes)
    })
  }

  /** Sound goes there and comes from there from now on; packets begin with the first call of it. */
  async meet(theirs: TheirSound): Promise<void> {
    const before = this.#theirs
    if (theirs.key && !(before?.key && sameBytes(theirs.key, before.key))) this.#receiver = new SrtpReceiver(theirs.key)
    this.#theirs = theirs
    const { rtp, rtcp } = this.#ports
    // On hold the address may be none at all (RFC 3264, section 8.4).
    const isElsewhere = theirs.address !== before?.address || theirs.port !== before.port
    if (isElsewhere && theirs.address !== '0.0.0.0') {
      if (before) for (const socket of [rtp, rtcp]) socket.disconnect()
      await connected(rtp, theirs.port, theirs.address)
      await connected(rtcp, theirs.port + 1, theirs.address)
    }
    if (before || this.#ended.signal.aborted) return
    const most = () => (this.outgoing.isKeying ? 0 : mostLateMs)
    void keepPace(this.#runtime, this.#ended.signal, skipped => this.#tick(skipped), most)
    void this.#every(lookEveryMs, () => this.incoming.look())
    void this.#every(reportEveryMs, () => this.#report(false))
  }

  end(): void {
    if (this.#ended.signal.aborted) return
    if (this.#theirs) this.#report(true)
    this.#ended.abort()
    this.outgoing.end()
    this.incoming.listener = undefined
    this.#ports.rtp.close()
    this.#ports.rtcp.close()
  }

  #tick(skipped: number): void {
    this.#timestamp = (this.#timestamp + skipped * packetSamples) >>> 0
    // What is given while the other side does not listen waits until it does.
    if (this.#theirs?.listens) {
      this.outgoing.skip(skipped)
      this.#send(this.outgoing.next())
    }
    this.#timestamp = (this.#timestamp + packetSamples) >>> 0
  }

  #send(due: Due): void {
    const isFirst = this.#sent.packets === 0
    if (due.kind === 'key' && due.packets === 1) this.#pressedAt = this.#timestamp
    const eventType = this.#theirs?.eventType
    const packet: RtpPacket =
      due.kind === 'key' && eventType !== undefined
        ? {
            ...this.#numbered(eventType, due.packets === 1, this.#pressedAt),
            payload: writeTelephoneEvent({ key: due.key, end: due.isUp, duration: due.packets * packetSamples }),
          }
        : {
            ...this.#numbered(aLawType, isFirst, this.#timestamp),
            payload: due.kind === 'sound' ? aLaw.encode(due.samples) : silence,
          }
    for (const each of this.#shim.sent(packet)) {
      this.#sent.packets++
      this.#sent.octets += each.payload.length
      const bytes = rtpBytes(each)
      this.#ports.rtp.send(this.#sender?.protect(bytes) ?? bytes)
    }
  }

  #numbered(payloadType: number, marker: boolean, timestamp: number): Omit<RtpPacket, 'payload'> {
    this.#sequence = (this.#sequence + 1) & 0xffff
    return { payloadType, marker, sequence: this.#sequence, timestamp, source: this.#source }
  }

  #receive(bytes: Buffer): void {
    if (bytes.length > mostBytes) return
    const clear = this.#theirs?.key ? this.#receiver?.open(bytes) : bytes
    const packet = clear && parseRtp(clear)
    if (!packet) return
    this.#count(packet)
    for (const each of this.#shim.received(packet)) this.incoming.packet(each, this.#theirs?.eventType)
  }

  #count({ source, sequence, timestamp }: RtpPacket): void {
    if (this.#reception?.of !== source) this.#reception = { of: source, counted: new Reception(source, sequence) }
    this.#reception.counted.packet(sequence, timestamp, this.#runtime.monotonicMs() * 8)
  }

  #report(isLast: boolean): void {
    const facts = {
      source: this.#source,
      name: this.#name,
      wallMs: this.#runtime.wallNow(),
      timestamp: this.#timestamp,
    }
    const bytes = report({ ...facts, ...this.#sent }, this.#reception?.counted, isLast)
    this.#ports.rtcp.send(this.#sender?.protectReport(bytes) ?? bytes, () => {})
  }

  async #every(ms: number, work: () => void): Promise<void> {
    const { signal } = this.#ended
    for (;;) {
      await this.#runtime.sleep(ms, signal).catch(() => {})
      if (signal.aborted) return
      work()
    }
  }
}

/** From now on the kernel drops what comes from elsewhere. */
function connected(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.connect(port, address, (error?: Error) => (error ? reject(error) : resolve()))
  })
}
