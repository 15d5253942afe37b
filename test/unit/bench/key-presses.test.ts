/** What callers send: presses whose timestamps rise from place to place, as sipp's own do not. */
import { describe, expect, it } from 'vitest'
import { placeOf, pressPackets, timestampOf } from '../../../bench/calls/key-presses.ts'
import { callersFile, callMs, presses, signInAndListen } from '../../../bench/calls/script.ts'
import { parseRtp } from '../../../src/rtp/packet.ts'
import { readTelephoneEvent } from '../../../src/rtp/telephone-event.ts'

const packets = (place: number, key: string) =>
  pressPackets(place, key).map(({ atUs, payload }) => {
    const rtp = parseRtp(payload)
    if (!rtp) throw new Error('no RTP')
    return { ...rtp, atUs, event: readTelephoneEvent(rtp.payload) }
  })

describe('a press', () => {
  it('is down for 100 ms, a packet every 20 ms, and its end is told three times at once', () => {
    expect(packets(4, '7').map(({ atUs, marker, event }) => [atUs, marker, event?.end, event?.duration])).toEqual([
      [0, true, false, 160],
      [20_000, false, false, 320],
      [40_000, false, false, 480],
      [60_000, false, false, 640],
      [80_000, false, false, 800],
      [100_000, false, true, 800],
      [100_000, false, true, 800],
      [100_000, false, true, 800],
    ])
    expect(packets(4, '7').every(({ event }) => event?.key === '7')).toBe(true)
  })

  it('keeps one timestamp, later than that of the press before, and sequence numbers go on', () => {
    const all = [0, 1, 2, 20].map(place => packets(place, '5'))
    const timestamps = all.map(press => new Set(press.map(({ timestamp }) => timestamp)))
    expect(timestamps.every(set => set.size === 1)).toBe(true)
    const [first = 0, second = 0, third = 0, last = 0] = timestamps.flatMap(set => [...set])
    expect([first < second, second < third, third < last]).toEqual([true, true, true])
    expect(all.slice(0, 3).flatMap(press => press.map(({ sequence }) => sequence))).toEqual(
      Array.from({ length: 24 }, (_, n) => 1000 + n),
    )
    expect(placeOf(timestampOf(20))).toBe(20)
  })
})

describe('the script of a call', () => {
  const script = signInAndListen(6, 6, { listenMs: 2_000, balances: 2 })

  it('counts presses through the call and knows which one completes each answer', () => {
    const all = presses(script)
    expect(all.map(({ place }) => place)).toEqual(Array.from({ length: 16 }, (_, n) => n))
    expect(all.filter(({ last }) => last).map(({ place, step }) => [place, step.name])).toEqual([
      [0, 'language'],
      [7, 'account'],
      [13, 'pin'],
      [14, 'menu'],
      [15, 'menu'],
    ])
  })

  it('gives each digit of a caller a column', () => {
    const columns = presses(script).flatMap(({ keyOf }) => ('column' in keyOf ? [keyOf.column] : []))
    expect(columns).toEqual(Array.from({ length: 12 }, (_, n) => n))
    expect(callersFile([{ account: '123456', pin: '654321' }])).toBe('SEQUENTIAL\n1;2;3;4;5;6;6;5;4;3;2;1;\n')
  })

  it('knows how long a call lasts', () => {
    expect(callMs(script)).toBe(6 * 2_000 + 16 * 200)
  })
})
