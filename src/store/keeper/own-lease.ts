/**
 * Which lease a process of this folder took last. Whoever has the folder's lock while the machine has not been started anew knows that that
 * process is gone, and need not wait until its lease is over. A copy of the folder that is taken for the original takes the lease from whom it
 * serves, who is fenced by its epoch as by any other taker: what was answered stays, and nothing is kept twice.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenStore } from '../open.ts'
import { replaceFile } from '../replace-file.ts'

/** Of a machine that was never started anew; undefined on systems that do not tell it. */
const bootFile = '/proc/sys/kernel/random/boot_id'
const noteIn = (folder: string) => join(folder, 'last-lease')

/** The epoch of a lease whose holder is gone. For who has the folder's lock. */
export function endedEpoch(at: OpenStore['at']): bigint | undefined {
  const boot = thisBoot()
  if (!('folder' in at) || boot === undefined) return undefined
  const [, of, epoch] = /^(\S+) (\d+)\n$/.exec(textOf(noteIn(at.folder)) ?? '') ?? []
  return of === boot && epoch !== undefined ? BigInt(epoch) : undefined
}

/** Before anything is answered under it. */
export function noteTaken(at: OpenStore['at'], epoch: bigint): void {
  const boot = thisBoot()
  if ('folder' in at && boot !== undefined) replaceFile(noteIn(at.folder), `${boot} ${epoch}\n`)
}

function thisBoot(): string | undefined {
  return textOf(bootFile)?.trim()
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
