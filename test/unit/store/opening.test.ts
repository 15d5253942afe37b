import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { beginEpoch, nextOutgoing, noteIncoming } from '../../../src/mail/streams.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { FolderInUse } from '../../../src/store/lock.ts'
import { type Migration, SchemaMismatch } from '../../../src/store/migrations.ts'
import { openStore } from '../../../src/store/open.ts'
import { epochOf, establish } from '../../../src/store/tenants.ts'
import { institutionId } from '../../support/ids.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-store-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = (...migrations: Migration[]) => openStore({ runtime: systemRuntime, at: { folder }, migrations })

describe('one process owns a folder', () => {
  test('a second opening is refused and named; after the first closes it succeeds', async () => {
    const store = open()
    expect(() => open()).toThrow(FolderInUse)
    expect(() => open()).toThrow(`${folder} belongs to a running process (pid ${process.pid})`)
    await store.close()
    await open().close()
  })

  test('the lock dies with a killed process', async () => {
    const script = `
      import { systemRuntime } from ${JSON.stringify(join(process.cwd(), 'src/runtime.ts'))}
      import { openStore } from ${JSON.stringify(join(process.cwd(), 'src/store/open.ts'))}
      const store = openStore({ runtime: systemRuntime, at: { folder: ${JSON.stringify(folder)} }, migrations: [] })
      console.log('open')
      // Kept in reach: the lock of a store that nobody can reach any more goes with the garbage.
      setInterval(() => store.head(), 1000)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      await once(child.stdout, 'data')
      expect(() => open()).toThrow(`pid ${child.pid}`)
    } finally {
      child.kill('SIGKILL')
    }
    await once(child, 'exit')
    await open().close()
  })
})

describe('migrations', () => {
  const first = { room: 'test', number: 1, sql: 'CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT' }
  const second = { room: 'test', number: 2, sql: 'ALTER TABLE a ADD COLUMN name TEXT' }

  test('are applied once, in order, and added to', async () => {
    await open(first).close()
    const store = open(first, second)
    await store.execute(tx => tx.run("INSERT INTO a VALUES (1, 'x')"))
    await store.close()
  })

  test('that were edited after they had been applied are refused', async () => {
    await open(first).close()
    expect(() => open({ ...first, sql: `${first.sql};` })).toThrow(SchemaMismatch)
    await open(first).close()
  })

  test('of a newer program are refused', async () => {
    await open(first, second).close()
    expect(() => open(first)).toThrow('does not know migration test 2')
  })

  test('that fail leave the database as it was', async () => {
    await open(first).close()
    expect(() => open(first, { ...second, sql: `${second.sql}; CREATE TABLE a (id INTEGER) STRICT` })).toThrow()
    await open(first, second).close()
  })

  test('must be numbered without a gap', () => {
    expect(() => open(second)).toThrow('out of order')
  })
})

describe('streams between institutions', () => {
  test('numbers go up by one per counterparty and start again with a new epoch', async () => {
    const store = open()
    await store.execute(tx => establish(tx, institutionId('harbour')))
    const next = (to: string) => store.execute(tx => nextOutgoing(tx, institutionId('harbour'), institutionId(to)))
    expect(await next('lantern')).toEqual({ epoch: 1n, sequence: 1n })
    expect(await next('lantern')).toEqual({ epoch: 1n, sequence: 2n })
    expect(await next('jobs')).toEqual({ epoch: 1n, sequence: 1n })
    expect(await store.execute(tx => beginEpoch(tx, institutionId('harbour')))).toBe(2n)
    expect(await next('lantern')).toEqual({ epoch: 2n, sequence: 1n })
    await store.execute(tx => establish(tx, institutionId('harbour')))
    expect(await store.read(tx => epochOf(tx, institutionId('harbour')))).toBe(2n)
    await store.close()
  })

  test('an arriving message is the next, a repetition, beyond a gap, or of an old epoch', async () => {
    const store = open()
    await store.execute(tx => establish(tx, institutionId('harbour')))
    const note = (epoch: bigint, sequence: bigint) =>
      store.execute(tx => noteIncoming(tx, institutionId('harbour'), institutionId('lantern'), { epoch, sequence }))
    expect(await note(1n, 1n)).toBe('next')
    expect(await note(1n, 1n)).toBe('repeated')
    expect(await note(1n, 3n)).toBe('gap')
    expect(await note(1n, 2n)).toBe('next')
    expect(await note(2n, 2n)).toBe('gap')
    expect(await note(2n, 1n)).toBe('next')
    expect(await note(1n, 3n)).toBe('old-epoch')
    await store.close()
  })
})
