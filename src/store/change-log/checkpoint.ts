/**
 * Checkpoints: the tables as they stood at a record, so that the log before it may go. Each is two files beside the database, flat
 * and readable: a snapshot, itself a database, and what it proves, a hash over which is signed: by the institution, and by
 * a peer or an outside auditor who has looked at it.
 *
 *     checkpoints/000000000042.db    checkpoints/000000000042.json
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, toHex } from '../../bytes.ts'
import { encodeCanonical } from '../../canonical.ts'
import type { Sqlite } from '../connection.ts'
import { Database } from '../driver.ts'
import { replaceFile, replaceWithCopy, syncFolder } from '../replace-file.ts'
import type { Checkpoint, CheckpointFacts, CheckpointSignature } from './checkpoint-facts.ts'
import { type LogHead, noHead } from './head.ts'
import { sha256 } from './record.ts'
import { rootOf, schemaHash, shapesOf } from './rows.ts'
import { lastIn, logTableNames } from './tables.ts'

/** Of the folder in which a database lies. */
export function checkpointFolder(folder: string): string {
  return join(folder, 'checkpoints')
}

/** 32 bytes. */
export function checkpointDigest({ head, schema, tables }: CheckpointFacts): Uint8Array {
  const roots = tables.map(({ table, rows, root }) => [table, rows, root])
  return sha256(encodeCanonical(['tonebank-checkpoint-1', head.sequence, head.hash, schema, roots]))
}

/**
 * Takes one of the committed state of `file` while its owner goes on. It reads all rows several times: in a running institution
 * this is a thread's work (`checkpoint-thread.ts`). `prove` looks at the snapshot while the log is in it, and throws when it must not count.
 */
export function takeCheckpoint(file: string, folder: string, prove: (snapshot: string) => void = () => {}): Checkpoint {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  discardUnfinished(folder)
  try {
    return taken(file, folder, prove)
  } catch (error) {
    // It is as large as the books, whose disk may have no room for more.
    discardUnfinished(folder)
    throw error
  }
}

function taken(file: string, folder: string, prove: (snapshot: string) => void): Checkpoint {
  const making = join(folder, 'making.db')
  const source = new Database(file, { readonly: true, fileMustExist: true })
  try {
    // Made by us and not by SQLite, which would let everybody read it.
    writeFileSync(making, '', { mode: 0o600 })
    source.prepare('VACUUM INTO ?').run(making)
  } finally {
    source.close()
  }
  prove(making)
  const facts = withoutOlderLog(making)
  const snapshot = checkpointFile(folder, facts.head.sequence, 'db')
  renameSync(making, snapshot)
  // Before anything is deleted that led to it.
  syncFolder(folder)
  const checkpoint = { ...facts, file: snapshot, signatures: [] }
  write(folder, checkpoint)
  return checkpoint
}

/** What was being made when a process died or its disk was full: a snapshot counts once its facts are there, too. */
function discardUnfinished(folder: string): void {
  const isUnfinished = (name: string) =>
    name.startsWith('making.db') ||
    (/^\d{12}\.db$/.test(name) && !existsSync(join(folder, name.replace(/db$/, 'json'))))
  for (const name of readdirSync(folder).filter(isUnfinished)) rmSync(join(folder, name))
}

/** The log that led to it is not part of a snapshot, but for the last record, whose hash the next one names. */
function withoutOlderLog(file: string): CheckpointFacts {
  const copy = new Database(file).defaultSafeIntegers(true)
  try {
    if (lastIfLogged(copy) !== undefined) {
      copy.exec('DELETE FROM change_log WHERE sequence < (SELECT max(sequence) FROM change_log)')
      copy.exec('VACUUM')
    }
    return factsOf(copy)
  } finally {
    copy.close()
  }
}

/** What a database holds now, computed from its rows. */
export function factsOf(database: Sqlite): CheckpointFacts {
  const tables = shapesOf(database, logTableNames).map(shape => rootOf(database, shape))
  return { head: lastIfLogged(database) ?? noHead, schema: schemaHash(database), tables }
}

/** A database of 0.1.0 has no log. */
function lastIfLogged(database: Sqlite): LogHead | undefined {
  const isLogged = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'change_log'").get() !== undefined
  return isLogged ? lastIn(database) : undefined
}

/** The same checkpoint in another folder, with its signatures. */
export function copyCheckpoint(checkpoint: Checkpoint, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = checkpointFile(folder, checkpoint.head.sequence, 'db')
  replaceWithCopy(file, checkpoint.file)
  write(folder, { ...checkpoint, file })
}

/** Those of a folder, oldest first. */
export function checkpointsIn(folder: string): readonly Checkpoint[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(name => /^\d{12}\.json$/.test(name))
    .sort()
    .map(name => read(folder, name))
    .filter(({ file }) => existsSync(file))
}

/** Adds a signature over its digest; one of the same key is replaced. */
export function addSignature(folder: string, checkpoint: Checkpoint, signature: CheckpointSignature): Checkpoint {
  const others = checkpoint.signatures.filter(({ keyId }) => keyId !== signature.keyId)
  const signed = { ...checkpoint, signatures: [...others, signature] }
  write(folder, signed)
  return signed
}

/** Whether a checkpoint's snapshot is what it says. */
export function isWhole(checkpoint: Checkpoint): boolean {
  try {
    const database = new Database(checkpoint.file, { readonly: true }).defaultSafeIntegers(true)
    try {
      return Buffer.compare(checkpointDigest(factsOf(database)), checkpointDigest(checkpoint)) === 0
    } finally {
      database.close()
    }
  } catch {
    return false
  }
}

/** All but the last `count` are deleted. Returns the oldest that is left. */
export function keepLast(folder: string, count: number): Checkpoint | undefined {
  const all = checkpointsIn(folder)
  for (const { file, head } of all.slice(0, -count)) {
    rmSync(checkpointFile(folder, head.sequence, 'json'))
    rmSync(file)
  }
  return all.slice(-count)[0]
}

/** A checkpoint's two files: the snapshot, and what it proves. */
export function checkpointFile(folder: string, sequence: bigint, kind: 'db' | 'json'): string {
  return join(folder, `${sequence.toString().padStart(12, '0')}.${kind}`)
}

interface Written {
  readonly sequence: string
  readonly hash: string
  readonly schema: string
  readonly tables: readonly { readonly table: string; readonly rows: string; readonly root: string }[]
  readonly signatures: readonly { readonly signer: string; readonly keyId: string; readonly signature: string }[]
}

function write(folder: string, { head, schema, tables, signatures }: Checkpoint): void {
  const written: Written = {
    sequence: head.sequence.toString(),
    hash: toHex(head.hash),
    schema: toHex(schema),
    tables: tables.map(({ table, rows, root }) => ({ table, rows: rows.toString(), root: toHex(root) })),
    signatures: signatures.map(({ signer, keyId, bytes }) => ({ signer, keyId, signature: toHex(bytes) })),
  }
  const file = checkpointFile(folder, head.sequence, 'json')
  replaceFile(file, `${JSON.stringify(written, undefined, 2)}\n`)
}

function read(folder: string, name: string): Checkpoint {
  const written = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Written
  const sequence = BigInt(written.sequence)
  return {
    head: { sequence, hash: fromHex(written.hash) },
    schema: fromHex(written.schema),
    tables: written.tables.map(({ table, rows, root }) => ({
      table,
      rows: BigInt(rows),
      root: fromHex(root),
    })),
    signatures: written.signatures.map(({ signer, keyId, signature }) => ({
      signer,
      keyId,
      bytes: fromHex(signature),
    })),
    file: checkpointFile(folder, sequence, 'db'),
  }
}
