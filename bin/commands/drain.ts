/** `tonebank drain`: an institution, or all of them, takes no new calls, and ends once those in progress have. */
import { dirname } from 'node:path'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import {
  fileOf,
  folderOf,
  institutionOf,
  readInstallation,
  type Where,
} from '../../src/operations/installation/file.ts'
import { askOwner, NoOwner } from '../../src/operations/owner/ask.ts'
import { contract, startContract } from '../../src/operations/owner/contract.ts'
import type { Drained } from '../../src/operations/shown.ts'
import { systemRuntime } from '../../src/runtime.ts'

export interface DrainOptions extends Where {
  readonly all?: boolean
}

export async function drain(id: string | undefined, options: DrainOptions): Promise<void> {
  const file = fileOf(options)
  const installation = readInstallation(file)
  if ((id === undefined) === (options.all !== true)) throw new CannotDo('name one institution, or say --all')
  if (id === undefined) return drainOwner('everything', dirname(file), startContract.drain)
  return drainOwner(id, folderOf(installation, institutionOf(installation, id)), contract.drain)
}

async function drainOwner(
  what: string,
  folder: string,
  operation: typeof contract.drain | typeof startContract.drain,
): Promise<void> {
  const say = (line: string) => void process.stdout.write(`${what}: ${line}\n`)
  const heard = (message: unknown) => say(`${(message as { calls: number }).calls} calls in progress`)
  try {
    const asked = { kind: 'drain', operation, request: {}, talk: { began: () => {}, heard } }
    const { outcome, calls } = (await askOwner(folder, systemRuntime, asked)) as Drained
    say(outcome === 'ended' ? 'the last call has ended' : `the time is up, and ${calls} calls are cut off`)
  } catch (error) {
    if (!(error instanceof NoOwner)) throw error
    say('not running')
  }
}
