/**
 * A payee's books, or a host's of three, are put back to a point of the night that they had passed: what was lost comes again from the
 * bank, or is made again as it was. No letter is refused, and the next night is as any.
 */
import { expect, test } from 'vitest'
import { playNight } from './story.ts'

test.each([
  // Its own points, each a row apart, so that its file is begun with some of its sections, and some of their lines, as well.
  { who: 'a host', hosted: true, slowly: true },
  { who: 'a payee', hosted: false, slowly: false },
])('$who goes back to any point of its day end', { timeout: 600_000 }, async ({ hosted, slowly }) => {
  const none = await playNight({ hosted, lost: { slowly } })
  const files = none.rows.filter(row => row.startsWith('day_end_file ')).length
  const points = [...none.lostPoints.entries()].filter(([, point]) => /^day-end/.test(point))
  if (hosted) expect(points.filter(([, point]) => point === 'day-end.gathered')).toHaveLength(3)
  for (const [to, point] of points) {
    const night = await playNight({ hosted, lost: { to, slowly }, nights: 1 })
    const where = `${to}, ${point}`
    const wrong = night.faults.filter(fault => !/alarm (books-went-back|peer-recovered)/.test(fault))
    const states = night.rows.flatMap(row => (row.startsWith('day_end_file ') ? / state=(\S+)/.exec(row)?.[1] : []))
    expect({ where, wrong, states }).toEqual({
      ...{ where, wrong: [] },
      states: Array(files + (hosted ? 3 : 1)).fill('reconciled'),
    })
  }
})
