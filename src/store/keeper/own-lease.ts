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
  if (!('folder' in at)) return undefined
  const [, place, epoch, holder] = /^(.+) (\d+) ([0-9a-f]{32})\n$/.exec(textOf(noteIn(at.folder)) ?? '') ?? []
  if (epoch === undefined || holder === undefined || place !== placeOf(at.folder)) return undefined
  return { epoch: BigInt(epoch), holder }
}

/** Before anything is answered under it. */
export function noteTaken(at: OpenStore['at'], { epoch, holder }: OwnLease): void {
  if (!('folder' in at)) return
  const place = placeOf(at.folder)
  if (place) replaceFile(noteIn(at.folder), `${place} ${epoch} ${holder}\n`)
}

/** This boot of this machine, and this folder there. */
function placeOf(folder: string): string | undefined {
  const boot = textOf(bootFile)?.trim()
  const { dev, ino } = statSync(folder, { bigint: true })
  return boot && `${boot} ${dev}:${ino}`
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
