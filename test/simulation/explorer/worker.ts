/** A process of the explorer: does shares of the work, in the tree or in copies of `ivr/` with a fault in them. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { answerEach } from '../../support/processes.ts'
import { type ExploreOptions, explore } from './explore.ts'
import type { LineName } from './line-name.ts'
import { onLine } from './lines.ts'
import { readPath } from './path.ts'
import type { Line } from './place.ts'
import { run } from './run.ts'
import type { SpokenTo } from './spec.ts'
import { type Exploration, Tally } from './tally.ts'

export interface Work extends ExploreOptions {
  readonly line: LineName
  /** The folder of the scripts; `ivr` when left out. */
  readonly scripts?: string
  /** Only these paths, as they are printed, instead of exploring. */
  readonly along?: readonly string[]
}

async function exploreLine({ line, scripts = 'ivr', ...work }: Work): Promise<Exploration> {
  const module = await import(pathToFileURL(join(scripts, line, `${line}-line.ts`)).href)
  return onLine(line, calls => go(calls, work), module[`${line}Line`])
}

async function go<I extends object, Mind extends SpokenTo>(
  line: Line<I, Mind>,
  { along, ...options }: Omit<Work, 'line' | 'scripts'>,
): Promise<Exploration> {
  if (along === undefined) return explore(line, options)
  const tally = new Tally()
  for (const path of along) tally.note('answers', path, await run(line, readPath(path)))
  return tally.result()
}

answerEach(exploreLine)
