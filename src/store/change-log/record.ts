/**
 * A record of the change log: what one commit group wrote, or the steps by which the schema changed. Each names its place and
 * the hash of its predecessor, and its own hash is SHA-256 over its bytes:
 *
 *     ["tonebank-change-1", sequence, previous, "writes", [statement id …], [text that is new …], [[statement, value …] …]]
 *     ["tonebank-change-1", sequence, previous, "schema", [[room, number, sql, [rebuilt table …]] …]]
 *
 * A statement's id is SHA-256 of its text. Its text stands in the record that uses it first; a write names it by its place
 * among the record's ids, from 0.
 */
import { hash } from 'node:crypto'
import type { SqlValue } from '../store.ts'
import type { LogHead } from './head.ts'
import { Growing, NotARecord, Reading } from './values.ts'

export interface ChainedRecord extends LogHead {
  readonly record: Uint8Array
}

/** A migration as the log keeps it. */
export interface SchemaStep {
  readonly room: string
  readonly number: number
  readonly sql: string
  readonly rebuilds?: readonly string[]
}

export interface Write {
  /** Index into `ids`. */
  readonly statement: number
  readonly values: readonly SqlValue[]
}

export type ChangeRecord = {
  readonly sequence: bigint
  readonly previous: Uint8Array
} & (
  | {
      readonly kind: 'writes'
      readonly ids: readonly Uint8Array[]
      readonly texts: readonly string[]
      readonly writes: readonly Write[]
    }
  | { readonly kind: 'schema'; readonly steps: readonly SchemaStep[] }
)

const format = 'tonebank-change-1'

export function sha256(data: string | Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer')
}

/** `writes`: the encoded writes, one array each. */
export function sealWrites(
  previous: LogHead,
  ids: readonly Uint8Array[],
  texts: readonly string[],
  count: number,
  writes: Uint8Array,
): ChainedRecord {
  const capacity = writes.length + 40 * ids.length + texts.reduce((sum, text) => sum + 3 * text.length + 9, 0) + 128
  return seal(previous, 'writes', 7, capacity, record => {
    record.array(ids.length)
    for (const id of ids) record.bytes(id)
    record.array(texts.length)
    for (const text of texts) record.text(text)
    record.array(count)
    record.raw(writes)
  })
}

export function sealSchema(previous: LogHead, steps: readonly SchemaStep[]): ChainedRecord {
  return seal(previous, 'schema', 5, 65_536, record => {
    record.array(steps.length)
    for (const { room, number, sql, rebuilds = [] } of steps) {
      record.array(4)
      record.text(room)
      record.integer(BigInt(number))
      record.text(sql)
      record.array(rebuilds.length)
      for (const table of rebuilds) record.text(table)
    }
  })
}

function seal(
  previous: LogHead,
  kind: string,
  members: number,
  capacity: number,
  fill: (record: Growing) => void,
): ChainedRecord {
  const sequence = previous.sequence + 1n
  const record = new Growing(capacity)
  record.array(members)
  record.text(format)
  record.integer(sequence)
  record.bytes(previous.hash)
  record.text(kind)
  fill(record)
  return { sequence, hash: sha256(record.view), record: record.view }
}

/** @throws NotARecord */
export function readRecord(bytes: Uint8Array): ChangeRecord {
  const reading = new Reading(bytes)
  const members = reading.array()
  if (reading.text() !== format) throw new NotARecord('of a format that this program does not know')
  const place = { sequence: reading.integer(), previous: reading.bytes() }
  const kind = reading.text()
  if (kind === 'writes' && members === 7) {
    const ids = many(reading, () => reading.bytes())
    const texts = many(reading, () => reading.text())
    const writes = many(reading, () => readWrite(reading, ids.length))
    reading.end()
    return { ...place, kind, ids, texts, writes }
  }
  if (kind === 'schema' && members === 5) {
    const steps = many(reading, () => readStep(reading))
    reading.end()
    return { ...place, kind, steps }
  }
  throw new NotARecord('of a kind that this program does not know')
}

function readWrite(reading: Reading, statements: number): Write {
  const members = reading.array()
  const statement = reading.unsigned()
  if (statement >= statements) throw new NotARecord('a write names no statement')
  const values: SqlValue[] = []
  for (let i = 1; i < members; i++) values.push(reading.value())
  return { statement, values }
}

function readStep(reading: Reading): SchemaStep {
  if (reading.array() !== 4) throw new NotARecord('a step of the schema has four parts')
  return {
    room: reading.text(),
    number: Number(reading.integer()),
    sql: reading.text(),
    rebuilds: many(reading, () => reading.text()),
  }
}

function many<T>(reading: Reading, read: () => T): T[] {
  const count = reading.array()
  const all: T[] = []
  for (let i = 0; i < count; i++) all.push(read())
  return all
}
