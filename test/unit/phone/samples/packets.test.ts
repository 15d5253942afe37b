/** From packets to samples: RTP, and what is said of packets that were lost, late or twice there. */
import { describe, expect, it } from 'vitest'
import { writeWav } from '../../../../src/modem/tools/wav.ts'
import { parseRtp, type RtpPacket, rtpBytes } from '../../../../src/rtp/packet.ts'
import { PacketOrder } from '../../../../src/rtp/packet-order.ts'

describe('an RTP packet', () => {
  const packet: RtpPacket = {
    ...{ payloadType: 8, marker: true, sequence: 65_535, timestamp: 0xffff_fff0, source: 0xdead_beef },
    payload: Uint8Array.of(1, 2, 3),
  }

  it('comes out as it went in', () => {
    expect(parseRtp(rtpBytes(packet))).toEqual(packet)
  })

  it('is read with contributing sources, an extension and padding', () => {
    const plain = rtpBytes({ ...packet, payload: new Uint8Array(0) })
    const bytes = Uint8Array.of(0xb1, ...plain.subarray(1), 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 5, 5, 5, 5, 1, 2, 3, 0, 2)
    expect(parseRtp(bytes)?.payload).toEqual(Uint8Array.of(1, 2, 3))
  })

  it.each([
    ['too short', new Uint8Array(11)],
    ['of another version', rtpBytes(packet).fill(0x40, 0, 1)],
    ['with more sources than bytes', Uint8Array.of(0x8f, ...rtpBytes(packet).subarray(1))],
    ['with more padding than bytes', Uint8Array.of(0xa0, ...rtpBytes(packet).subarray(1, 14), 200)],
  ])('%s is none', (_, bytes) => {
    expect(parseRtp(bytes)).toBeUndefined()
  })

  it('has nothing to do with a WAV file', () => {
    expect(parseRtp(writeWav(new Float32Array(10)))).toBeUndefined()
  })
})

describe('the order of packets', () => {
  const first = 0xffff_ff00
  const packet = (number: number, source = 1): RtpPacket => ({
    ...{ payloadType: 8, marker: false, source, sequence: number & 0xffff },
    timestamp: (first + number * 160) >>> 0,
    payload: new Uint8Array(160).fill(number),
  })

  /** Each stretch as the packet it came from, `gap` before it in packets. */
  function heard(packets: readonly (RtpPacket | { idle: number })[]): string {
    const order = new PacketOrder()
    const stretches = packets.flatMap(each => ('idle' in each ? order.idle(each.idle) : order.push(each)))
    return stretches.map(({ gap, codes }) => `${gap > 0 ? `(${gap}) ` : ''}${codes[0] ?? '-'}`).join(' ')
  }

  it('tells of a packet that was lost, to the sample, also where the timestamp wraps', () => {
    expect(heard([0, 1, 3, 4, 5, 6, 7].map(number => packet(number)))).toBe('0 1 (160) 3 4 5 6 7')
  })

  it('waits for a packet that was overtaken by three', () => {
    expect(heard([0, 2, 3, 4, 1, 5].map(number => packet(number)))).toBe('0 1 2 3 4 5')
  })

  it('leaves out what comes twice or too late', () => {
    expect(heard([0, 0, 1, 3, 4, 5, 6, 2, 7, 5].map(number => packet(number)))).toBe('0 1 (160) 3 4 5 6 7')
  })

  it('takes the part of a late packet whose time was not given away', () => {
    expect(heard([packet(0), { idle: 240 }, packet(1), packet(2), packet(3)])).toBe('0 (240) - 2 3')
    const order = new PacketOrder()
    order.push(packet(0))
    order.idle(240)
    expect(order.push(packet(2)).map(({ codes }) => codes.length)).toEqual([80])
  })

  it('counts a pause like a loss, and starts anew with another source or another count', () => {
    expect(heard([packet(0), packet(50), packet(51), packet(52), packet(53)])).toBe('0 (7840) 50 51 52 53')
    expect(heard([packet(0), packet(200, 2), packet(201, 2)])).toBe('0 200 201')
    expect(heard([packet(0), { ...packet(1), timestamp: 77_000_000 }])).toBe('0 1')
  })

  it('tells a second of a gap that is longer, whatever the timestamps say', () => {
    expect(heard([packet(0), packet(400), packet(401), packet(402), packet(403)])).toBe('0 (8000) 144 145 146 147')
  })

  it('hands out what it holds when nothing follows', () => {
    expect(heard([packet(0), packet(2), { idle: 800 }, packet(8)])).toBe('0 (160) 2 (800) - 8')
  })

  it('keeps no more than three packets, whatever comes', () => {
    const order = new PacketOrder()
    order.push(packet(0))
    let handedOut = 0
    for (let number = 499; number > 1; number--) handedOut += order.push(packet(number)).length
    expect(handedOut).toBeGreaterThanOrEqual(1)
    expect(order.idle(1).length).toBeLessThanOrEqual(5)
  })
})
