/**
 * A host's night: a crash at every step of it at either end, its letters lost, repeated, late and in pieces, and its books put back to
 * before it. The end is that of a quiet night, row for row.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { byNight } from '../../support/night.ts'
import { isOfStore } from './deaths.ts'
import { difference } from './difference.ts'
import { type Mishap, type Night, playNight, type Which } from './story.ts'

const play = (mishap: Mishap) => playNight({ ...mishap, hosted: true })
const isOfGoingBack = (fault: string) => /alarm (books-went-back|peer-recovered)/.test(fault)
const wrongIn = ({ faults }: Night) => faults.filter(fault => !isOfGoingBack(fault))

/**
 * From the first step of the day end on. Where it is one, whoever dies at each step dies in every state of its books: a commit is done
 * or undone, which is tried of a shop's night and of its bank's in `crashes.test.ts`, as is what comes before, the closing of dates.
 */
function mostCommitsBetween(points: readonly string[]): number {
  const counts = [0]
  for (const point of points.slice(points.findIndex(each => !isOfStore(each)))) {
    if (!isOfStore(point)) counts.push(0)
    else if (point === 'store.committed') counts.push((counts.pop() ?? 0) + 1)
  }
  return Math.max(...counts)
}

describe('a night', () => {
  let quiet: Night
  beforeAll(async () => {
    quiet = await play({})
  })

  test('without a mishap is one file, with a section for each payee', () => {
    expect(wrongIn(quiet)).toEqual([])
    expect(quiet.rows.filter(row => row.startsWith('host_file '))).toHaveLength(1)
    expect(quiet.rows.filter(row => row.startsWith('hosted_section '))).toHaveLength(3)
  })

  test.each<Which>(['bank', 'merchant'])(
    'in which the %s dies between any two steps',
    { timeout: 600_000 },
    async which => {
      const points = quiet.passed[which]
      expect(mostCommitsBetween(points)).toBe(1)
      const died = new Set<string>()
      for (const [after, point] of points.entries()) {
        if (isOfStore(point)) continue
        const night = await play({ dies: { which, after } })
        died.add(night.diedAt ?? '')
        const where = `${which} at ${after}, ${point}`
        expect(wrongIn(night), where).toEqual([])
        expect({ where, differ: difference(night.rows, quiet.rows) }).toEqual({ where, differ: [] })
      }
      expect([...new Set(points)].filter(point => point.startsWith('day-end') && !died.has(point))).toEqual([])
    },
  )
})

describe('a night after which its host’s books go back to before it', () => {
  let quiet: Night
  beforeAll(async () => {
    quiet = await play({ lost: true })
  })

  test('leaves the files that the bank had', () => {
    expect(wrongIn(quiet)).toEqual([])
    expect(quiet.rows.filter(row => row.startsWith('host_file ') && row.includes(' held=2'))).toHaveLength(1)
  })

  test.each<Which>(['bank', 'merchant'])(
    'and the %s dies at any step of taking them',
    { timeout: 600_000 },
    async which => {
      const points = quiet.passed[which]
      const first = points.findIndex(point => /recalled|held-told/.test(point))
      expect(first).toBeGreaterThan(0)
      for (const [after, point] of points.entries()) {
        if (after < first || !point.startsWith('day-end')) continue
        const night = await play({ lost: true, dies: { which, after } })
        const where = `${which} at ${after}, ${point}`
        expect(wrongIn(night), where).toEqual([])
        expect({ where, differ: difference(night.rows, quiet.rows) }).toEqual({ where, differ: [] })
      }
    },
  )
})

describe('a night whose file comes in pieces', () => {
  const payments = 500
  let fair: Night
  beforeAll(async () => {
    fair = await play({ payments })
  })

  test('in fair weather', () => {
    expect(wrongIn(fair)).toEqual([])
    expect(fair.rows.filter(row => row.startsWith('payee_file_part')).length).toBeGreaterThan(3)
  })

  test.each(byNight([1, 2, 3, 4], [1, 2]))('in storm %i', async seed => {
    const night = await play({ payments, weather: storm(seed), replays: true })
    expect(wrongIn(night)).toEqual([])
    expect(difference(night.rows, fair.rows)).toEqual([])
  })
})

/** Draws what befalls each delivery, the same for the same seed. */
function storm(seed: number) {
  let state = seed
  return {
    next: () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      const draw = (state >>> 16) % 5
      if (draw === 3) return { lateMs: (state >>> 8) % 4_000 }
      return [{ lost: 'there' as const }, { lost: 'back' as const }, { repeated: true }][draw] ?? {}
    },
  }
}
