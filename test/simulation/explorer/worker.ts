/** A process of the explorer: does shares of the work, in the tree or in copies of `ivr/` with a fault in them. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { answerEach } from '../../support/processes.ts'
import { type BankScript, bankCalls } from './bank-calls.ts'
import { type ExploreOptions, explore } from './explore.ts'
import { type HostScript, hostCalls } from './host-calls.ts'
import { type InformationScript, informationCalls } from './information-calls.ts'
import type { LineName } from './line-name.ts'
import { type MerchantScript, merchantCalls } from './merchant-calls.ts'
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
  if (line === 'bank') return go(bankCalls(await scriptIn<BankScript>(scripts, line)), work)
  if (line === 'information') return go(informationCalls(await scriptIn<InformationScript>(scripts, line)), work)
  if (line === 'host') return go(hostCalls(await scriptIn<HostScript>(scripts, line)), work)
  return go(merchantCalls(await scriptIn<MerchantScript>(scripts, line)), work)
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

async function scriptIn<S>(folder: string, line: LineName): Promise<S> {
  const module = await import(pathToFileURL(join(folder, line, `${line}-line.ts`)).href)
  return module[`${line}Line`]
}

answerEach(exploreLine)
