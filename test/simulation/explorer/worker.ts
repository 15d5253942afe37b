/** A process of the explorer: does works, in the tree or in copies of `ivr/` with a fault in them. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { answerEach } from '../../support/processes.ts'
import { type Depth, discover, type Plan, type Share, seekFinding, type Visit, walkOn } from './explore.ts'
import type { LineName } from './line-name.ts'
import { onLine } from './lines.ts'
import type { Line } from './place.ts'
import { run } from './run.ts'
import type { SpokenTo } from './spec.ts'
import { type Exploration, Tally } from './tally.ts'

export type Work = {
  readonly line: LineName
  /** The folder of the scripts; `ivr` when left out. */
  readonly scripts?: string
} & (
  | { readonly work: 'discover'; readonly share: Share; readonly depth: Depth }
  | { readonly work: 'walk on'; readonly visits: readonly Visit[]; readonly share: Share; readonly depth: Depth }
  | { readonly work: 'walk'; readonly plans: readonly Plan[] }
  | { readonly work: 'seek finding' }
)

async function exploreLine(work: Work): Promise<Exploration> {
  const { line, scripts = 'ivr' } = work
  const module = await import(pathToFileURL(join(scripts, line, `${line}-line.ts`)).href)
  return onLine(line, calls => go(calls, work), module[`${line}Line`])
}

async function go<I extends object, Mind extends SpokenTo>(line: Line<I, Mind>, work: Work): Promise<Exploration> {
  switch (work.work) {
    case 'discover':
      return discover(line, work)
    case 'walk on':
      return walkOn(line, work)
    case 'walk':
      return walk(line, work.plans)
    case 'seek finding':
      return seekFinding(line)
  }
}

async function walk<I extends object, Mind extends SpokenTo>(line: Line<I, Mind>, plans: readonly Plan[]) {
  const tally = new Tally()
  for (const { kind, key, path } of plans) {
    tally.declare(kind, key)
    tally.note(kind, key, await run(line, path))
  }
  return tally.result()
}

answerEach(exploreLine)
