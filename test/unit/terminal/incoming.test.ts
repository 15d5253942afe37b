/** What a call's packets come to: samples with what is missing between them, and keys, each once; and what is reported of them. */
import { describe, expect, it } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import type { RtpPacket } from '../../../src/rtp/packet.ts'
import { writeTelephoneEvent } from '../../../src/rtp/telephone-event.ts'
import { Incoming } from '../../../src/terminal/sip/incoming.ts'
import { Reception, report } from '../../../src/terminal/sip/reports.ts'

const eventType = 96

class Ear {
  told: (number | string)[] = []
  readonly incoming = new Incoming(() => 10_000)

  constructor() {
    this.incoming.listener = {
      onSound: (samples, gap) => this.told.push(...(gap > 0 ? [`gap ${gap}`] : []), samples.length),
      onDigit: ({ key, beganAtMs }) => this.told.push(`${key} at ${beganAtMs}`),
    }
  }

  sound(number: number): void {
    this.#take({ payloadType: 8, timestamp: number * 160, payload: new Uint8Array(160).fill(aLaw.silence) })
  }

  key(key: string, timestamp: number, duration: number, end = false, source = 1): void {
    this.#take({ payloadType: eventType, timestamp, source, payload: writeTelephoneEvent({ key, end, duration }) })
  }

  #take(packet: Partial<RtpPacket>): void {
    const whole = { payloadType: 8, marker: false, sequence: 0, timestamp: 0, source: 1, payload: new Uint8Array(0) }
    this.incoming.packet({ ...whole, ...packet }, eventType)
  }
}

describe('sound', () => {
  it('is told at once in its turn, and what is missing once three later packets have come', () => {
    const ear = new Ear()
    for (const number of [0, 1, 3, 4]) ear.sound(number)
    expect(ear.told).toEqual([160, 160])
    ear.sound(5)
    expect(ear.told).toEqual([160, 160])
    ear.sound(6)
    expect(ear.told).toEqual([160, 160, 'gap 160', 160, 160, 160, 160])
  })

  it('that stops is followed by 200 ms of nothing, once', () => {
    const ear = new Ear()
    ear.sound(0)
    for (let looks = 0; looks < 10; looks++) ear.incoming.look()
    expect(ear.told).toEqual([160, 'gap 1600', 0])
    // It goes on half a second later by its own clock.
    ear.sound(25)
    for (const number of [26, 27, 28]) ear.sound(number)
    expect(ear.told.slice(3)).toEqual(['gap 2240', 160, 160, 160, 160])
  })

  it('of another kind is none', () => {
    const ear = new Ear()
    ear.incoming.packet(
      { payloadType: 13, marker: false, sequence: 0, timestamp: 0, source: 1, payload: Uint8Array.of(40) },
      eventType,
    )
    expect(ear.told).toEqual([])
  })
})

describe('a key', () => {
  it('is told by its first packet, and once, however often its end comes', () => {
    const ear = new Ear()
    ear.key('5', 8_000, 160)
    expect(ear.told).toEqual(['5 at 9980'])
    for (const duration of [320, 480]) ear.key('5', 8_000, duration)
    for (let times = 0; times < 3; times++) ear.key('5', 8_000, 640, true)
    expect(ear.told).toHaveLength(1)
  })

  it('of which only an end arrives is told by it', () => {
    const ear = new Ear()
    ear.key('#', 8_000, 800, true)
    expect(ear.told).toEqual(['# at 9900'])
  })

  it('pressed twice is two, and one that is overtaken by the next is not told again', () => {
    const ear = new Ear()
    ear.key('5', 8_000, 640, true)
    ear.key('5', 9_000, 160)
    ear.key('5', 8_000, 640, true)
    expect(ear.told).toEqual(['5 at 9920', '5 at 9980'])
  })

  it('held for longer than a packet can say is one', () => {
    const ear = new Ear()
    ear.key('5', 8_000, 0xffff)
    ear.key('5', 8_000 + 0xffff, 160)
    expect(ear.told).toHaveLength(1)
  })

  it('across the end of the timestamps is in order', () => {
    const ear = new Ear()
    ear.key('1', 2 ** 32 - 100, 160)
    ear.key('2', 1_000, 160)
    expect(ear.told).toHaveLength(2)
  })
})

describe('a report', () => {
  it('says how many packets there should have been, and how many of them lately are lost (RFC 3550, appendix A.3)', () => {
    const reception = new Reception(0x0a0b0c0d, 65_530)
    const packet = (number: number) => reception.packet((65_530 + number) & 0xffff, number * 160, number * 160)
    for (let number = 0; number < 20; number++) if (number % 4 !== 1) packet(number)
    const first = reception.block()
    expect(first.readUInt32BE(0)).toBe(0x0a0b0c0d)
    expect(first.readUInt8(4)).toBe(64)
    expect(first.readUIntBE(5, 3)).toBe(5)
    expect(first.readUInt32BE(8)).toBe(65_530 + 19)
    expect(first.readUInt32BE(12)).toBe(0)
    for (let number = 20; number < 30; number++) packet(number)
    const second = reception.block()
    expect([second.readUInt8(4), second.readUIntBE(5, 3)]).toEqual([0, 5])
  })

  it('is a sender report, a name, and at the end a goodbye, of whole words', () => {
    const facts = { source: 7, name: 'abcd', wallMs: 1_500, timestamp: 9, packets: 3, octets: 480 }
    const bytes = report(facts, new Reception(8, 1), true)
    const parts: [count: number, type: number][] = []
    for (let at = 0; at < bytes.length; at += 4 * (bytes.readUInt16BE(at + 2) + 1))
      parts.push([bytes.readUInt8(at) & 31, bytes.readUInt8(at + 1)])
    expect(parts).toEqual([
      [1, 200],
      [1, 202],
      [1, 203],
    ])
    const words = Array.from({ length: 6 }, (_, word) => bytes.readUInt32BE(4 + 4 * word))
    expect(words).toEqual([7, 2_208_988_801, 2 ** 31, 9, 3, 480])
    expect(report(facts, undefined, false).readUInt8(0)).toBe(0x80)
  })
})
