/** Where somebody dies in a night, among the points that were passed in it when nobody did. */
import { byNight } from '../../support/night.ts'

interface Death {
  /** So many points are passed before it. */
  readonly after: number
  readonly point: string
}

export const isOfStore = (point: string) => point.startsWith('store.')

/**
 * At each named step from the `first` on, and at the commits between them: a commit is undone or done, its other points are between the
 * same two. By night each is died at before and after; by day they take turns.
 */
export function deathsAmong(points: readonly string[], first = 0): readonly Death[] {
  let commits = 0
  return [...points.entries()].flatMap(([after, point]) => {
    if (point === 'store.committed') commits++
    if (after < first) return []
    const isDone = commits % 2 === 0
    const isTried = isOfStore(point)
      ? byNight(
          ['store.before-commit', 'store.committed'],
          [isDone ? 'store.committed' : 'store.before-commit'],
        ).includes(point)
      : true
    return isTried ? [{ after, point }] : []
  })
}
