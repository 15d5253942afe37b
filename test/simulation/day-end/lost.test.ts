/** A payee whose books went back to before a night takes its files from the bank; either dies at every step of that: the books end the same. */
import { beforeAll, describe, expect, test } from 'vitest'
import { deathsAmong, isOfStore } from './deaths.ts'
import { difference } from './difference.ts'
import { type Night, playNight, type Which } from './story.ts'

let quiet: Night

beforeAll(async () => {
  quiet = await playNight({ lost: true })
})

test('without a death nothing is wrong, and the file is the one that the bank had', () => {
  expect(quiet.faults.filter(fault => !isOfGoingBack(fault))).toEqual([])
  expect(quiet.rows.filter(row => row.startsWith('day_end_file') && row.includes(' held=2'))).toHaveLength(2)
  expect(quiet.rows.filter(row => row.startsWith('day_end_line') && !row.includes('journal_row=null'))).not.toEqual([])
})

describe.each<Which>(['bank', 'merchant'])('the %s dies', which => {
  test('at every step of it', { timeout: 600_000 }, async () => {
    const first = quiet.passed[which].findIndex(point => point === 'day-end.recalled' || point === 'day-end.held-told')
    expect(first).toBeGreaterThan(0)
    for (const { after, point } of deathsAmong(quiet.passed[which], first)) {
      if (!isOfStore(point) && !point.startsWith('day-end')) continue
      const night = await playNight({ lost: true, dies: { which, after } })
      const where = `${which} at ${after}, ${point}`
      expect(
        night.faults.filter(fault => !isOfGoingBack(fault)),
        where,
      ).toEqual([])
      expect({ where, differ: difference(night.rows, quiet.rows) }).toEqual({ where, differ: [] })
    }
  })
})

function isOfGoingBack(fault: string): boolean {
  return /alarm (books-went-back|peer-recovered)/.test(fault)
}
