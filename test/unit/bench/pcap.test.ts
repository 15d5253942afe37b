/** Captures read back as they were written, and as tcpdump writes them. */
import { describe, expect, it } from 'vitest'
import { type Datagram, readCapture, snapLength, writeCapture } from '../../../bench/calls/pcap.ts'

const datagram = (atUs: number, text: string): Datagram => ({
  atUs,
  sourcePort: 41_000,
  destinationPort: 12_346,
  payload: Buffer.from(text),
})

describe('a capture', () => {
  it('comes back as it was written', () => {
    const written = [datagram(1_795_386_748_879_512, 'first'), datagram(1_795_386_748_899_999, '')]
    expect([...readCapture(writeCapture(written))]).toEqual(written)
  })

  it('is read in either byte order, as another machine may have written it', () => {
    const big = Buffer.from(
      // Magic, version 2.4, no offset, snap length, Ethernet; one record at 7.000008 s with 43 of 50 bytes kept.
      'a1b2c3d4 00020004 00000000 00000000 00000200 00000001 00000007 00000008 0000002b 00000032' +
        // Ethernet to IPv4; IPv4 header to UDP; ports 5 and 6; the byte that was kept.
        '000000000000 000000000000 0800 4500001d00000000401100007f0000017f000001 0005000600090000 61',
      'utf8',
    )
    const bytes = Buffer.from(big.toString('utf8').replaceAll(' ', ''), 'hex')
    expect([...readCapture(bytes)]).toEqual([
      { atUs: 7_000_008, sourcePort: 5, destinationPort: 6, payload: Buffer.from('a') },
    ])
  })

  it('ends at a record that was cut off when the program was stopped', () => {
    const whole = writeCapture([datagram(1, 'one'), datagram(2, 'two')])
    expect([...readCapture(whole.subarray(0, whole.length - 1))]).toEqual([datagram(1, 'one')])
    expect([...readCapture(Buffer.alloc(0))]).toEqual([])
  })

  it('skips what is not UDP over IPv4', () => {
    const capture = writeCapture([datagram(1, 'udp'), datagram(2, 'tcp'), datagram(3, 'ipv6')])
    const recordBytes = (text: string) => 16 + snapLength(text.length)
    const second = 24 + recordBytes('udp')
    capture[second + 16 + 14 + 9] = 6
    capture.writeUInt16BE(0x86dd, second + recordBytes('tcp') + 16 + 12)
    expect([...readCapture(capture)]).toEqual([datagram(1, 'udp')])
  })

  it('is refused when it is something else', () => {
    expect(() => [...readCapture(Buffer.alloc(100))]).toThrow('no pcap file')
    const raw = writeCapture([])
    raw.writeUInt32LE(101, 20)
    expect(() => [...readCapture(raw)]).toThrow('not Ethernet')
  })
})
