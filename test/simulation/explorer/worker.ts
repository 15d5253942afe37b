/** A process of the explorer: does shares of the work, in the tree or in copies of `ivr/` with a fault in them. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BankScript, bankCalls } from './bank-calls.ts'
import { type ExploreOptions, explore } from './explore.ts'
import { type MerchantScript, merchantCalls } from './merchant-calls.ts'

export type LineName = 'bank' | 'merchant'

export interface Work extends ExploreOptions {
  readonly line: LineName
  /** The folder of the scripts; `ivr` when left out. */
  readonly scripts?: string
}

async function exploreLine({ line, scripts = 'ivr', ...options }: Work) {
  if (line === 'bank') return explore(bankCalls(await scriptIn<BankScript>(scripts, line)), options)
  return explore(merchantCalls(await scriptIn<MerchantScript>(scripts, line)), options)
}

async function scriptIn<S>(folder: string, line: LineName): Promise<S> {
  const module = await import(pathToFileURL(join(folder, line, `${line}-line.ts`)).href)
  return module[`${line}Line`]
}

process.on('message', (work: Work) => {
  exploreLine(work).then(
    exploration => process.send?.({ exploration }),
    failure => process.send?.({ failure: explain(failure) }),
  )
})

function explain(failure: unknown): string {
  if (!(failure instanceof Error)) return String(failure)
  return failure.cause ? `${failure.stack}\nbecause ${explain(failure.cause)}` : String(failure.stack)
}
