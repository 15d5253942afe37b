/** A crash at every step of the day end: the books end as after a quiet night, row for row. By night at both sides of each commit as well. */
import { beforeAll, describe, expect, test } from 'vitest'
import { deathsAmong } from './deaths.ts'
import { difference } from './difference.ts'
import { type Night, playNight, type Which } from './story.ts'

let quiet: Night

beforeAll(async () => {
  quiet = await playNight({})
})

test('a quiet night has no faults', () => expect(quiet.faults).toEqual([]))

describe.each<Which>(['bank', 'merchant'])('the %s dies', which => {
  test('at every point that it passes', { timeout: 600_000 }, async () => {
    const points = quiet.passed[which]
    const died = new Set<string>()
    for (const { after, point } of deathsAmong(points)) {
      const night = await playNight({ dies: { which, after } })
      died.add(night.diedAt ?? '')
      const where = `${which} at ${after}, ${point}`
      expect(night.faults, where).toEqual([])
      expect({ where, differ: difference(night.rows, quiet.rows) }).toEqual({ where, differ: [] })
    }
    expect([...new Set(points)].filter(point => point.startsWith('day-end') && !died.has(point))).toEqual([])
  })
})
