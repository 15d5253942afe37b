/**
 * One call's sound as RTP over a UDP port of ours on the loopback. Any program of this machine could send there, so the
 * port is locked to the one that Asterisk sends from: the kernel drops what comes from elsewhere.
 */
import { createSocket, type Socket } from 'node:dgram'
import { parseRtp, type RtpPacket, rtpBytes } from '../../../rtp/packet.ts'

const loopback = '127.0.0.1'
/** Longer than any packet of a call, which has 20 ms and at most 60. */
const mostPayloadBytes = 1_600

export class MediaSocket {
  readonly #socket: Socket
  #isClosed = false

  private constructor(socket: Socket) {
    this.#socket = socket
    // A port that Asterisk has closed already answers with an ICMP error, which is the normal end.
    socket.on('error', () => {})
  }

  static async open(): Promise<MediaSocket> {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(0, loopback, () => {
        socket.off('error', reject)
        resolve()
      })
    })
    return new MediaSocket(socket)
  }

  /** Where Asterisk is to send: host and port. */
  get address(): string {
    return `${loopback}:${this.#socket.address().port}`
  }

  /** From now on packets come from this port of Asterisk's only, and go there. */
  async lockTo(port: number, onPacket: (packet: RtpPacket) => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.connect(port, loopback, (error?: Error) => (error ? reject(error) : resolve()))
    })
    this.#socket.on('message', (bytes, from) => {
      // What had arrived before the lock is still handed out after it.
      if (from.port !== port || bytes.length > mostPayloadBytes) return
      const packet = parseRtp(bytes)
      if (packet) onPacket(packet)
    })
  }

  send(packet: RtpPacket): void {
    if (!this.#isClosed) this.#socket.send(rtpBytes(packet))
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.close()
  }
}
