/** What a machine begins with: its own books, or the last checkpoint that is kept, or, by an explicit word alone, nothing. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkpointFolder } from '../change-log/checkpoint.ts'
import { schemaOf } from '../change-log/rows.ts'
import { databaseIn, openFileReadOnly } from '../connection.ts'
import { makeFolder } from '../make-folder.ts'
import { ownTableNames } from '../migrations.ts'
import { keptMark, type OpenStore } from '../open.ts'
import { replaceWithCopy } from '../replace-file.ts'
import { BooksDiffer } from './following.ts'
import type { KeptCheckpoints, Vouching } from './kept-checkpoints.ts'
import type { KeptLog } from './kept-log.ts'

const parts = ['-wal', '-shm', '-journal']

/** A file by which a person says that new books begin here. */
export function beginMark(folder: string): string {
  return join(folder, 'begin-new-books')
}

/** That person's word, by a command whose purpose it is. */
export function beginNewBooks(folder: string): void {
  makeFolder(folder)
  writeFileSync(beginMark(folder), '')
}

/** A file by which a person says that the books here go to a PostgreSQL that keeps none of them, though one has kept them before. */
export function handOverMark(folder: string): string {
  return join(folder, 'hand-books-over')
}

interface Kept {
  readonly institution: string
  readonly log: KeptLog
  readonly checkpoints: KeptCheckpoints
  readonly vouching: Vouching
  /** Told before what may take minutes. */
  readonly preparing: (what: string) => void
}

/**
 * Fetches what is kept where there are no books yet. Says why there is nothing to begin with: a second machine that was started before the
 * first one had handed its books over would begin others, and the first could never be served again. Memory that is empty is meant to be.
 * @throws BooksDiffer, KeptCheckpointDamaged, KeptCheckpointDoubtful, Refused, Unanswered
 */
export async function missingToBegin(at: OpenStore['at'], kept: Kept): Promise<string | undefined> {
  if (!('folder' in at)) return undefined
  if (holdsBooks(at.folder)) return missingToHandOver(at.folder, kept)
  const file = databaseIn(at.folder)
  if (existsSync(file)) forgetEmpty(file)
  // SQLite would play what is left of a log into books that it is not of.
  const left = parts.map(end => file + end).filter(each => existsSync(each))
  if (left.length > 0) throw new BooksDiffer(`${left.join(' and ')} belong to books that are gone: move them away, too`)
  if ((await kept.log.head()) !== undefined) {
    await fetchLast(at.folder, kept)
    return undefined
  }
  if (existsSync(beginMark(at.folder))) return undefined
  return `PostgreSQL keeps no books of ${kept.institution}, and there are none here: start the machine that has them; or, if new ones are to begin here, make the file ${beginMark(at.folder)}`
}

/**
 * Books that were kept, and are not any more: another database is meant, or PostgreSQL was made anew. These may be those of a machine that
 * stood by and has not got the last of them.
 */
export async function missingToHandOver(
  folder: string,
  { institution, log }: Pick<Kept, 'institution' | 'log'>,
): Promise<string | undefined> {
  if (!existsSync(keptMark(folder)) || existsSync(handOverMark(folder))) return undefined
  if ((await log.head()) !== undefined) return undefined
  return `PostgreSQL keeps no books of ${institution}, and has kept those in ${folder} before: see that it is the right database; or, if it was made anew and no other machine has later ones, make the file ${handOverMark(folder)}`
}

/** False of what an opening left that ended before its first record: a replay makes the log's own tables before there is any. */
export function holdsBooks(folder: string): boolean {
  const file = databaseIn(folder)
  if (!existsSync(file)) return false
  const database = openFileReadOnly(file)
  try {
    return schemaOf(database).some(({ table }) => !ownTableNames.has(table))
  } finally {
    database.close()
  }
}

function forgetEmpty(file: string): void {
  for (const end of [...parts, '']) rmSync(file + end, { force: true })
}

/** From now on they are opened with their keeper alone. */
export function noteKept(at: OpenStore['at'], institution: string): void {
  if ('folder' in at && !existsSync(keptMark(at.folder))) writeFileSync(keptMark(at.folder), `${institution}\n`)
}

async function fetchLast(folder: string, { institution, checkpoints, vouching, preparing }: Kept): Promise<void> {
  const checkpoint = await checkpoints.fetch(checkpointFolder(folder), vouching.doubt, () =>
    preparing('it fetches its books'),
  )
  if (checkpoint === undefined) return
  replaceWithCopy(databaseIn(folder), checkpoint.file)
  noteKept({ folder }, institution)
}
