/** The ear that judges voices, without a synthesiser: its frozen templates, its line, and sounds that are no words. */
import { describe, expect, it } from 'vitest'
import { openEar } from '../../../bench/ear/ear.ts'
import { templatesOf } from '../../../bench/ear/frozen.ts'
import { overTheLine } from '../../../bench/ear/line.ts'
import { meetsGoal } from '../../../bench/ear/measure.ts'
import { digitWords } from '../../../bench/ear/voices.ts'
import { distance, trackOf } from '../../../bench/ear/warping.ts'
import { languages } from '../../../src/languages.ts'
import { seeded } from '../../simulation/modem/line/random.ts'

describe.each(languages)('the templates of %s', language => {
  it('have every digit of every voice, each nearest to itself', () => {
    for (const { words } of templatesOf(language)) {
      expect([...words.keys()]).toEqual(digitWords(language))
      const tracks = [...words.values()].map(trackOf)
      for (const [at, track] of tracks.entries()) {
        const distances = tracks.map(each => distance(track, each))
        expect(distances[at]).toBe(0)
        expect(Math.min(...distances.filter((_, other) => other !== at))).toBeGreaterThan(0.2)
      }
    }
  })
})

describe('what is no word', () => {
  const heardIn = (sample: (n: number) => number) => {
    const sounds = Array.from({ length: 10 }, () => Float32Array.from({ length: 6000 }, (_, n) => sample(n)))
    return openEar(templatesOf('en')).read(sounds)
  }

  it('is not understood: silence and a tone', () => {
    expect(heardIn(() => 0)).toEqual(Array(10).fill(undefined))
    expect(heardIn(n => 0.2 * Math.sin((2 * Math.PI * 440 * n) / 8000))).toEqual(Array(10).fill(undefined))
  })

  it('is seldom understood: noise, in which a few frames may stand out', () => {
    const random = seeded(3)
    const words = heardIn(() => 0.1 * random.gauss()).filter(word => word !== undefined)
    expect(words.length).toBeLessThanOrEqual(2)
  })
})

describe('the line', () => {
  const said = Float32Array.from({ length: 4000 }, (_, n) => 0.1 * Math.sin((2 * Math.PI * 440 * n) / 8000))

  it('is the same by the same seed, and another by another', () => {
    expect(overTheLine(said, seeded(1))).toEqual(overTheLine(said, seeded(1)))
    expect(overTheLine(said, seeded(1))).not.toEqual(overTheLine(said, seeded(2)))
  })
})

it.each([
  [13, 10, true],
  [13.1, 10, false],
  [1, 0, true],
])('%s %% where the reference has %s: %s', (ours, theirs, met) => {
  const errors = (percent: number) => ({ told: 1000, mistaken: 10 * percent, percent, confusions: new Map() })
  expect(meetsGoal(errors(ours), errors(theirs))).toBe(met)
})
