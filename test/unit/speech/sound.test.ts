/** Levels, and the build's own measurement of clips. */
import { describe, expect, it } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import { measureLevel } from '../../../src/speech/render/level.ts'
import { faultOf, master, measure, targetDb } from '../../../src/speech/render/master.ts'

/** A tone between two silences, in samples of 8 kHz. */
function tone(amplitude: number, leadMs = 200, toneMs = 600, tailMs = 300): Float32Array {
  const samples = new Float32Array((leadMs + toneMs + tailMs) * 8)
  for (let n = 0; n < toneMs * 8; n++) samples[leadMs * 8 + n] = amplitude * Math.sin((2 * Math.PI * 440 * n) / 8000)
  return samples
}

describe('levels', () => {
  it('count the time in which somebody speaks, not the pauses', () => {
    const { activeDb, begin, end } = measureLevel(tone(0.1))
    expect(activeDb).toBeCloseTo(20 * Math.log10(0.1 / Math.SQRT2), 1)
    expect([begin, end]).toEqual([1600, 6400])
  })

  it('come out alike, however loud the voice was', () => {
    for (const amplitude of [0.004, 0.05, 0.3, 0.9]) {
      const codes = master(tone(amplitude))
      expect(Math.abs(measure(codes).levelDb - targetDb)).toBeLessThan(0.5)
      expect(faultOf(measure(codes))).toBeUndefined()
      expect(measure(codes).durationMs).toBeCloseTo(660, -1)
    }
  })
})

describe('the build refuses', () => {
  const scaled = (gain: number) => aLaw.encode(aLaw.decode(master(tone(0.3))).map(sample => sample * gain))

  it.each([
    ['silence', master(new Float32Array(8000)), 'silent'],
    ['silence in A-law', new Uint8Array(8000).fill(aLaw.silence), 'silent'],
    ['a click', scaled(1).subarray(0, 400), 'only 50 ms long'],
    ['a clip that is 1 dB too loud', scaled(10 ** (1 / 20)), 'dBov'],
    ['a clip that is 1 dB too soft', scaled(10 ** (-1 / 20)), 'dBov'],
    ['a clipped one', scaled(100), 'clipped'],
    ['nothing at all', new Uint8Array(), 'silent'],
  ])('%s', (_, codes, fault) => expect(faultOf(measure(codes))).toContain(fault))
})
