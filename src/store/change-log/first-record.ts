/**
 * What the first record of a log makes of nothing. It is the whole schema, two thirds of the time in which small books are made
 * again, and the same for all institutions of a kind: it is kept by the record's hash, so that whoever proves many books runs it once.
 */
import { sameBytes, toHex } from '../../bytes.ts'
import { openMemory, type Sqlite, serialize } from '../connection.ts'
import { type ChainedRecord, sha256 } from './record.ts'
import { Replay, ReplayFault } from './replay.ts'

/** Kinds of institutions, and what a few versions of the program have begun with. */
const mostKept = 8

/** Databases by the hashes of the records that made them, those asked for last at the end. */
const kept = new Map<string, Uint8Array>()

/** Undefined: it is gone, or cannot be run, which whoever runs the log is told. */
export function madeByFirst(found: Sqlite): Uint8Array | undefined {
  const first = found
    .prepare<[], ChainedRecord>('SELECT sequence, hash, record FROM main.change_log WHERE sequence = 1')
    .get()
  // Where the log says another hash than its bytes have, it is not that record.
  if (first === undefined || !sameBytes(sha256(first.record), first.hash)) return undefined
  const name = toHex(first.hash)
  const made = kept.get(name) ?? run(first)
  if (made === undefined) return undefined
  kept.delete(name)
  kept.set(name, made)
  const [oldest] = kept.keys()
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
  return made
}

function run(first: ChainedRecord): Uint8Array | undefined {
  const database = openMemory()
  try {
    const replay = new Replay(database)
    replay.run(first)
    replay.settle()
    return serialize(database)
  } catch (error) {
    if (error instanceof ReplayFault) return undefined
    throw error
  } finally {
    database.close()
  }
}
