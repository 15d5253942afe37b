/**
 * `tonebank drain`: an institution, or all of them, takes no new calls, and ends once those in progress have. One of several Asterisk
 * is given no new call, and stays.
 */
import { dirname } from 'node:path'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { AsteriskDrained } from '../../src/operations/drain-asterisk.ts'
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
  /** One of several, by its name. */
  readonly asterisk?: string
  /** It is given calls again. */
  readonly back?: boolean
}

export async function drain(id: string | undefined, options: DrainOptions): Promise<void> {
  const file = fileOf(options)
  const installation = readInstallation(file)
  const { asterisk, back = false } = options
  if (back && asterisk === undefined) throw new CannotDo('--back needs --asterisk')
  if (asterisk !== undefined) {
    if (id !== undefined || options.all) throw new CannotDo('--asterisk goes with neither an institution nor --all')
    return drainAsterisk(dirname(file), { asterisk, back })
  }
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

const saidOfAsterisk: Readonly<Record<AsteriskDrained['outcome'], string>> = {
  ended: 'the last call has ended',
  back: 'is given calls again',
  unwatched: 'is given no new calls; nobody asked any more when its last ends',
  unknown: 'there is none of this name',
  'no-other': 'no other takes new calls: drain the installation by --all',
}

async function drainAsterisk(
  folder: string,
  request: { readonly asterisk: string; readonly back: boolean },
): Promise<void> {
  const say = (line: string) => void process.stdout.write(`Asterisk ${request.asterisk}: ${line}\n`)
  const heard = (message: unknown) => say(`${(message as { calls: number }).calls} calls in progress`)
  try {
    const operation = startContract.drainAsterisk
    const asked = { kind: 'drainAsterisk', operation, request, talk: { began: () => {}, heard } }
    const { outcome } = (await askOwner(folder, systemRuntime, asked)) as AsteriskDrained
    say(saidOfAsterisk[outcome])
    if (outcome === 'unknown' || outcome === 'no-other') process.exitCode = 1
  } catch (error) {
    if (!(error instanceof NoOwner)) throw error
    say('not running')
  }
}
