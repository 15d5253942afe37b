/**
 * Copies an institution's change log to another place as it grows: a checkpoint first, then record after record, each on the
 * disk there before it counts. It only reads the database, which its owner goes on writing.
 */
import { rmSync } from 'node:fs'
import { checkpointsIn, takeCheckpoint } from '../change-log/checkpoint.ts'
import type { Checkpoint } from '../change-log/checkpoint-facts.ts'
import { type LogHead, noHead } from '../change-log/head.ts'
import type { ChainedRecord } from '../change-log/record.ts'
import { lastIn } from '../change-log/tables.ts'
import { databaseIn, openFileReadOnly, type Sqlite } from '../connection.ts'
import { BackupFolder } from './backup-folder.ts'
import { ShippedLog } from './log-file.ts'

/** The books there are not those that this backup began with: another institution's, or an earlier state of them. */
export class OtherBooks extends Error {
  constructor(folder: string, sequence: bigint) {
    super(
      `${folder} holds record ${sequence} of other books than these: they were restored from elsewhere, or are another institution's`,
    )
    this.name = 'OtherBooks'
  }
}

export interface FollowerOptions {
  /** Bytes of log after which a new checkpoint is taken there, so that restoring stays quick. */
  readonly checkpointAfterBytes?: number
  /** Records that one round copies at most. */
  readonly most?: number
}

export class Follower {
  readonly #source: Sqlite
  readonly #file: string
  readonly #folder: BackupFolder
  readonly #checkpointAfterBytes: number
  readonly #most: number
  #base: Checkpoint
  #log: ShippedLog
  #logBytes = 0
  #shipped: LogHead

  /** `source`: an institution's folder. `target`: made when missing. @throws BackupDamaged, OtherBooks */
  constructor(source: string, target: string, options: FollowerOptions = {}) {
    const { checkpointAfterBytes = 256 * 1024 * 1024, most = 2_000 } = options
    this.#file = databaseIn(source)
    this.#source = openFileReadOnly(this.#file)
    this.#folder = new BackupFolder(target)
    this.#checkpointAfterBytes = checkpointAfterBytes
    this.#most = most
    try {
      this.#shipped = this.#folder.shipped()
      assertSameBooks(this.#source, this.#folder.path, this.#shipped)
      this.#folder.make()
      const base = this.#folder.base()
      this.#base = base !== undefined && this.#hasNext() ? base : this.#takeBase()
      this.#log = new ShippedLog(this.#folder.logAfter(this.#base), this.#base.head, this.#shipped)
    } catch (error) {
      this.#source.close()
      throw error
    }
  }

  get shipped(): LogHead {
    return this.#shipped
  }

  /** Copies what is new. `behind`: the records that are still to be copied. */
  ship(): { readonly head: LogHead; readonly behind: bigint } {
    if (!this.#hasNext()) this.#beginAnew()
    const records = this.#next()
    const last = records.at(-1)
    if (last !== undefined) {
      this.#log.append(records)
      this.#note(last)
      this.#logBytes += records.reduce((sum, { record }) => sum + record.length, 0)
    }
    const behind = (lastIn(this.#source) ?? noHead).sequence - this.#shipped.sequence
    if (behind === 0n && this.#logBytes > this.#checkpointAfterBytes) this.#beginAnew()
    return { head: this.#shipped, behind }
  }

  close(): void {
    this.#log.close()
    this.#source.close()
  }

  #next(): ChainedRecord[] {
    return this.#source
      .prepare<[bigint, bigint], ChainedRecord>(
        'SELECT sequence, hash, record FROM change_log WHERE sequence > ? ORDER BY sequence LIMIT ?',
      )
      .all(this.#shipped.sequence, BigInt(this.#most))
  }

  /** The owner lets go of old log: whoever stayed away for long has to begin with a checkpoint again. */
  #hasNext(): boolean {
    const { sequence } = lastIn(this.#source) ?? noHead
    if (sequence <= this.#shipped.sequence) return true
    return this.#hashOf(this.#shipped.sequence + 1n) !== undefined
  }

  #hashOf(sequence: bigint): Uint8Array | undefined {
    return hashIn(this.#source, sequence)
  }

  /** All of the new one is there before it counts; what fails halfway, as on a full disk, leaves the old one, which goes on. */
  #beginAnew(): void {
    const base = takeCheckpoint(this.#file, this.#folder.checkpoints)
    const path = this.#folder.logAfter(base)
    let log: ShippedLog | undefined
    try {
      this.#shipUpTo(base.head)
      log = new ShippedLog(path, base.head, this.#shipped)
      this.#noteBase(base)
    } catch (error) {
      log?.close()
      if (base.head.sequence !== this.#base.head.sequence) forget(base, path)
      throw error
    }
    this.#log.close()
    this.#base = base
    this.#log = log
    this.#logBytes = 0
    this.#forgetOlder()
  }

  /**
   * What was committed while the new checkpoint was taken is in it, and not in the old log yet: should the new one be damaged
   * one day, the older one has to reach as far. Where the owner has let go of those records there is nothing to copy.
   */
  #shipUpTo({ sequence }: LogHead): void {
    while (this.#shipped.sequence < sequence && this.#hasNext()) {
      const records = this.#next().filter(record => record.sequence <= sequence)
      const last = records.at(-1)
      if (last === undefined) return
      this.#log.append(records)
      this.#note(last)
    }
  }

  #takeBase(): Checkpoint {
    const base = takeCheckpoint(this.#file, this.#folder.checkpoints)
    this.#noteBase(base)
    this.#forgetOlder()
    return base
  }

  #noteBase({ head }: Checkpoint): void {
    if (head.sequence > this.#shipped.sequence) this.#note(head)
  }

  /** The new checkpoint is whole before the one that it replaces goes. */
  #forgetOlder(): void {
    for (const old of checkpointsIn(this.#folder.checkpoints).slice(0, -2)) forget(old, this.#folder.logAfter(old))
  }

  #note(head: LogHead): void {
    this.#folder.noteShipped(head)
    this.#shipped = head
  }
}

/** Its facts first: without them it is none. */
function forget({ file }: Checkpoint, log: string): void {
  for (const each of [file.replace(/db$/, 'json'), file, log]) rmSync(each, { force: true })
}

/** Touches nothing there. `source`: an institution's folder. @throws BackupDamaged, OtherBooks */
export function assertOwnBackup(source: string, target: string): void {
  const books = openFileReadOnly(databaseIn(source))
  try {
    assertSameBooks(books, target, new BackupFolder(target).shipped())
  } finally {
    books.close()
  }
}

function assertSameBooks(books: Sqlite, target: string, { sequence, hash }: LogHead): void {
  const last = lastIn(books) ?? noHead
  const there = hashIn(books, sequence)
  const differs = there !== undefined && Buffer.compare(there, hash) !== 0
  if (sequence > last.sequence || differs) throw new OtherBooks(target, sequence)
}

function hashIn(books: Sqlite, sequence: bigint): Uint8Array | undefined {
  return books.prepare<[bigint], { hash: Uint8Array }>('SELECT hash FROM change_log WHERE sequence = ?').get(sequence)
    ?.hash
}
