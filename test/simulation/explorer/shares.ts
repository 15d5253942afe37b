/** Splits the exploration among processes. */
import { Processes } from '../../support/processes.ts'
import { type Depth, type Discovery, distinctVisits, inOtherLanguage, type Plan, type Share } from './explore.ts'
import { type LineName, lineNames } from './line-name.ts'
import { type Path, printPath } from './path.ts'
import { type Exploration, Tally } from './tally.ts'
import type { Work } from './worker.ts'

export type Explored = Readonly<Partial<Record<LineName, Exploration>>>

/** Whoever makes them ends them. */
export const explorers = () => new Processes('test/simulation/explorer/worker.ts')

/** In the order of the works. */
export function explorations(explorers: Processes, works: readonly Work[]): Promise<Exploration[]> {
  return explorers.answers<Work, Exploration>(works)
}

/** The work of walking along these paths. */
export function along(paths: readonly Path[]): { readonly work: 'walk'; readonly plans: readonly Plan[] } {
  return { work: 'walk', plans: paths.map(path => ({ kind: 'answers', key: printPath(path), path })) }
}

/** Two find the way in different scenarios, and each walks some ways of which the other knows that they lead nowhere. */
const discoveriesEach = 2
/** So many that one that takes longer than the others keeps nobody waiting for long. */
const walksEach = 4

/** Everything about these lines. */
export async function exploreAll(
  explorers: Processes,
  depth: Depth,
  lines: readonly LineName[] = lineNames,
): Promise<Explored> {
  const tallies = new Map(lines.map(line => [line, new Tally()]))
  const doAll = async (works: readonly Work[]) => {
    const results = await explorations(explorers, works)
    for (const [index, { line }] of works.entries()) tallies.get(line)?.add(results[index] as Exploration)
    return results
  }

  const discoveries = (await doAll(
    inShares(lines, discoveriesEach, (line, share) => ({ line, share, depth, work: 'discover' })),
  )) as Discovery[]
  const visits = new Map(
    lines.map((line, index) => [
      line,
      distinctVisits(discoveries.slice(index * discoveriesEach, (index + 1) * discoveriesEach)),
    ]),
  )
  await doAll(
    inShares(lines, walksEach, (line, share) => ({
      line,
      share,
      work: 'walk on',
      visits: visits.get(line) ?? [],
      depth,
    })),
  )
  // Whatever was only said in English until now, on the path on which it was.
  const inMandarin = new Map(
    [...tallies].map(([line, tally]) => [line, tally.saidInOneLanguage().flatMap(translated)] as const),
  )
  await doAll(
    inShares(lines, walksEach, (line, { part, of }) => ({
      ...{ line, work: 'walk' },
      plans: (inMandarin.get(line) ?? []).filter((_, number) => number % of === part),
    })),
  )
  return Object.fromEntries([...tallies].map(([line, tally]) => [line, tally.result()]))
}

const translated = (path: Path) => inOtherLanguage({ kind: 'answers', key: printPath(path), path })

function inShares(lines: readonly LineName[], of: number, work: (line: LineName, share: Share) => Work): Work[] {
  const shares = Array.from({ length: of }, (_, part) => ({ part, of }))
  return lines.flatMap(line => shares.map(share => work(line, share)))
}
