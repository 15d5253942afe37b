import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { openFile, openMemory } from '../../../src/store/connection.ts'
import { openStore } from '../../../src/store/open.ts'
import { CommandFault } from '../../../src/store/store.ts'

/** Each of these was measured to go wrong, silently, when the setting is left out. */
describe('what SQLite does only when it is told', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tonebank-store-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('a commit waits for the disk: synchronous is FULL on a write-ahead log', () => {
    const database = openFile(join(folder, 'a.db'))
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    expect(database.pragma('synchronous', { simple: true })).toBe(2n)
    database.close()
    const again = openFile(join(folder, 'a.db'))
    expect(again.pragma('synchronous', { simple: true })).toBe(2n)
    again.close()
  })

  test('INSERT OR REPLACE does not walk around a DELETE trigger', () => {
    const database = openMemory()
    database.exec(`
      CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT) STRICT;
      CREATE TRIGGER refuse BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'only grows'); END;
      INSERT INTO t VALUES (1, 'first')`)
    expect(() => database.exec("INSERT OR REPLACE INTO t VALUES (1, 'second')")).toThrow('only grows')
    database.pragma('recursive_triggers = OFF')
    database.exec("INSERT OR REPLACE INTO t VALUES (1, 'second')")
  })

  test('a reference to nothing is refused', () => {
    const database = openMemory()
    database.exec('CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT; CREATE TABLE b (a INTEGER REFERENCES a) STRICT')
    expect(() => database.exec('INSERT INTO b VALUES (1)')).toThrow('FOREIGN KEY')
  })

  test('deleted rows are zeroed', () => {
    expect(openMemory().pragma('secure_delete', { simple: true })).toBe(1n)
    const database = openFile(join(folder, 'a.db'))
    expect(database.pragma('secure_delete', { simple: true })).toBe(1n)
    database.close()
  })

  test('integers above 2⁵³ come back exactly, and as bigint', async () => {
    const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: [numbers] })
    const odd = 2n ** 53n + 1n
    await store.execute(tx => tx.run('INSERT INTO numbers VALUES (?)', odd))
    expect(await store.read(tx => tx.one('SELECT n FROM numbers'))).toEqual({ n: odd })
  })

  test('a JavaScript number is refused, also where it is whole', async () => {
    const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: [numbers] })
    for (const wrong of [5, 0.1, undefined, true]) {
      const insert = store.execute(tx => tx.run('INSERT INTO numbers VALUES (?)', wrong as unknown as bigint))
      await expect(insert).rejects.toThrow(CommandFault)
    }
  })

  test('an integer that SQLite cannot hold is refused', async () => {
    const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: [numbers] })
    await expect(store.execute(tx => tx.run('INSERT INTO numbers VALUES (?)', 2n ** 63n))).rejects.toThrow()
  })

  test('STRICT refuses text that is no number, and lets digits through: types are checked above', async () => {
    const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: [numbers] })
    await expect(store.execute(tx => tx.run('INSERT INTO numbers VALUES (?)', 'five'))).rejects.toThrow()
    await store.execute(tx => tx.run('INSERT INTO numbers VALUES (?)', '5'))
    expect(await store.read(tx => tx.one('SELECT n FROM numbers'))).toEqual({ n: 5n })
  })

  test('a command has the write lock before its first statement', async () => {
    const store = openStore({ runtime: systemRuntime, at: { folder }, migrations: [numbers] })
    const other = openFile(join(folder, 'institution.db'))
    other.pragma('busy_timeout = 0')
    await store.execute(async () => {
      expect(() => other.exec('BEGIN IMMEDIATE')).toThrow('locked')
    })
    other.close()
    await store.close()
  })

  test('queries cannot write', async () => {
    for (const at of [{ folder }, { memory: 'empty' }] as const) {
      const store = openStore({ runtime: systemRuntime, at, migrations: [numbers] })
      await expect(store.read(tx => tx.all('INSERT INTO numbers VALUES (1) RETURNING n'))).rejects.toThrow(CommandFault)
      await store.close()
    }
  })
})

const numbers = { room: 'test', number: 1, sql: 'CREATE TABLE numbers (n INTEGER NOT NULL) STRICT' }
