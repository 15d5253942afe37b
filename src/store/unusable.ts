/** A database that cannot be opened for a reason outside this program: its folder, its disk, or what somebody did to it. */
import { Database } from './driver.ts'

export class DatabaseUnusable extends Error {
  constructor(file: string, reason: string) {
    super(`${file}: ${reason}`)
    this.name = 'DatabaseUnusable'
  }
}

const reasons: readonly (readonly [prefix: string, reason: string])[] = [
  ['SQLITE_CANTOPEN', 'it cannot be opened or made; check that its folder is there and may be written by this user'],
  ['SQLITE_READONLY', 'it cannot be written; check who owns it, and whether its disk is mounted read-only'],
  ['SQLITE_FULL', 'the disk is full; make room and start again, nothing is lost'],
  ['SQLITE_IOERR', 'the disk failed to read or write it; look at the system’s log before you start again'],
  ['SQLITE_NOTADB', 'it is no database; put it back from a backup'],
  ['SQLITE_CORRUPT', 'it is damaged; put it back from a backup'],
]

/** Opens it by `open`. @throws DatabaseUnusable where the reason is outside this program */
export function openUsable<T>(file: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
    const { code } = error
    const reason = reasons.find(([prefix]) => code.startsWith(prefix))?.[1]
    throw reason === undefined ? error : new DatabaseUnusable(file, reason)
  }
}
