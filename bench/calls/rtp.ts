/** RTP packets (RFC 3550, section 5.1) and the telephone events in them (RFC 4733, section 2.3). */

export interface RtpPacket {
  readonly marker: boolean
  readonly payloadType: number
  /** 16 bits. */
  readonly sequence: number
  /** 32 bits, in samples of 1/8000 s. */
  readonly timestamp: number
  readonly ssrc: number
  readonly payload: Buffer
}

export interface TelephoneEvent {
  readonly key: string
  /** The key is up again. Sent three times, as a lost one would leave the key down. */
  readonly end: boolean
  /** How long the key has been down, in samples of 1/8000 s. */
  readonly duration: number
}

const headerBytes = 12
const keys = '0123456789*#'

/** Undefined for what is not RTP, such as RTCP that shares the port (its types 200–204 read as 72–76). */
export function readRtp(bytes: Buffer): RtpPacket | undefined {
  if (bytes.length < headerBytes) return undefined
  const [first = 0, second = 0] = bytes
  if (first >> 6 !== 2) return undefined
  const payloadType = second & 0x7f
  if (payloadType >= 72 && payloadType <= 76) return undefined
  const contributors = (first & 0x0f) * 4
  const extension = headerBytes + contributors
  const extended = (first & 0x10) !== 0
  if (extended && bytes.length < extension + 4) return undefined
  const payload = extended ? extension + 4 + bytes.readUInt16BE(extension + 2) * 4 : extension
  if (bytes.length < payload) return undefined
  return {
    marker: (second & 0x80) !== 0,
    payloadType,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    payload: bytes.subarray(payload),
  }
}

export function writeRtp({ marker, payloadType, sequence, timestamp, ssrc, payload }: RtpPacket): Buffer {
  const header = Buffer.alloc(headerBytes)
  header[0] = 2 << 6
  header[1] = (marker ? 0x80 : 0) | payloadType
  header.writeUInt16BE(sequence, 2)
  header.writeUInt32BE(timestamp, 4)
  header.writeUInt32BE(ssrc, 8)
  return Buffer.concat([header, payload])
}

/** Undefined for events that are no key of a telephone, such as a flash. */
export function readTelephoneEvent(payload: Buffer): TelephoneEvent | undefined {
  const key = keys[payload[0] ?? keys.length]
  if (payload.length < 4 || key === undefined) return undefined
  return { key, end: ((payload[1] ?? 0) & 0x80) !== 0, duration: payload.readUInt16BE(2) }
}

/** At -10 dBm0, as telephones send it. */
export function writeTelephoneEvent({ key, end, duration }: TelephoneEvent): Buffer {
  const payload = Buffer.alloc(4)
  payload[0] = keys.indexOf(key)
  payload[1] = (end ? 0x80 : 0) | 10
  payload.writeUInt16BE(duration, 2)
  return payload
}
