/** The log before a checkpoint goes, a little at a time. */
import type { Sqlite } from '../connection.ts'

/** A record of 64 sales is 200 kB, and its pages are overwritten with zeros. */
const recordsAtOnce = 16n

/** Deletes some of the records up to this one, and never the last: the next one names its hash. Returns how many went. */
export type LetGo = (upTo: bigint) => bigint

export function lettingGo(database: Sqlite): LetGo {
  const some = database.prepare(
    `DELETE FROM change_log WHERE sequence <= ? AND sequence < (SELECT max(sequence) FROM change_log)
       AND sequence < (SELECT min(sequence) FROM change_log) + ?`,
  )
  return upTo => BigInt(some.run(upTo, recordsAtOnce).changes)
}
