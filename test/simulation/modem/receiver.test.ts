/** The receiver on simulated lines: a short version, with fixed seeds and longer by night, of what `npm run bench -- modem` measures at length. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aLaw, muLaw } from '../../../src/g711.ts'
import { bitsOf } from '../../../src/modem/coded/bits.ts'
import { ConvolutionalDecoder, codedLength } from '../../../src/modem/coded/convolutional.ts'
import { frameBits, headerBytes, parseBody, parseHeader } from '../../../src/modem/coded/frame.ts'
import { leadIn, OPENING } from '../../../src/modem/coded/frame-layout.ts'
import { OpeningSearch } from '../../../src/modem/coded/opening-search.ts'
import { LINE_MODES, symbolSamples } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { ToneCorrelator } from '../../../src/modem/line/tone-correlator.ts'
import { hdlcBits } from '../../../src/modem/plain/hdlc.ts'
import { type ModemEvent, Receiver } from '../../../src/modem/receiver.ts'
import { byNight } from '../../support/night.ts'
import { addNoise, joined, pad } from './line/impairments.ts'
import { seeded } from './line/random.ts'
import { frameTrial, type Line, overLine } from './line/trial.ts'

const { v23, bell202, v21 } = LINE_MODES
const modes = [v23, bell202, v21, LINE_MODES['v21-answer']]
const text = Uint8Array.from('a frame over the telephone', character => character.charCodeAt(0))
const decoded = (events: ModemEvent[]) => events.filter(event => event.kind !== 'carrier').map(event => event.kind)
const frame = { type: 5, sequence: 17, keyId: 201, payload: text }

describe('coded frames', () => {
  const lines: [string, Line][] = [
    ['noise at Es/N0 3 dB', { esN0Db: 3 }],
    ['5 % of packets silent', { loss: { rate: 0.05, manner: 'zeroed' } }],
    ['5 % of packets deleted', { loss: { rate: 0.05, manner: 'deleted' } }],
    ['10 % of packets marked as gaps', { loss: { rate: 0.1, manner: 'marked' } }],
    ['50 Hz too high', { esN0Db: 12, offsetHz: 50 }],
    ['50 Hz too low', { esN0Db: 12, offsetHz: -50 }],
    ['clock 1 % fast', { esN0Db: 12, clockPpm: 10_000 }],
    ['clock 1 % slow', { esN0Db: 12, clockPpm: -10_000 }],
    ['echo of 1 ms, −6 dB, at 12 dB', { esN0Db: 12, echo: { ms: 1, lossDb: 6 } }],
    ['−45 dBm0 through A-law', { levelDbm0: -45, law: aLaw }],
    ['the first 40 ms clipped', { esN0Db: 12, clippedMs: 40 }],
    ['the first 100 ms clipped', { esN0Db: 12, clippedMs: 100 }],
    ['the first 150 ms clipped', { esN0Db: 12, clippedMs: 150 }],
    ['twist of 8 dB through µ-law', { twistDb: 8, law: muLaw, esN0Db: 12 }],
  ]
  test.each(lines)('%s: all arrive, in three modes', (name, line) => {
    for (const mode of [v23, bell202, v21]) {
      const count = mode === v21 ? byNight(3, 1) : byNight(6, 3)
      const score = frameTrial('fec', mode, line, count, seeded(4))
      expect({ mode: mode.name, name, lost: score.lost, wrong: score.wrong }).toEqual({
        mode: mode.name,
        name,
        lost: 0,
        wrong: 0,
      })
    }
  })

  test.each([v23, bell202, v21])('$name: nothing in the lead-in is taken for an opening', mode => {
    const correlator = new ToneCorrelator(4096)
    correlator.tune(mode.markHz, mode.spaceHz)
    const search = new OpeningSearch(mode, correlator)
    const before = 800
    const period = symbolSamples(mode)
    const opens = before + leadIn(mode).length * period
    const samples = pad(modulate(Uint8Array.from([...leadIn(mode), ...OPENING]), mode), before, 200)
    const ends = Array.from(samples, sample => {
      correlator.push(sample)
      return search.advance()
    }).flatMap(sighting => sighting?.starts.map(start => start + OPENING.length * period) ?? [])
    expect(ends.length).toBeGreaterThan(0)
    expect(ends.filter(end => end <= opens + period)).toEqual([])
  })

  test('wherever packets are cut out of the opening, the header is read', () => {
    const signal = modulate(frameBits(frame, v21), v21)
    for (const cuts of [[700], [1500], [2200], [2700], [400, 1500], [1500, 2200], [700, 1500, 2200]].map(at =>
      at.map(n => 1280 + n),
    )) {
      const kept = signal.filter((_, n) => !cuts.some(from => n >= from && n < from + 160))
      const samples = addNoise(pad(kept, 800, 1500), v21, 18, seeded(8), 0.02)
      expect([cuts, decoded(new Receiver(v21).push(samples))]).toEqual([cuts, ['frame']])
    }
  })

  test('what two transmissions lost apart, they give together', () => {
    const random = seeded(21)
    const signal = modulate(frameBits({ ...frame, payload: new Uint8Array(150).fill(65) }, v23), v23)
    /** Opening and header arrive; of the rest, six packets of ten are lost, others each time. */
    const torn = () => {
      const samples = pad(signal, 800, 800)
      for (let at = 3200; at < samples.length; at += 160) if (random.uniform() < 0.6) samples.fill(0, at, at + 160)
      return samples
    }
    const receiver = new Receiver(v23)
    expect(decoded(receiver.push(torn()))).toEqual(['garbled'])
    expect(decoded(receiver.push(torn()))).toEqual(['frame'])
    expect(decoded(receiver.push(torn()))).toEqual(['garbled'])
  })
})

describe('plain HDLC', () => {
  test.each([10_000, 4_000, -4_000, -10_000])(
    'from a clock that is off by %i ppm: all arrive, in three modes',
    clockPpm => {
      for (const mode of [v23, bell202, v21]) {
        const { lost, wrong } = frameTrial('hdlc', mode, { esN0Db: 15, clockPpm }, byNight(8, 3), seeded(12))
        expect({ mode: mode.name, lost, wrong }).toEqual({ mode: mode.name, lost: 0, wrong: 0 })
      }
    },
  )

  test.each([v23, bell202, v21])('$name at Eb/N0 9 dB: at most one of eight lost, none made up', mode => {
    const { lost, wrong } = frameTrial('hdlc', mode, { esN0Db: 9 }, 8, seeded(11))
    expect(lost).toBeLessThanOrEqual(1)
    expect(wrong).toBe(0)
  })
})

describe('as a stream', () => {
  test.each(modes)('$name: from the first sample to the last, with nothing around', mode => {
    for (const [bits, kind] of [
      [frameBits(frame, mode), 'frame'],
      [hdlcBits(text), 'plain'],
    ] as const) {
      const receiver = new Receiver(mode)
      expect(decoded([...receiver.push(modulate(bits, mode)), ...receiver.finish()])).toEqual([kind])
    }
  })

  test('chunking never changes the result', () => {
    const random = seeded(3)
    const samples = joined(
      [frameBits(frame, v23), hdlcBits(text)].flatMap(bits => overLine(bits, v23, { esN0Db: 7 }, random)),
    )
    const whole = new Receiver(v23).push(samples)
    expect(decoded(whole)).toEqual(['frame', 'plain'])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 12 }), sizes => {
        const receiver = new Receiver(v23)
        const events: ModemEvent[] = []
        for (let at = 0, i = 0; at < samples.length; i++) {
          const next = at + sizes[i % sizes.length]! + (i % sizes.length === 0 ? 1 : 0)
          events.push(...receiver.push(samples.subarray(at, next)))
          at = next
        }
        expect(events).toEqual(whole)
      }),
      { seed: 20261122, numRuns: 12 },
    )
  })

  test.each(modes)('$name: a frame is read in pieces, between which another receiver does its own', mode => {
    const signals = [1, 2].map(sequence =>
      joined(overLine(frameBits({ ...frame, sequence }, mode), mode, { esN0Db: 6 }, seeded(sequence))),
    )
    const inTurns = signals.map(signal => new Receiver(mode).pushing(signal))
    const read: ModemEvent[][] = signals.map(() => [])
    let turns = 0
    for (const done = new Set<number>(); done.size < inTurns.length; turns++)
      for (const [at, pieces] of inTurns.entries()) {
        const piece = pieces.next()
        if (piece.done !== true || done.has(at)) continue
        read[at] = piece.value
        done.add(at)
      }
    expect(read).toEqual(signals.map(signal => new Receiver(mode).push(signal)))
    expect(read.map(decoded)).toEqual([['frame'], ['frame']])
    expect(turns).toBeGreaterThan(8)
  })

  test.each(modes)('$name: carrier and end of frame are told within 50 ms', mode => {
    const before = 2000
    for (const bits of [frameBits(frame, mode), hdlcBits(text, { closingFlags: 1 })]) {
      const signal = modulate(bits, mode)
      const end = before + signal.length
      const events = new Receiver(mode).push(addNoise(pad(signal, before, 3000), mode, 15, seeded(9), 0.02))
      const carrier = events.filter(event => event.kind === 'carrier')
      expect(carrier.map(event => event.present)).toEqual([true, false])
      expect(carrier[0]!.atSample - before).toBeLessThan(400)
      expect(Math.abs(carrier[1]!.atSample - end)).toBeLessThan(400)
      const last = events.find(event => event.kind === 'frame' || event.kind === 'plain')
      expect(last!.atSample - end).toBeLessThanOrEqual(400)
    }
  })

  test('a new frame is read right after one that broke off', () => {
    const broken = modulate(frameBits({ ...frame, payload: new Uint8Array(200) }, v23), v23).subarray(0, 6000)
    const receiver = new Receiver(v23)
    const events = [
      ...receiver.push(broken),
      ...receiver.push(modulate(frameBits(frame, v23), v23)),
      ...receiver.finish(),
    ]
    expect(events.filter(event => event.kind === 'frame')).toMatchObject([{ frame }])
  })
})

describe('false accepts', () => {
  test('none in five minutes each of noise and of random data, by day in one', () => {
    const random = seeded(99)
    const receiver = new Receiver(v23)
    const accepted: ModemEvent[] = []
    for (let minute = 0; minute < byNight(5, 1); minute++) {
      const noise = Float32Array.from({ length: 480_000 }, () => 0.1 * random.gauss())
      const data = modulate(bitsOf(random.bytes(9000)), v23)
      for (const samples of [noise, data])
        accepted.push(...receiver.push(samples).filter(event => event.kind === 'frame' || event.kind === 'plain'))
    }
    expect(accepted).toEqual([])
  })

  test('none among 10,000 decodings of random soft bits, by day 3,000', () => {
    const random = seeded(100)
    const header = parseHeader(headerBytes({ type: 1, sequence: 1, keyId: 1 }, 6))!
    const decoder = new ConvolutionalDecoder(header.bodyBytes * 8)
    const soft = new Float64Array(codedLength(header.bodyBytes * 8))
    const bits = new Uint8Array(header.bodyBytes * 8)
    let headers = 0
    for (let i = 0; i < byNight(10_000, 3_000); i++) {
      for (let k = 0; k < soft.length; k++) soft[k] = 3 * random.gauss()
      decoder.decode(soft, bits, new Float64Array(soft.length))
      const bytes = Uint8Array.from({ length: header.bodyBytes }, (_, at) =>
        bits.subarray(8 * at, 8 * at + 8).reduce((sum, bit, j) => sum | (bit << j), 0),
      )
      if (parseHeader(bytes.subarray(0, 5)) !== undefined) headers++
      expect(parseBody(header, bytes)).toBeUndefined()
    }
    // A header's 8 check bits and 6 fixed ones let 1 in 16384 through, which then fails at the body.
    expect(headers).toBeLessThan(6)
  })
})
