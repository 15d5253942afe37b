/**
 * The keys of single records in a database of their own that no backup contains, and the names of those that were destroyed here
 * while another machine may still have them: these are never taken back from there. A name is never used twice.
 */
import { createHash } from 'node:crypto'
import { encodeCanonical } from '../../canonical.ts'
import type { Runtime } from '../../runtime.ts'
import { openScratch, type Scratch } from '../../store/scratch.ts'

export interface KeyOfRecord {
  readonly record: string
  /** 32 bytes. */
  readonly key: Uint8Array
}

/** Names from behind `after`, to `upto` with it; undefined: to the last. In the order of SQLite, that of their bytes in UTF-8. */
export interface NameRange {
  readonly after: string
  readonly upto: string | undefined
}

const tables = `
  CREATE TABLE IF NOT EXISTS record_key (record TEXT PRIMARY KEY, key BLOB NOT NULL) STRICT, WITHOUT ROWID;
  -- Destroyed here, and not yet confirmed by the other machine.
  CREATE TABLE IF NOT EXISTS destruction (record TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`

/** After every other, as SQLite compares texts; no name has it. */
const lastCharacter = String.fromCodePoint(0x10ffff)

export class KeyTable {
  readonly #scratch: Scratch

  /** `at`: a folder of its own, or memory. @throws FolderInUse */
  constructor(runtime: Runtime, at: { readonly folder: string } | { readonly memory: true }) {
    this.#scratch = openScratch(runtime, at, tables)
  }

  /** @throws when a record has a key */
  async add(keys: readonly KeyOfRecord[]): Promise<void> {
    await this.#scratch.execute(async tx => {
      for (const { record, key } of keys)
        await tx.run('INSERT INTO record_key (record, key) VALUES (?, ?)', record, key)
    })
  }

  /** From the other machine: what was destroyed here stays so. */
  async take(keys: readonly KeyOfRecord[]): Promise<void> {
    await this.#scratch.execute(async tx => {
      for (const { record, key } of keys)
        await tx.run(
          `INSERT INTO record_key (record, key) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM destruction WHERE record = ?)
           ON CONFLICT (record) DO NOTHING`,
          ...[record, key, record],
        )
    })
  }

  /** Those of `records` that have one. */
  keysOf(records: readonly string[]): Promise<readonly KeyOfRecord[]> {
    return this.#scratch.read(async tx => {
      const found: KeyOfRecord[] = []
      for (const record of records) {
        const row = await tx.one<{ key: Uint8Array }>('SELECT key FROM record_key WHERE record = ?', record)
        if (row !== undefined) found.push({ record, key: row.key })
      }
      return found
    })
  }

  async keyOf(record: string): Promise<Uint8Array | undefined> {
    const [found] = await this.keysOf([record])
    return found?.key
  }

  /** Those of `records` that have none. */
  missing(records: readonly string[]): Promise<readonly string[]> {
    return this.#scratch.read(async tx => {
      const missing: string[] = []
      for (const record of records) {
        const found = await tx.one('SELECT 1 AS found FROM record_key WHERE record = ?', record)
        if (found === undefined) missing.push(record)
      }
      return missing
    })
  }

  /** Every name, or those that begin with `prefix`. */
  all(prefix: string): Promise<readonly string[]> {
    return this.#names(
      'SELECT record FROM record_key WHERE record >= ? AND record < ?',
      prefix,
      `${prefix}${lastCharacter}`,
    )
  }

  /** In order; at most `most`, or all. */
  names({ after, upto }: NameRange, most?: number): Promise<readonly string[]> {
    return this.#names(
      'SELECT record FROM record_key WHERE record > ? AND record <= ? ORDER BY record LIMIT ?',
      // To SQLite a negative one is none.
      ...[after, upto ?? lastCharacter, BigInt(most ?? -1)],
    )
  }

  /** Nothing of the keys is left in the files when it resolves. `remember`: until `confirmed`. */
  async destroy(records: readonly string[], remember: boolean): Promise<void> {
    await this.#scratch.execute(async tx => {
      for (const record of records) {
        await tx.run('DELETE FROM record_key WHERE record = ?', record)
        if (remember)
          await tx.run('INSERT INTO destruction (record) VALUES (?) ON CONFLICT (record) DO NOTHING', record)
      }
    })
    await this.#scratch.forget()
  }

  /** Destroyed here, and not confirmed: at most `most`. */
  destructions(most: number): Promise<readonly string[]> {
    return this.#names('SELECT record FROM destruction ORDER BY record LIMIT ?', BigInt(most))
  }

  /** The other machine does not have them either. */
  async confirmed(records: readonly string[]): Promise<void> {
    await this.#scratch.execute(async tx => {
      for (const record of records) await tx.run('DELETE FROM destruction WHERE record = ?', record)
    })
  }

  /** A process that died may have destroyed a key, and left its bytes in the log of the database. */
  forget(): Promise<void> {
    return this.#scratch.forget()
  }

  close(): Promise<void> {
    return this.#scratch.close()
  }

  async #names(sql: string, ...values: (string | bigint)[]): Promise<readonly string[]> {
    const rows = await this.#scratch.read(tx => tx.all<{ record: string }>(sql, ...values))
    return rows.map(({ record }) => record)
  }
}

/** Of names in order: equal on two machines when these have the same. */
export function digestOf(names: readonly string[]): Uint8Array {
  return createHash('sha256').update(encodeCanonical(names)).digest()
}

/** Whether names lie in a range, each behind the one before it. */
export function isInOrder(names: readonly string[], { after, upto }: NameRange): boolean {
  const isBehind = (name: string, before: string) => Buffer.compare(Buffer.from(name), Buffer.from(before)) > 0
  const last = names.at(-1)
  if (last !== undefined && upto !== undefined && isBehind(last, upto)) return false
  return names.every((name, i) => isBehind(name, names[i - 1] ?? after))
}
