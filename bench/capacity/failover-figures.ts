/** What `npm run failovers -- --card` keeps of each kind, and how the card says it. */
import { median } from '../ledger/turns.ts'

/** How long nobody was answered, each time, by kind; and how much was answered in all. */
export interface FailedOvers {
  readonly msByKind: ReadonlyMap<string, readonly number[]>
  readonly answered: number
  /** Lost something, did something twice, or took longer than is promised. */
  readonly failed: number
}

export function failoverValues({ msByKind, answered, failed }: FailedOvers): Record<string, number> {
  const values: [string, number][] = [...msByKind].flatMap(([kind, ms]): [string, number][] => [
    [`${nameOf(kind)}Times`, ms.length],
    [`${nameOf(kind)}MsMedian`, Math.round(median([...ms]))],
    [`${nameOf(kind)}MsMost`, Math.max(...ms)],
  ])
  return Object.fromEntries([...values, ['answered', answered], ['failed', failed]])
}

/** `writer killed` is `writerKilled` in the file of what was measured. */
export function nameOf(kind: string): string {
  return kind.toLowerCase().replace(/\W+(\w)/g, (_, first: string) => first.toUpperCase())
}
