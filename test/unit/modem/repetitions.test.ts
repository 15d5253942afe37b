/** Packets that a jitter buffer made up are told from what was sent. */
import { describe, expect, test } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import { bitsOf } from '../../../src/modem/coded/bits.ts'
import { LINE_MODES } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { silenceRepetitions } from '../../../src/modem/line/repetitions.ts'
import { addNoise, powerOf, through } from '../../simulation/modem/line/impairments.ts'
import { seeded } from '../../simulation/modem/line/random.ts'

const { v23, bell202, v21 } = LINE_MODES
const modes = [v23, bell202, v21]
const packet = 160
/** A piece more at either end may go, as packets begin anywhere. */
const slack = 40

describe.each(modes)('$name', mode => {
  const random = seeded(1)
  const signal = modulate(bitsOf(random.bytes(mode.baud / 4)), mode)
  const noisy = addNoise(signal, mode, 12, random, powerOf(signal))

  test.each([1, 2, 3])(
    '%i packets in a row, each fainter than the one before, are silenced, and little else',
    count => {
      for (let at = 3200; at < 3360; at += 13) {
        const heard = noisy.slice()
        for (let n = at; n < at + count * packet; n++) heard[n] = 0.7 * heard[n - packet]!
        const samples = through(aLaw, heard)
        const before = samples.slice()
        expect(silenceRepetitions(samples)).toBeLessThanOrEqual(count * packet + slack)
        expect([at, samples.subarray(at, at + count * packet).some(sample => sample !== 0)]).toEqual([at, false])
        expect(samples.subarray(0, at - slack)).toEqual(before.subarray(0, at - slack))
        const after = at + count * packet + slack
        expect(samples.subarray(after)).toEqual(before.subarray(after))
      }
    },
  )

  test('data are no repetition, in noise or without', () => {
    for (const samples of [noisy.slice(), signal.slice(), through(aLaw, signal)])
      expect(silenceRepetitions(samples)).toBe(0)
  })

  test('nor is silence', () => {
    expect(silenceRepetitions(new Float32Array(2000))).toBe(0)
  })
})
