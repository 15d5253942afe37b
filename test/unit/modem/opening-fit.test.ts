/** What finds a frame's beginning, by the numbers: the sums that symbols are read from, and the fit of an opening. */
import { describe, expect, test } from 'vitest'
import { frameBits } from '../../../src/modem/coded/frame.ts'
import { OPENING, OPENING_ANCHOR } from '../../../src/modem/coded/frame-layout.ts'
import { OpeningFitter } from '../../../src/modem/coded/opening-fit.ts'
import { LINE_MODES, symbolSamples } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { ToneCorrelator } from '../../../src/modem/line/tone-correlator.ts'
import { hdlcBits } from '../../../src/modem/plain/hdlc.ts'
import { Receiver } from '../../../src/modem/receiver.ts'
import { joined, pad, shifted } from '../../simulation/modem/line/impairments.ts'
import { seeded } from '../../simulation/modem/line/random.ts'

const { v23, bell202, v21 } = LINE_MODES
const modes = [v23, bell202, v21]
const drifts = [-0.004, -0.002, 0, 0.002, 0.004]
const least = 0.16

function heard(mode: (typeof modes)[number], samples: Float32Array): ToneCorrelator {
  const correlator = new ToneCorrelator(samples.length)
  correlator.tune(mode.markHz, mode.spaceHz)
  for (const sample of samples) correlator.push(sample)
  return correlator
}

function noise(samples: number, seed: number): Float32Array {
  const random = seeded(seed)
  return Float32Array.from({ length: samples }, () => 0.1 * random.gauss())
}

test('sums at times differ by the correlations between them, before the first sample and after the last one, too', () => {
  const correlator = heard(v23, noise(400, 1))
  const [start, step, count] = [-20.3, 6.63, 70]
  const sums = new Float64Array(4 * count)
  correlator.sumsAt(start, step, count, sums)
  const tones = new Float64Array(4)
  for (let n = 0; n + 3 < count; n++) {
    correlator.correlate(start + n * step, 3 * step, tones)
    tones.forEach((value, i) => {
      expect(sums[4 * (n + 3) + i]! - sums[4 * n + i]!).toBeCloseTo(value, 9)
    })
  }
})

describe.each(modes)('$name', mode => {
  const period = symbolSamples(mode)
  const fitter = (samples: Float32Array) => new OpeningFitter(mode, heard(mode, samples))

  test.each([
    [0, 0],
    [41, 0.002],
    [-58, -0.004],
  ])('an opening %i Hz too high from a clock that is off by %d is found where it begins', (hz, drift) => {
    const sender = { ...shifted(mode, hz), baud: mode.baud / (1 + drift) }
    const before = 333
    // As the search tells it: by the last quarter's place, whatever the clock, and no nearer than a part of a symbol.
    const told = before + (OPENING_ANCHOR * drift + 0.3) * period
    const fit = fitter(pad(modulate(OPENING, sender), before, 200)).fit(told, drifts, least)
    expect(fit?.match).toBeGreaterThan(0.4)
    expect(Math.abs((fit?.offsetHz ?? 0) - hz)).toBeLessThan(1.5)
    expect(Math.abs((fit?.clock.start ?? 0) - before)).toBeLessThan(period / 6)
    // The step that drifts are tried in.
    expect(Math.abs((fit?.clock.period ?? 0) / period - 1 - drift)).toBeLessThan(0.0021)
  })

  test('noise and data are none', () => {
    const random = seeded(2)
    const data = modulate(
      Uint8Array.from({ length: 800 }, () => (random.uniform() < 0.5 ? 1 : 0)),
      mode,
    )
    for (const samples of [noise(data.length, 3), data]) {
      const looksAt = fitter(samples)
      const matches = Array.from({ length: 40 }, (_, i) => looksAt.fit((i * 17 + 0.4) * period, drifts, 0)?.match ?? 0)
      expect(matches).toHaveLength(40)
      expect(looksAt.fit(100, drifts, Math.max(...matches, least))).toBeUndefined()
      // Half of what is thrown away when it is this much like an opening, so that the bound is not what keeps it out.
      expect(Math.max(...matches)).toBeLessThan(2 * least)
      expect(matches.filter(match => match > least).length).toBeLessThan(5)
    }
  })

  test('without plain frames nothing else changes', () => {
    const frame = { type: 1, sequence: 2, keyId: 3, payload: Uint8Array.from({ length: 30 }, (_, i) => 5 * i) }
    const parts = [frameBits(frame, mode), hdlcBits(frame.payload), frameBits({ ...frame, sequence: 4 }, mode)]
    const samples = joined(parts.map(bits => ({ samples: pad(modulate(bits, mode), 900, 900), gap: 0 })))
    const all = new Receiver(mode).push(samples)
    expect(all.filter(({ kind }) => kind !== 'carrier').map(({ kind }) => kind)).toEqual(['frame', 'plain', 'frame'])
    const events = new Receiver(mode, { withPlain: false }).push(samples)
    expect(events).toEqual(all.filter(({ kind }) => kind !== 'plain'))
  })
})
