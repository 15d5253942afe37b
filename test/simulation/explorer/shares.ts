/** Splits the exploration among processes. */
import { inProcesses } from '../../support/processes.ts'
import { type Discovery, inOtherLanguage, type Plan } from './explore.ts'
import { type LineName, lineNames } from './line-name.ts'
import { type Path, printPath } from './path.ts'
import { type Exploration, Tally } from './tally.ts'
import type { Work } from './worker.ts'

export type Explored = Readonly<Record<LineName, Exploration>>

/** In the order of the works. */
export function explorations(works: readonly Work[]): Promise<Exploration[]> {
  return inProcesses<Work, Exploration>('test/simulation/explorer/worker.ts', works)
}

/** The work of walking along these paths. */
export function along(paths: readonly Path[]): { readonly work: 'walk'; readonly plans: readonly Plan[] } {
  return { work: 'walk', plans: paths.map(path => ({ kind: 'answers', key: printPath(path), path })) }
}

/** So many that one that takes longer than the others keeps nobody waiting for long. */
const sharesEach = 4

/** Everything about all lines. */
export async function exploreAll(): Promise<Explored> {
  const tallies = new Map(lineNames.map(line => [line, new Tally()]))
  const doAll = async (works: readonly Work[]) => {
    const results = await explorations(works)
    for (const [index, { line }] of works.entries()) tallies.get(line)?.add(results[index] as Exploration)
    return results
  }

  const discoveries = (await doAll(lineNames.map(line => ({ line, work: 'discover' })))) as Discovery[]
  const shares = Array.from({ length: sharesEach }, (_, part) => ({ part, of: sharesEach }))
  await doAll(
    discoveries.flatMap(({ visits }, index) =>
      shares.map((share): Work => ({ line: lineNames[index] as LineName, work: 'walk on', visits, share })),
    ),
  )
  // Whatever was only said in English until now, on the path on which it was.
  await doAll(
    [...tallies].map(([line, tally]) => ({
      ...{ line, work: 'walk' },
      plans: tally.saidInOneLanguage().flatMap(([key, path]) => inOtherLanguage({ kind: 'answers', key, path })),
    })),
  )
  return Object.fromEntries([...tallies].map(([line, tally]) => [line, tally.result()])) as Explored
}
