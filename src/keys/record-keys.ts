/**
 * One key per record, in a database of their own that no backup contains: destroying a key makes every copy of what it
 * encrypted unreadable, in backups too. A key is destroyed once nothing of it is left in the database's files.
 */
import type { Runtime } from '../runtime.ts'
import { KeyTable } from './mirror/key-table.ts'
import { openOnce, sealOnce } from './one-use.ts'

export interface RecordKeys {
  /**
   * Encrypts under a new key for each record; the keys are durable here before it resolves, and soon on the other machine where there
   * is one. @throws when a record has one.
   */
  seal(records: readonly PlainRecord[]): Promise<readonly SealedRecord[]>
  /** As `seal`, and where there is another machine, it has them too before it resolves. @throws MirrorAway when it has not, and no key is left. */
  sealOnBoth(records: readonly PlainRecord[]): Promise<readonly SealedRecord[]>
  /** For whoever would do much work before `sealOnBoth`. @throws MirrorAway when that would be in vain now */
  assertBoth(): void
  /**
   * Undefined when the record's key was destroyed, or never was. @throws Unopenable when it was changed, or sealed in
   * another context.
   */
  open(record: SealedRecord & InContext): Promise<Uint8Array | undefined>
  /** Those of `records` that have no key. */
  missing(records: readonly string[]): Promise<readonly string[]>
  /** Every record that has a key, or those whose names begin with `prefix`. */
  all(prefix?: string): Promise<readonly string[]>
  /** Records that have a key, from behind `after` on, in order: at most `most`. */
  page(after: string, most: number): Promise<readonly string[]>
  /** Notes the records that get a key here from now on, until it is told to stop. */
  noteMade(): MadeKeys
  /**
   * Destroys the records' keys here for ever, and on the other machine as soon as it can be reached: nobody has to ask again. Doing it
   * again does nothing.
   */
  destroy(records: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** Whoever looks for keys that nothing needs must not find those whose record is still on its way into the books. */
export interface MadeKeys {
  has(record: string): boolean
  stop(): void
}

interface InContext {
  /** Whose value it is, and which: one that was put in another's place does not open. */
  readonly context: string
}

export interface PlainRecord extends InContext {
  /** Of the key, never used twice: a command that may run again seals under another name each time. */
  readonly record: string
  readonly plain: Uint8Array
}

export interface SealedRecord {
  readonly record: string
  readonly sealed: Uint8Array
}

/** The other machine does not have what was sealed, as it cannot be reached or is not up to date yet. */
export class MirrorAway extends Error {
  constructor(why: string) {
    super(`the other machine does not have the keys: ${why}`)
    this.name = 'MirrorAway'
  }
}

/** On one machine. `at`: a folder of its own, or memory. @throws FolderInUse */
export function openRecordKeys(
  runtime: Runtime,
  at: { readonly folder: string } | { readonly memory: true },
): RecordKeys {
  return onTable(runtime, new KeyTable(runtime, at))
}

/** What does not ask whether there is another machine. */
export function onTable(runtime: Runtime, table: KeyTable): RecordKeys {
  const notes = new Set<Set<string>>()
  const seal = (records: readonly PlainRecord[]) => {
    for (const made of notes) for (const { record } of records) made.add(record)
    return sealIn(runtime, table, records)
  }
  return {
    seal,
    sealOnBoth: seal,
    assertBoth: () => {},
    open: async ({ record, context, sealed }) => {
      const key = await table.keyOf(record)
      return key && openOnce(key, record, context, sealed)
    },
    missing: records => table.missing(records),
    all: (prefix = '') => table.all(prefix),
    page: (after, most) => table.names({ after, upto: undefined }, most),
    noteMade: () => noteMadeIn(notes),
    destroy: records => table.destroy(records, false),
    close: () => table.close(),
  }
}

/** In one of `notes`, to which whoever seals adds. */
export function noteMadeIn(notes: Set<Set<string>>): MadeKeys {
  const made = new Set<string>()
  notes.add(made)
  return { has: record => made.has(record), stop: () => void notes.delete(made) }
}

async function sealIn(runtime: Runtime, table: KeyTable, records: readonly PlainRecord[]) {
  const keyed = records.map(record => ({ ...record, key: runtime.random(32) }))
  await table.add(keyed)
  return keyed.map(({ record, context, plain, key }) => ({ record, sealed: sealOnce(key, record, context, plain) }))
}
