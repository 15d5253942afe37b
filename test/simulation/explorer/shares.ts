/** Splits the exploration among processes. */
import { inProcesses as answers } from '../../support/processes.ts'
import type { LineName } from './line-name.ts'
import { type Exploration, Tally } from './tally.ts'
import type { Work } from './worker.ts'

export type Explored = Readonly<Record<LineName, Exploration>>

/** In the order of the works. */
export function inProcesses(works: readonly Work[]): Promise<Exploration[]> {
  return answers<Work, Exploration>('test/simulation/explorer/worker.ts', works)
}

/** Everything about all lines. */
export async function exploreAll(): Promise<Explored> {
  const parts = 2
  const shares = Array.from({ length: parts }, (_, part) => ({ part, of: parts }))
  const [merchant, information, host, ...bank] = await inProcesses([
    { line: 'merchant' },
    { line: 'information' },
    { line: 'host' },
    ...shares.map((share): Work => ({ line: 'bank', share })),
  ])
  const sum = new Tally()
  for (const share of bank) sum.add(share)
  if (!merchant || !information || !host) throw new Error('a line was not explored')
  return { bank: sum.result(), merchant, information, host }
}
