/**
 * Records of the change log in a file of their own, one after another, only ever added to:
 *
 *     "tonebank-log-1\n"   then for each record: length (4 bytes, big-endian) · hash (32 bytes) · record
 *
 * An entry that a death left half written at the end is cut off when the file is opened again.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { LogHead } from '../change-log/head.ts'
import { type ChainedRecord, readRecord, sha256 } from '../change-log/record.ts'

const magic = Buffer.from('tonebank-log-1\n')
const hashBytes = 32
const prefixBytes = 4 + hashBytes

/** Something in a backup is not what was written there. */
export class BackupDamaged extends Error {
  constructor(what: string) {
    super(`the backup is damaged: ${what}`)
    this.name = 'BackupDamaged'
  }
}

export class ShippedLog {
  readonly #descriptor: number
  /** Of all that is whole. */
  #length: number

  /**
   * `last`: the last record that is known to be on the disk; what lies behind it and is no whole record is cut off. `base`: the
   * record after which the file begins. @throws BackupDamaged when it does not reach `last` any more
   */
  constructor(path: string, base: LogHead, last: LogHead) {
    this.#descriptor = openSync(path, 'a+', 0o600)
    const isNew = fstatSync(this.#descriptor).size < magic.length
    if (isNew && base.sequence < last.sequence) throw new BackupDamaged(`${path} is gone`)
    if (isNew) this.#begin()
    this.#length = isNew ? magic.length : wholeLength(path, readFileSync(path), base, last)
    this.#cut()
  }

  /** They are on the disk when it returns. */
  append(records: readonly ChainedRecord[]): void {
    // What the last one left behind where the disk was gone altogether.
    this.#cut()
    try {
      for (const { hash, record } of records) {
        const length = Buffer.alloc(4)
        length.writeUInt32BE(record.length)
        writeWhole(this.#descriptor, Buffer.concat([length, hash, record]))
      }
      fsyncSync(this.#descriptor)
      this.#length = fstatSync(this.#descriptor).size
    } catch (error) {
      // A full disk takes half an entry: nothing could be read behind it.
      this.#cut()
      throw error
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #cut(): void {
    if (fstatSync(this.#descriptor).size > this.#length) ftruncateSync(this.#descriptor, this.#length)
  }

  #begin(): void {
    ftruncateSync(this.#descriptor, 0)
    writeWhole(this.#descriptor, magic)
    fsyncSync(this.#descriptor)
  }
}

/** Every whole record of a file, in its order. @throws BackupDamaged when one was changed. */
export function* recordsIn(path: string): Generator<ChainedRecord> {
  for (const { record } of entriesOf(path, readFileSync(path))) if (record !== undefined) yield record
}

function wholeLength(path: string, bytes: Buffer, base: LogHead, last: LogHead): number {
  let length = magic.length
  let reached = base
  try {
    for (const { end, record } of entriesOf(path, bytes)) {
      if (record === undefined) break
      length = end
      reached = record
    }
  } catch (error) {
    // Behind what was on the disk for certain, a crash may leave anything.
    if (!(error instanceof BackupDamaged) || reached.sequence < last.sequence) throw error
  }
  if (reached.sequence < last.sequence)
    throw new BackupDamaged(`${path} ends at record ${reached.sequence}, and had record ${last.sequence}`)
  return length
}

/** `record` is undefined for an entry that is not whole: it is the last. */
function* entriesOf(path: string, bytes: Buffer): Generator<{ end: number; record: ChainedRecord | undefined }> {
  if (!bytes.subarray(0, magic.length).equals(magic)) throw new BackupDamaged(`${path} is no log`)
  let at = magic.length
  while (at < bytes.length) {
    const end = at + prefixBytes <= bytes.length ? at + prefixBytes + bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY
    if (end > bytes.length) return yield { end: bytes.length, record: undefined }
    const hash = bytes.subarray(at + 4, at + prefixBytes)
    const record = bytes.subarray(at + prefixBytes, end)
    if (Buffer.compare(sha256(record), hash) !== 0) throw new BackupDamaged(`${path}, at byte ${at}`)
    yield { end, record: { sequence: readRecord(record).sequence, hash, record } }
    at = end
  }
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
}
