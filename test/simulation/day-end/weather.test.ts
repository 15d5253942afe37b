/** A night's letters lost, repeated, late, out of order and in pieces: the books end as after fair weather, row for row. */
import { beforeAll, expect, test } from 'vitest'
import { byNight } from '../../support/night.ts'
import { difference } from './difference.ts'
import { type Night, playNight } from './story.ts'

/** The file comes in three pieces, and its bundles hold several letters each. */
const payments = 1_500
let fair: Night

beforeAll(async () => {
  fair = await playNight({ payments })
})

test('in fair weather the file comes in pieces, and nothing is wrong', () => {
  expect(fair.faults).toEqual([])
  expect(fair.rows.filter(row => row.startsWith('payee_file_part')).length).toBeGreaterThan(2)
})

/** Draws what befalls each delivery, the same for the same seed. */
function storm(seed: number) {
  let state = seed
  return {
    next: () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      switch ((state >>> 16) % 5) {
        case 0:
          return { lost: 'there' as const }
        case 1:
          return { lost: 'back' as const }
        case 2:
          return { repeated: true }
        case 3:
          return { lateMs: (state >>> 8) % 4_000 }
        default:
          return {}
      }
    },
  }
}

test.each(byNight([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4]))('in storm %i the end is the same', async seed => {
  const night = await playNight({ payments, weather: storm(seed), replays: true })
  expect(night.faults).toEqual([])
  expect(difference(night.rows, fair.rows)).toEqual([])
})
