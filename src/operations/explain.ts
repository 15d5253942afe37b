/**
 * What the system refuses, as one sentence with the way out: a folder that may not be written, a full disk, a port that is
 * taken. Anything else is a fault of ours and has no sentence here.
 */
import { BooksDiffer } from '../store/keeper/following.ts'
import { KeptElsewhere } from '../store/open.ts'
import { NotKept, UnknownOutcome } from '../store/store.ts'
import { DatabaseUnusable } from '../store/unusable.ts'
import { CannotDo } from './cannot-do.ts'

const waysOut: Readonly<Record<string, string>> = {
  EACCES: 'this user may not use it; run the command as the user whose it is, or choose another',
  EPERM: 'this user may not use it; run the command as the user whose it is, or choose another',
  EROFS: 'it cannot be written, as its disk is mounted read-only; choose another',
  ENOSPC: 'the disk is full; make room and start again, nothing is lost',
  EDQUOT: 'the space of this user is used up; make room and start again, nothing is lost',
  EIO: 'the disk failed to read or write it; look at the system’s log before you start again',
  ENOENT: 'it is not there; check the name',
  ENOTDIR: 'a part of this path is a file and no folder; check the name',
  EISDIR: 'it is a folder and no file; check the name',
  EEXIST: 'it is there already; choose another name',
  ELOOP: 'its links lead in a circle; check the name',
  ENAMETOOLONG: 'the name is too long; choose a shorter one',
  EADDRINUSE: 'another program has this port; stop that program, or choose another port',
  EADDRNOTAVAIL: 'this machine does not have this address; check the configuration',
  EMFILE: 'this process may not open more files; raise the limit (ulimit -n) and start again',
}

/** Undefined for what is a fault of ours. */
export function explain(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof DatabaseUnusable || error instanceof BooksDiffer || error instanceof KeptElsewhere)
    return error.message
  if (error instanceof UnknownOutcome || error instanceof NotKept) return error.message
  if ('code' in error && error.code === 'SQLITE_FULL') return `the books: ${waysOut['ENOSPC']}`
  if (!('code' in error && 'syscall' in error)) return undefined
  const wayOut = waysOut[String(error.code)]
  return wayOut === undefined ? undefined : `${subjectOf(error)}: ${wayOut}`
}

/** Does `work`, and throws what the system refuses as a sentence about `what`. @throws CannotDo */
export function orExplain<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const sentence = explain(error)
    if (sentence === undefined) throw error
    throw new CannotDo(`${what}: ${sentence}`)
  }
}

function subjectOf(error: Error): string {
  if ('path' in error) return String(error.path)
  if ('address' in error && 'port' in error) return `${error.address}:${error.port}`
  return error.message
}
