/** Push-button digits in audio: the limits of ITU-T Q.24 as a table, noise, and what must not be taken for digits. */
import { describe, expect, test } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import { DigitDetector } from '../../../src/modem/dtmf/detector.ts'
import { DigitFrameReader, digitFrame } from '../../../src/modem/dtmf/frame.ts'
import { type DigitShape, digitSamples } from '../../../src/modem/dtmf/tones.ts'
import { byNight } from '../../support/night.ts'
import { pad, through } from './line/impairments.ts'
import { type Random, seeded } from './line/random.ts'

const ALL = '0123456789*#ABCD'

function hear(samples: Float32Array): string {
  const detector = new DigitDetector()
  return [...detector.push(samples), ...detector.finish()].map(event => event.digit).join('')
}

/** A sum of tones with its own gain each, for what no proper sender makes. */
function tones(ms: number, ...parts: { hz: number; peak: number }[]): Float32Array {
  const wave = (n: number) =>
    parts.reduce((sum, { hz, peak }) => sum + peak * Math.sin((2 * Math.PI * hz * n) / 8000), 0)
  return Float32Array.from({ length: ms * 8 }, (_, n) => wave(n))
}

describe('limits of ITU-T Q.24', () => {
  const table: [string, DigitShape, 'heard' | 'not heard'][] = [
    ['nominal', {}, 'heard'],
    ['1.8 % sharp (§2.2: operate within 1.8 %)', { detune: 0.018 }, 'heard'],
    ['1.8 % flat', { detune: -0.018 }, 'heard'],
    ['3.5 % sharp (§2.2: do not operate beyond 3.5 %)', { detune: 0.035 }, 'not heard'],
    ['3.5 % flat', { detune: -0.035 }, 'not heard'],
    ['0 dBm0 per tone (§2.3)', { levelDbm0: 0 }, 'heard'],
    ['−25 dBm0 per tone', { levelDbm0: -25 }, 'heard'],
    ['column 4 dB stronger (§2.4)', { twistDb: 4 }, 'heard'],
    ['row 8 dB stronger', { twistDb: -8 }, 'heard'],
    ['column 8 dB stronger', { twistDb: 8 }, 'heard'],
    ['40 ms on, 40 ms off (§2.5)', { toneMs: 40, pauseMs: 40 }, 'heard'],
    ['22 ms (§2.5: do not operate under 23 ms)', { toneMs: 22, pauseMs: 60 }, 'not heard'],
    ['half a second', { toneMs: 500, pauseMs: 60 }, 'heard'],
  ]
  test.each(table)('%s', (_, shape, expected) => {
    expect(hear(through(aLaw, pad(digitSamples(ALL, shape), 333, 400)))).toBe(expected === 'heard' ? ALL : '')
  })

  test('a break of 10 ms is no new digit (§2.5)', () => {
    const one = digitSamples('5', { toneMs: 45, pauseMs: 10 })
    const samples = new Float32Array(one.length + 800)
    samples.set(one)
    samples.set(digitSamples('5', { toneMs: 45, pauseMs: 0 }), one.length)
    expect(hear(pad(samples, 200, 400))).toBe('5')
  })
})

describe('in noise', () => {
  function noisy(digits: string, shape: DigitShape, snrDb: number, random: Random): Float32Array {
    const samples = digitSamples(digits, shape)
    const { toneMs = 45, pauseMs = 45 } = shape
    const power =
      samples.reduce((sum, sample) => sum + sample * sample, 0) / (samples.length * (toneMs / (toneMs + pauseMs)))
    const sigma = Math.sqrt(power / 10 ** (snrDb / 10))
    return pad(samples, 400, 400).map(sample => sample + sigma * random.gauss())
  }
  const cases: [string, DigitShape, number][] = [
    ['as strong as the digits', {}, 0],
    ['10 dB weaker, 2 % out of tune', { detune: 0.02 }, 10],
    ['10 dB weaker, 8 dB twist', { twistDb: 8 }, 10],
    ['10 dB weaker, −8 dB twist', { twistDb: -8 }, 10],
  ]
  test.each(cases)('%s: 19 of 20 sequences of 40 digits arrive whole', (_, shape, snrDb) => {
    const random = seeded(12)
    let whole = 0
    for (let i = 0; i < 20; i++) {
      const digits = Array.from({ length: 40 }, () => ALL[Math.floor(random.uniform() * 16)]).join('')
      if (hear(noisy(digits, shape, snrDb, random)) === digits) whole++
    }
    expect(whole).toBeGreaterThanOrEqual(19)
  })

  test('a frame of 64 bytes arrives at −1 dB, where single digits are lost', () => {
    const random = seeded(5)
    const payload = random.bytes(64)
    const detector = new DigitDetector()
    const samples = noisy(digitFrame(payload), {}, -1, random)
    const reader = new DigitFrameReader()
    const results = [...detector.push(samples), ...detector.finish()].map(event =>
      reader.push(event.digit, event.from / 8),
    )
    expect(results.filter(result => result.outcome !== 'nothing')).toMatchObject([{ outcome: 'frame', payload }])
  })
})

describe('what is no digit', () => {
  test('single tones, dial tone, ringing and modem tones', () => {
    for (const parts of [[697], [1633], [350, 440], [440, 480], [425], [1300], [2100], [1400], [2300], [980, 1180]])
      expect(hear(pad(tones(400, ...parts.map(hz => ({ hz, peak: 0.2 }))), 200, 400))).toBe('')
  })

  test('the tones of a digit among other partials, as in a voice', () => {
    const voices = [
      [650, 900, 1405],
      [660, 890, 1180],
      [650, 1405],
    ]
    const two = [770, 1336].map(hz => ({ hz, peak: 0.2 }))
    for (const voice of voices) {
      const partials = voice.map(hz => ({ hz, peak: 0.1 }))
      expect(hear(pad(tones(60, ...two, ...partials), 200, 400))).toBe('')
    }
    expect(hear(pad(tones(60, ...two), 200, 400))).toBe('5')
  })

  test('ten minutes of voice-like sound, by day three: pulses through three formants that wander', () => {
    const random = seeded(77)
    const voice = new Float32Array(byNight(600, 180) * 8000)
    const state = new Float64Array(6)
    let phase = 0
    for (let n = 0; n < voice.length; n++) {
      const t = n / 8000
      const pitch = 140 + 70 * Math.sin(0.9 * t) + 30 * Math.sin(2.3 * t + 1)
      phase += pitch / 8000
      let sample = 0.02 * random.gauss()
      if (phase >= 1) {
        phase -= 1
        sample += 1
      }
      const formants = [
        500 + 350 * Math.sin(5.1 * t),
        1450 + 600 * Math.sin(3.7 * t + 2),
        2500 + 300 * Math.sin(2.9 * t),
      ]
      let out = 0
      formants.forEach((hz, i) => {
        const radius = Math.exp((-Math.PI * 80) / 8000)
        const y =
          sample +
          2 * radius * Math.cos((2 * Math.PI * hz) / 8000) * state[2 * i]! -
          radius * radius * state[2 * i + 1]!
        state[2 * i + 1] = state[2 * i]!
        state[2 * i] = y
        out += y / (i + 1)
      })
      voice[n] = 0.05 * out * Math.max(0, Math.sin(7 * t))
    }
    expect(hear(voice)).toBe('')
  })
})
