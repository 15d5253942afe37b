/** RTP packets (RFC 3550, 5.1) as bytes. */

export interface RtpPacket {
  readonly payloadType: number
  /** The first packet after a silence: a receiver may set its delay anew. */
  readonly marker: boolean
  readonly sequence: number
  /** In samples. Wraps at 2³². */
  readonly timestamp: number
  /** Which source it comes from: another source counts anew. */
  readonly source: number
  readonly payload: Uint8Array
}

const headerBytes = 12
const version = 2

/** RTCP shares a port with RTP sometimes: its types 200 to 204 read as these. */
const rtcpTypes = { first: 72, last: 76 }

/** Undefined for what is no RTP packet, or whose header says more than it holds. */
export function parseRtp(bytes: Uint8Array): RtpPacket | undefined {
  if (bytes.length < headerBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const first = view.getUint8(0)
  if (first >> 6 !== version) return undefined
  const payloadType = view.getUint8(1) & 0x7f
  if (payloadType >= rtcpTypes.first && payloadType <= rtcpTypes.last) return undefined
  let from = headerBytes + 4 * (first & 0x0f)
  const hasExtension = (first & 0x10) !== 0
  if (hasExtension) {
    if (from + 4 > bytes.length) return undefined
    from += 4 + 4 * view.getUint16(from + 2)
  }
  const isPadded = (first & 0x20) !== 0
  const to = bytes.length - (isPadded ? view.getUint8(bytes.length - 1) : 0)
  if (from > to) return undefined
  return {
    payloadType,
    marker: view.getUint8(1) >> 7 === 1,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    source: view.getUint32(8),
    payload: bytes.subarray(from, to),
  }
}

export function rtpBytes({ payloadType, marker, sequence, timestamp, source, payload }: RtpPacket): Uint8Array {
  const bytes = new Uint8Array(headerBytes + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, version << 6)
  view.setUint8(1, (marker ? 0x80 : 0) | payloadType)
  view.setUint16(2, sequence)
  view.setUint32(4, timestamp)
  view.setUint32(8, source)
  bytes.set(payload, headerBytes)
  return bytes
}
