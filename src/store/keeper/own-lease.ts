/**
 * Which lease a process of this folder took last. Whoever has the folder's lock while the machine has not been started anew knows that that
 * process is gone, and need not wait until its lease is over. A lease is known by what its holder drew, as epochs begin anew where
 * PostgreSQL was made anew; and a folder by its place on the disk, as a copy of it has not got its lock.
 */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenStore } from '../open.ts'
import { replaceFile } from '../replace-file.ts'

export interface OwnLease {
  readonly epoch: bigint
  /** Drawn by who took it: 32 hexadecimal digits. */
  readonly holder: string
}

/** Of a machine that was not started anew; systems without it wait. */
const bootFile = '/proc/sys/kernel/random/boot_id'
const noteIn = (folder: string) => join(folder, 'last-lease')

/** The lease whose holder is gone. For who has the folder's lock. */
export function endedLease(at: OpenStore['at']): OwnLease | undefined {
  const place = placeOf(at)
  if (!('folder' in at) || place === undefined) return undefined
  const [, of, epoch, holder] = /^(.+) (\d+) ([0-9a-f]{32})\n$/.exec(textOf(noteIn(at.folder)) ?? '') ?? []
  return of === place && epoch !== undefined && holder !== undefined ? { epoch: BigInt(epoch), holder } : undefined
}

/** Before anything is answered under it. */
export function noteTaken(at: OpenStore['at'], { epoch, holder }: OwnLease): void {
  const place = placeOf(at)
  if ('folder' in at && place !== undefined) replaceFile(noteIn(at.folder), `${place} ${epoch} ${holder}\n`)
}

/** This boot of this machine, and this folder there. */
function placeOf(at: OpenStore['at']): string | undefined {
  const boot = textOf(bootFile)?.trim()
  if (!('folder' in at) || !boot) return undefined
  const { dev, ino } = statSync(at.folder, { bigint: true })
  return `${boot} ${dev}:${ino}`
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
