/** Line signals as real lines bend them: each was lost once. */
import { describe, expect, test } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import { frameBits } from '../../../src/modem/coded/frame.ts'
import { DigitDetector } from '../../../src/modem/dtmf/detector.ts'
import { DigitFrameReader, digitFrame } from '../../../src/modem/dtmf/frame.ts'
import { digitSamples } from '../../../src/modem/dtmf/tones.ts'
import { LINE_MODES } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { SignalToneDetector, signalTone } from '../../../src/modem/line/signal-tones.ts'
import { hdlcBits } from '../../../src/modem/plain/hdlc.ts'
import { Receiver } from '../../../src/modem/receiver.ts'
import { byNight } from '../../support/night.ts'
import { addNoise, joined, losePackets, pad, powerOf, through } from './line/impairments.ts'
import { seeded } from './line/random.ts'
import { frameTrial, type Line, payloadOf } from './line/trial.ts'

const { v23, bell202, v21 } = LINE_MODES
const modes = [v23, bell202, v21]

describe('a plain frame after something else', () => {
  test.each(modes)('$name: 200 ms of mark', mode => {
    const { lost, wrong } = frameTrial('hdlc', mode, { esN0Db: 25, idleMs: 200 }, byNight(25, 8), seeded(31), 60)
    expect({ lost, wrong }).toEqual({ lost: 0, wrong: 0 })
  })

  test.each(modes)('$name: mark, and a single flag', mode => {
    const random = seeded(32)
    const receiver = new Receiver(mode)
    for (let i = 0; i < byNight(12, 4); i++) {
      const payload = random.bytes(60)
      const idle = new Uint8Array(mode.baud / 5).fill(1)
      const bits = Uint8Array.from([...idle, ...hdlcBits(payload, { openingFlags: 1 })])
      const signal = modulate(bits, mode)
      const events = receiver.push(addNoise(pad(signal, 900 + i, 900), mode, 25, random, powerOf(signal)))
      expect([i, events.map(payloadOf).filter(read => read !== undefined)]).toEqual([i, [payload]])
    }
  })

  test.each([1400, 1700, 2100])('a tone of %i Hz, as others send it before they speak', hz => {
    const random = seeded(33)
    const tone = Float32Array.from({ length: 4000 }, (_, n) => 0.2 * Math.sin((2 * Math.PI * hz * n) / 8000))
    for (const mode of [v23, bell202]) {
      const receiver = new Receiver(mode)
      for (let i = 0; i < byNight(6, 3); i++) {
        const payload = random.bytes(60)
        const signal = joined([tone, modulate(hdlcBits(payload), mode)].map(samples => ({ samples, gap: 0 })))
        const events = receiver.push(addNoise(pad(signal, 900 + i, 900), mode, 25, random, powerOf(signal)))
        expect([mode.name, i, events.map(payloadOf).filter(read => read !== undefined)]).toEqual([
          mode.name,
          i,
          [payload],
        ])
      }
    }
  })
})

describe('a coded frame over a line', () => {
  const lines: [string, Line][] = [
    [
      'whose clock is 500 ppm slow and that deletes 3 % of packets',
      { clockPpm: -500, loss: { rate: 0.03, manner: 'deleted' } },
    ],
    [
      'whose clock is 500 ppm fast and that deletes 3 % of packets',
      { clockPpm: 500, loss: { rate: 0.03, manner: 'deleted' } },
    ],
    [
      'whose clock is 1,500 ppm fast and that deletes 3 % of packets',
      { clockPpm: 1500, loss: { rate: 0.03, manner: 'deleted' } },
    ],
    ['that cuts out 57 samples', { cutSamples: 57 }],
    ['that cuts out 80 samples', { cutSamples: 80 }],
    ['that cuts out 240 samples', { cutSamples: 240 }],
    ['that repeats 57 samples', { cutSamples: -57 }],
    ['that repeats three packets', { cutSamples: -480 }],
    ['that conceals 22 % of packets', { loss: { rate: 0.22, manner: 'concealed' } }],
    ['whose clock gains 500 ppm each second', { rampPpmPerSecond: 500 }],
  ]
  test.each(lines)('%s: all arrive, in three modes', (_, line) => {
    for (const mode of modes) {
      const { lost, wrong } = frameTrial(
        'fec',
        mode,
        { esN0Db: 12, ...line },
        mode === v21 ? byNight(4, 1) : byNight(12, 4),
        seeded(34),
      )
      expect({ mode: mode.name, lost, wrong }).toEqual({ mode: mode.name, lost: 0, wrong: 0 })
    }
  })
})

test.each(modes)('$name: a line may open anywhere in the lead-in', mode => {
  const random = seeded(36)
  const missing: number[] = []
  for (let clippedMs = 0; clippedMs <= 155; clippedMs += byNight(1, 5)) {
    const { lost, wrong } = frameTrial('fec', mode, { esN0Db: 12, clippedMs }, 1, random, 7)
    if (lost + wrong > 0) missing.push(clippedMs)
  }
  expect(missing).toEqual([])
})

describe('a frame of 64 bytes as push-button digits of 40 ms and pauses of 30 ms', () => {
  /** What the reader tells of, with the digits and when it has become quiet. */
  function read(samples: Float32Array) {
    const detector = new DigitDetector()
    const reader = new DigitFrameReader()
    const digits = [...detector.push(samples), ...detector.finish()]
    const told = [...digits.map(({ digit, from }) => reader.push(digit, from / 8)), reader.finish()]
    return told.filter(({ outcome }) => outcome !== 'nothing')
  }
  const random = seeded(35)
  const payload = random.bytes(64)
  const shape = { toneMs: 40, pauseMs: 30 }
  const signal = digitSamples(digitFrame(payload), shape)

  test.each([
    ['first', 0],
    ['last', signal.length - 480],
  ])('the %s 60 ms silent', (_, from) => {
    const clipped = signal.slice().fill(0, from, from + 480)
    expect(read(through(aLaw, pad(clipped, 800, 800)))).toEqual([{ outcome: 'frame', payload, missing: 1 }])
  })

  test('1 % of packets deleted: all arrive', () => {
    for (let i = 0; i < byNight(12, 4); i++) {
      const packets = losePackets(through(aLaw, pad(signal, 800, 800)), 0.01, 'deleted', random)
      expect([i, read(joined(packets))]).toMatchObject([i, [{ outcome: 'frame', payload }]])
    }
  })
})

describe.each([Number.NaN, Number.POSITIVE_INFINITY, -1e30])('one sample that is %d', broken => {
  const withBroken = (samples: Float32Array) =>
    joined([Float32Array.of(broken), samples].map(part => ({ samples: part, gap: 0 })))

  test('deafens no receiver of frames', () => {
    const payload = Uint8Array.from({ length: 40 }, (_, i) => i)
    for (const mode of modes)
      for (const bits of [frameBits({ type: 1, sequence: 2, keyId: 3, payload }, mode), hdlcBits(payload)]) {
        const receiver = new Receiver(mode)
        const events = [...receiver.push(withBroken(modulate(bits, mode))), ...receiver.finish()]
        expect(events.map(payloadOf).filter(read => read !== undefined)).toEqual([payload])
      }
  })

  test('deafens no detector of digits and tones', () => {
    const digits = new DigitDetector()
    expect(digits.push(withBroken(digitSamples('159D'))).map(({ digit }) => digit)).toEqual(['1', '5', '9', 'D'])
    expect(new SignalToneDetector().push(withBroken(pad(signalTone('ready'), 0, 800)))).toEqual(['ready'])
  })
})
