/**
 * Reads and writes packet captures in the classic pcap format: UDP over IPv4 over Ethernet, which is what Linux's
 * loopback looks like to tcpdump. Little more than what RTP needs, and no dependency.
 */

/** One UDP datagram of a capture. */
export interface Datagram {
  /** When the kernel saw it, in microseconds since 1970. */
  readonly atUs: number
  readonly sourcePort: number
  readonly destinationPort: number
  /** What was captured of it: the capture may have cut it short. */
  readonly payload: Buffer
}

const fileHeaderBytes = 24
const recordHeaderBytes = 16
const ethernetBytes = 14
const udpBytes = 8
const magicMicroseconds = 0xa1b2c3d4
const linkEthernet = 1
const typeIpv4 = 0x0800
const protocolUdp = 17

/** How many bytes of a packet to keep so that `payloadBytes` of its UDP payload are there. */
export function snapLength(payloadBytes: number): number {
  return ethernetBytes + 20 + udpBytes + payloadBytes
}

/**
 * Every UDP datagram of `capture`, in the order in which they were captured. A last record that is cut off, as the
 * program that wrote it was stopped, ends the capture. Throws on any other format.
 */
export function* readCapture(capture: Buffer): Generator<Datagram> {
  if (capture.length < fileHeaderBytes) return
  const little = capture.readUInt32LE(0) === magicMicroseconds
  if (!little && capture.readUInt32BE(0) !== magicMicroseconds) throw new Error('this is no pcap file in microseconds')
  const word = (at: number) => (little ? capture.readUInt32LE(at) : capture.readUInt32BE(at))
  if (word(20) !== linkEthernet) throw new Error(`link type ${word(20)} is not Ethernet`)

  let at = fileHeaderBytes
  while (at + recordHeaderBytes <= capture.length) {
    const frame = at + recordHeaderBytes
    const end = frame + word(at + 8)
    if (end > capture.length) return
    const datagram = readFrame(capture.subarray(frame, end), word(at) * 1_000_000 + word(at + 4))
    if (datagram) yield datagram
    at = end
  }
}

function readFrame(frame: Buffer, atUs: number): Datagram | undefined {
  const ip = ethernetBytes
  if (frame.length < ip + 20 + udpBytes || frame.readUInt16BE(12) !== typeIpv4) return undefined
  const udp = ip + ((frame[ip] ?? 0) & 0x0f) * 4
  if (frame[ip + 9] !== protocolUdp || frame.length < udp + udpBytes) return undefined
  return {
    atUs,
    sourcePort: frame.readUInt16BE(udp),
    destinationPort: frame.readUInt16BE(udp + 2),
    payload: frame.subarray(udp + udpBytes),
  }
}

/** A capture that holds `datagrams`, from and to 127.0.0.1. sipp, which plays it, puts its own ports in. */
export function writeCapture(datagrams: readonly Datagram[]): Buffer {
  const header = Buffer.alloc(fileHeaderBytes)
  header.writeUInt32LE(magicMicroseconds, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(0xffff, 16)
  header.writeUInt32LE(linkEthernet, 20)
  return Buffer.concat([header, ...datagrams.flatMap(writeRecord)])
}

function writeRecord({ atUs, sourcePort, destinationPort, payload }: Datagram): Buffer[] {
  const frame = Buffer.alloc(snapLength(payload.length))
  frame.writeUInt16BE(typeIpv4, 12)
  frame[ethernetBytes] = 0x45
  frame.writeUInt16BE(20 + udpBytes + payload.length, ethernetBytes + 2)
  frame[ethernetBytes + 8] = 64
  frame[ethernetBytes + 9] = protocolUdp
  frame.writeUInt32BE(0x7f000001, ethernetBytes + 12)
  frame.writeUInt32BE(0x7f000001, ethernetBytes + 16)
  const udp = ethernetBytes + 20
  frame.writeUInt16BE(sourcePort, udp)
  frame.writeUInt16BE(destinationPort, udp + 2)
  frame.writeUInt16BE(udpBytes + payload.length, udp + 4)
  payload.copy(frame, udp + udpBytes)

  const record = Buffer.alloc(recordHeaderBytes)
  record.writeUInt32LE(Math.floor(atUs / 1_000_000), 0)
  record.writeUInt32LE(atUs % 1_000_000, 4)
  record.writeUInt32LE(frame.length, 8)
  record.writeUInt32LE(frame.length, 12)
  return [record, frame]
}
