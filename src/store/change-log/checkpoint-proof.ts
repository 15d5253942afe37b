/**
 * Whether a snapshot is what its log makes of the checkpoint before it. Rows that were changed behind the log's back would
 * otherwise be signed with the rest, and whoever starts from that checkpoint would find nothing.
 */
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { sameBytes } from '../../bytes.ts'
import { Database } from '../driver.ts'
import { checkpointsIn, factsOf } from './checkpoint.ts'
import type { ChainedRecord } from './record.ts'
import { Replay } from './replay.ts'

/** Nothing is signed. */
export class CheckpointDiffers extends Error {
  constructor(tables: readonly string[]) {
    super(`the log makes something else of the last checkpoint than there is: ${tables.join(', ')}`)
    this.name = 'CheckpointDiffers'
  }
}

/** `snapshot`: a database with its log, which reaches back to the last checkpoint in `folder`. @throws CheckpointDiffers, ReplayFault */
export function proveSnapshot(snapshot: string, folder: string): void {
  const last = checkpointsIn(folder).at(-1)
  if (last === undefined) return
  const proving = join(folder, 'proving.db')
  copyFileSync(last.file, proving)
  const source = new Database(snapshot, { readonly: true }).defaultSafeIntegers(true)
  const made = new Database(proving).defaultSafeIntegers(true)
  try {
    made.pragma('synchronous = OFF')
    const replay = new Replay(made)
    const records = source
      .prepare<[bigint], ChainedRecord>(
        'SELECT sequence, hash, record FROM change_log WHERE sequence > ? ORDER BY sequence',
      )
      .iterate(last.head.sequence)
    for (const record of records) replay.run(record)
    replay.settle()
    const [is, shouldBe] = [factsOf(source), factsOf(made)]
    const known = new Map(shouldBe.tables.map(({ table, root }) => [table, root]))
    const differing = is.tables.filter(({ table, root }) => !sameBytes(known.get(table) ?? new Uint8Array(), root))
    const names = differing.map(({ table }) => table)
    if (!sameBytes(is.schema, shouldBe.schema)) names.push('the schema')
    if (names.length > 0) throw new CheckpointDiffers(names)
  } finally {
    source.close()
    made.close()
    for (const part of ['', '-journal', '-wal', '-shm']) rmSync(`${proving}${part}`, { force: true })
  }
}
