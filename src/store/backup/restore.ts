/** Makes an institution's books again from a backup: the last checkpoint that is whole, then every record after it. */
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { checkpointFolder, checkpointsIn, copyCheckpoint, isWhole } from '../change-log/checkpoint.ts'
import type { Checkpoint } from '../change-log/checkpoint-facts.ts'
import type { LogHead } from '../change-log/head.ts'
import { Replay } from '../change-log/replay.ts'
import { databaseIn } from '../connection.ts'
import { Database } from '../driver.ts'
import { moveWhole } from '../replace-file.ts'
import { BackupFolder } from './backup-folder.ts'
import { BackupDamaged, recordsIn } from './log-file.ts'

export type Restoring =
  | { readonly outcome: 'restored'; readonly head: LogHead; readonly records: bigint }
  /** There are books already; nothing was touched. */
  | { readonly outcome: 'books-there' }
  | { readonly outcome: 'no-backup' }

/**
 * `to`: the institution's folder, which may hold its keys but no books. The books appear there whole or not at all.
 * @throws BackupDamaged, ReplayFault
 */
export function restoreBooks(backup: string, to: string): Restoring {
  const folder = new BackupFolder(backup)
  const base = checkpointsIn(folder.checkpoints).findLast(isWhole)
  if (base === undefined) return { outcome: 'no-backup' }
  mkdirSync(to, { recursive: true, mode: 0o700 })
  // A write-ahead log that was left behind would be played into the restored books.
  const parts = ['', '-wal', '-shm', '-journal'].map(part => `${databaseIn(to)}${part}`)
  if (parts.some(part => existsSync(part))) return { outcome: 'books-there' }
  const making = `${databaseIn(to)}.restoring`
  for (const left of ['', '-journal']) rmSync(`${making}${left}`, { force: true })
  copyFileSync(base.file, making)
  const restored = replayInto(making, folder, base)
  // Where the log begins: an audit starts from it, as the books hold no log before it.
  copyCheckpoint(base, checkpointFolder(to))
  moveWhole(making, databaseIn(to))
  return { outcome: 'restored', ...restored }
}

function replayInto(file: string, folder: BackupFolder, base: Checkpoint): { head: LogHead; records: bigint } {
  const database = new Database(file).defaultSafeIntegers(true)
  let records = 0n
  try {
    const replay = new Replay(database)
    // Checkpoints follow each other without a gap: the log after the older one ends where the newer one begins.
    for (const checkpoint of checkpointsIn(folder.checkpoints).filter(
      each => each.head.sequence >= base.head.sequence,
    )) {
      const file = folder.logAfter(checkpoint)
      if (!existsSync(file)) continue
      for (const record of recordsIn(file)) {
        if (record.sequence <= replay.head.sequence) continue
        replay.run(record)
        records++
      }
    }
    replay.settle()
    const shipped = folder.shipped()
    if (replay.head.sequence < shipped.sequence)
      throw new BackupDamaged(`it reaches to record ${replay.head.sequence}, and said ${shipped.sequence}`)
    return { head: replay.head, records }
  } finally {
    database.close()
  }
}
