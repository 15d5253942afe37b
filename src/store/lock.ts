/**
 * One process owns a folder. The lock is SQLite's own EXCLUSIVE file lock on a second, empty database (fcntl on POSIX,
 * LockFileEx on Windows), so it needs no native add-on and the operating system drops it with the process, SIGKILL included.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Database } from './driver.ts'
import { openUsable } from './unusable.ts'

export interface FolderLock {
  release(): void
}

export class FolderInUse extends Error {
  constructor(folder: string, owner: string) {
    super(`${folder} belongs to a running process (${owner}): stop it first, or give its commands to it`)
    this.name = 'FolderInUse'
  }
}

/** Throws `FolderInUse` when another process, or another store of this one, has the folder. */
export function lockFolder(folder: string): FolderLock {
  const ownerFile = join(folder, 'owner')
  const lockFile = join(folder, 'owner.lock')
  const database = openUsable(lockFile, () => new Database(lockFile, { timeout: 0 }))
  try {
    // The lock must be held for the connection's life, and a journal would be a second file for nothing.
    database.pragma('journal_mode = MEMORY')
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY'))
      throw new FolderInUse(folder, ownerIn(ownerFile))
    return openUsable(lockFile, () => {
      throw error
    })
  }
  // Only told to people; the lock itself is never read from here, so a stale file does no harm.
  writeFileSync(ownerFile, `pid ${process.pid}\n`)
  return { release: () => void database.close() }
}

function ownerIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return 'pid unknown'
  }
}
