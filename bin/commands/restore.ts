/** `tonebank restore`: an installation's books made again from what `tonebank backup` shipped. */

import { copyFileSync, existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { InstitutionId } from '../../src/ids.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { signCheckpoints } from '../../src/operations/checkpoints.ts'
import { fileOf, folderOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { BackupDamaged } from '../../src/store/backup/log-file.ts'
import { restoreBooks } from '../../src/store/backup/restore.ts'
import { ReplayFault } from '../../src/store/change-log/replay.ts'
import { lockFolder } from '../../src/store/lock.ts'
import { makeFolder } from '../../src/store/make-folder.ts'

export async function restore(from: string, where: Where): Promise<void> {
  const source = resolve(from)
  const file = fileOf(where)
  const shipped = join(source, 'tonebank.yaml')
  if (!existsSync(shipped)) throw new CannotDo(`${source} is no backup: there is no tonebank.yaml in it`)
  if (!existsSync(file)) {
    makeFolder(dirname(file))
    copyFileSync(shipped, file)
  }
  const installation = readInstallation(file)
  const failed: string[] = []
  for (const entry of installation.institutions) {
    try {
      await restoreOne(entry.id, join(source, entry.id), folderOf(installation, entry))
    } catch (error) {
      // The others are not to wait for this one.
      if (!(error instanceof CannotDo)) throw error
      failed.push(error.message)
    }
  }
  const named = new Set<string>(installation.institutions.map(({ id }) => id))
  for (const each of readdirSync(source))
    if (!named.has(each) && existsSync(join(source, each, 'shipped.json')))
      failed.push(`${file} does not name ${each}, whose books are in ${source}: they were not restored`)
  if (failed.length > 0) throw new CannotDo(failed.join('\n'))
}

async function restoreOne(id: InstitutionId, backup: string, folder: string): Promise<void> {
  makeFolder(folder)
  // Nobody may open the folder meanwhile and begin new books in it.
  const lock = lockFolder(folder)
  try {
    const restoring = restoreBooks(backup, folder)
    switch (restoring.outcome) {
      case 'restored':
        await signCheckpoints(id, folder)
        process.stdout.write(`${id}: restored to record ${restoring.head.sequence}\n`)
        return
      case 'books-there':
        throw new CannotDo(`${id} has books in ${folder}: move them away first, nothing is ever written over`)
      case 'no-backup':
        throw new CannotDo(`there is no backup of ${id} in ${backup}`)
    }
  } catch (error) {
    if (error instanceof BackupDamaged || error instanceof ReplayFault) throw new CannotDo(`${id}: ${error.message}`)
    throw error
  } finally {
    lock.release()
  }
}
