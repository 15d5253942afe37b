/**
 * Proves the tables by the log: they are made again from the last checkpoint, or from nothing, and compared with those that are
 * there, row by row. Whatever was changed past the log is named; what was changed together with it contradicts the
 * heads that others hold (`hashAt`).
 */

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from '../../bytes.ts'
import { databaseIn, openFileReadOnly, openMemory, type Sqlite } from '../connection.ts'
import { Database } from '../driver.ts'
import { checkpointDigest, checkpointFolder, checkpointsIn, factsOf } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint-facts.ts'
import { attached, type Difference, differences, schemaDifferences } from './difference.ts'
import { madeByFirst } from './first-record.ts'
import { type LogHead, noHead } from './head.ts'
import { sha256 } from './record.ts'
import { Replay, ReplayFault } from './replay.ts'
import { schemaHash } from './rows.ts'
import { lastIn } from './tables.ts'
import { Touched } from './touched.ts'

export type Divergence =
  | Difference
  /** The log itself is not whole from `sequence` on: what follows is proved by nothing. */
  | { readonly kind: 'log'; readonly sequence: bigint; readonly what: string }
  /** A checkpoint's snapshot is not what it says. */
  | { readonly kind: 'checkpoint'; readonly sequence: bigint; readonly what: string }

export interface Rebuilt {
  /** Nothing, when every table is what the log makes of it. */
  readonly divergences: readonly Divergence[]
  /** Where it began, for whoever checks the signatures. Undefined: with an empty database. */
  readonly from: Checkpoint | undefined
  /** The last record that was run. */
  readonly head: LogHead
  readonly records: bigint
  readonly writes: bigint
}

export interface RebuildOptions {
  /** Tables whose rows the log leaves out. */
  readonly transient?: ReadonlySet<string>
  /** Rows of a table that are named, after which its others are not looked at. */
  readonly most?: number
  /** Compares only rows that were written after this record, where the log and the checkpoints reach back to it. */
  readonly since?: LogHead | undefined
}

/** `folder`: an institution's, which may be at work. It takes a while and keeps its thread busy. */
export function rebuildAndCompare(
  source: { readonly folder: string } | { readonly snapshot: Uint8Array },
  { transient = new Set(), most = 20, since }: RebuildOptions = {},
): Rebuilt {
  const work = mkdtempSync(join(tmpdir(), 'tonebank-rebuild-'))
  const file = join(work, 'rebuilt.db')
  const found = 'folder' in source ? openFileReadOnly(databaseIn(source.folder)) : openMemory(source.snapshot)
  try {
    const checkpoints = 'folder' in source ? checkpointsIn(checkpointFolder(source.folder)) : []
    const last = lastIn(found) ?? noHead
    const reached = checkpoints.filter(({ head }) => head.sequence <= last.sequence)
    const early = since && reached.findLast(({ head }) => head.sequence <= since.sequence)
    const from = early ?? (since === undefined || reached.length === 0 ? reached.at(-1) : reached[0])
    const lost = checkpoints.filter(({ head }) => head.sequence > last.sequence)
    const right = beginFrom(from, file, from === undefined && since === undefined ? madeByFirst(found) : undefined)
    try {
      found.prepare(`ATTACH ? AS ${attached}`).run(file)
      // One transaction: the log and the tables are those of one moment.
      found.exec('BEGIN')
      const rebuilt = compared(right, found, from, { without: new Set(['change_log', ...transient]), most, since })
      return { ...rebuilt, divergences: [...lost.map(cutOff), ...rebuilt.divergences] }
    } finally {
      right.close()
    }
  } finally {
    found.close()
    rmSync(work, { recursive: true })
  }
}

interface Comparison {
  readonly without: ReadonlySet<string>
  readonly most: number
  readonly since: LogHead | undefined
}

function compared(
  right: Sqlite,
  found: Sqlite,
  from: Checkpoint | undefined,
  { without, most, since }: Comparison,
): Rebuilt {
  // A checkpoint that was taken later than what is gone on from was proved when it was signed, and is compared whole.
  const isWhole = since === undefined || (from !== undefined && from.head.sequence > since.sequence)
  const divergences: Divergence[] = [
    ...(from === undefined || !isWhole ? [] : checkpointFaults(right, from)),
    ...textFaults(found),
  ]
  // After the checkpoint was looked at: it gets the log's own tables where it has none.
  const replay = new Replay(right)
  let records = from === undefined ? replay.head.sequence : 0n
  let touched: Touched | undefined
  try {
    if (from !== undefined) assertFollows(found, from)
    if (!isWhole) runUpTo(since, replay, found)
    const schema = schemaHash(right)
    if (!isWhole) touched = new Touched(right, without)
    for (const record of recordsAfter(found, replay.head.sequence)) {
      replay.run(record)
      records++
    }
    replay.settle()
    // What a change of the schema made anew was not watched.
    if (touched === undefined || Buffer.compare(schema, schemaHash(right)) !== 0)
      divergences.push(...differences(right, found, without, most))
    else divergences.push(...schemaDifferences(right, found), ...touched.differences(found, most))
  } catch (error) {
    if (!(error instanceof ReplayFault)) throw error
    divergences.push({ kind: 'log', sequence: error.sequence, what: error.message })
  }
  return { divergences, from, head: replay.head, records, writes: replay.writes }
}

/** @throws ReplayFault when the record up to which all was proved is another one now. */
function runUpTo({ sequence, hash }: LogHead, replay: Replay, found: Sqlite): void {
  for (const record of recordsAfter(found, replay.head.sequence)) {
    if (record.sequence > sequence) break
    replay.run(record)
  }
  replay.settle()
  if (replay.head.sequence !== sequence || Buffer.compare(replay.head.hash, hash) !== 0)
    throw new ReplayFault(sequence, 'the record up to which it was proved is another one now, or gone')
}

function cutOff({ head: { sequence } }: Checkpoint): Divergence {
  return { kind: 'log', sequence, what: `a checkpoint was taken of record ${sequence}, and the log ends before it` }
}

/** `made`: where there is no checkpoint, the database as the first record makes it of nothing. */
function beginFrom(from: Checkpoint | undefined, file: string, made: Uint8Array | undefined): Sqlite {
  if (from !== undefined) copyFileSync(from.file, file)
  else if (made !== undefined) writeFileSync(file, made)
  const database = new Database(file).defaultSafeIntegers(true)
  // It is thrown away afterwards, so nothing of it need survive a crash.
  for (const setting of [
    'journal_mode = MEMORY',
    'synchronous = OFF',
    'trusted_schema = OFF',
    'recursive_triggers = ON',
  ])
    database.pragma(setting)
  return database
}

function* recordsAfter(found: Sqlite, after: bigint) {
  yield* found
    .prepare<[bigint], LogHead & { readonly record: Uint8Array }>(
      'SELECT sequence, hash, record FROM main.change_log WHERE sequence > ? ORDER BY sequence',
    )
    .iterate(after)
}

/** Where the log still has the checkpoint's own record, it is that one. @throws ReplayFault */
function assertFollows(found: Sqlite, { head }: Checkpoint): void {
  if (head.sequence === noHead.sequence) return
  const row = found
    .prepare<[bigint], { hash: Uint8Array }>('SELECT hash FROM main.change_log WHERE sequence = ?')
    .get(head.sequence)
  if (row !== undefined && Buffer.compare(row.hash, head.hash) !== 0)
    throw new ReplayFault(head.sequence, 'the checkpoint was taken of another')
}

function checkpointFaults(snapshot: Sqlite, checkpoint: Checkpoint): readonly Divergence[] {
  const facts = factsOf(snapshot)
  if (Buffer.compare(checkpointDigest(facts), checkpointDigest(checkpoint)) === 0) return []
  const tables = facts.tables.filter(({ table, root }) => {
    const said = checkpoint.tables.find(each => each.table === table)
    return said === undefined || Buffer.compare(said.root, root) !== 0
  })
  const where = tables.length > 0 ? tables.map(({ table }) => table).join(', ') : 'its schema or place'
  return [{ kind: 'checkpoint', sequence: checkpoint.head.sequence, what: `it is not what was signed: ${where}` }]
}

/** Each text that is there has its own id. */
function* textFaults(found: Sqlite): Generator<Divergence> {
  const rows = found.prepare<[], { id: Buffer; sql: string }>('SELECT id, sql FROM main.change_statement').iterate()
  for (const { id, sql } of rows) {
    if (Buffer.compare(sha256(sql), id) !== 0)
      yield { kind: 'log', sequence: 0n, what: `statement ${toHex(id).slice(0, 12)} has another text` }
  }
}
