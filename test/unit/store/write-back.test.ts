/** The write-ahead log is written back by a thread and stays short; a reader that keeps it from being truncated is reported, once. */
import { mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { Database } from '../../../src/store/driver.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import type { LogTooLong } from '../../../src/store/write-back.ts'

const limit = 400_000
const migrations = [
  { room: 'test', number: 1, sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT' },
]

let folder: string
let store: Store
let now = 0
let calls: LogTooLong[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-wal-'))
  const runtime = { ...systemRuntime, monotonicMs: () => now }
  const walLimits = { passBytes: limit / 4, bytes: limit, fewBytes: limit / 4, patienceMs: 10_000, retryMs: 1_000 }
  store = openStore({ runtime, at: { folder }, migrations, walLimits })
  calls = []
  store.whenTooLong(call => calls.push(call))
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

let id = 0n
const write = () => store.execute(tx => tx.run('INSERT INTO note VALUES (?, ?)', ++id, 'x'.repeat(20_000)))
const length = () => statSync(join(folder, 'institution.db-wal')).size

/** Of the log, how many pages are in it and how many of them in the database, too. */
function frames(): { log: number; checkpointed: number } {
  const onlooker = new Database(join(folder, 'institution.db'), { readonly: true })
  const [found] = onlooker.pragma('wal_checkpoint(NOOP)') as [{ log: number; checkpointed: number }]
  onlooker.close()
  return found
}

test('a thread writes back what waits, and the log begins anew', async () => {
  for (let i = 0; i < 6; i++) await write()
  const { log } = frames()
  await expect.poll(() => frames().checkpointed, { timeout: 10_000 }).toBe(log)
  await write()
  expect(frames().log).toBeLessThan(log)
  expect(calls).toEqual([])
})

test('a thread that fails is followed by another', async () => {
  const [file, elsewhere] = [join(folder, 'institution.db'), join(folder, 'moved.db')]
  renameSync(file, elsewhere)
  for (let i = 0; i < 6; i++) await write()
  // Longer than a thread takes to begin and to find no file.
  await new Promise(resolve => setTimeout(resolve, 3_000))
  renameSync(elsewhere, file)
  expect(frames().checkpointed).toBe(0)
  now += 2_000
  await write()
  await expect.poll(() => frames().checkpointed, { timeout: 10_000 }).toBeGreaterThan(0)
})

test('where the thread does not keep up, it is truncated past twice its limit, between two commits', async () => {
  let longest = 0
  for (let i = 0; i < 60; i++) {
    await write()
    longest = Math.max(longest, length())
  }
  // A commit may pass it, and the next begins anew.
  expect(longest).toBeLessThan(2 * limit + 150_000)
  expect(longest).toBeGreaterThan(limit)
  expect(calls).toEqual([])
})

test('a reader that holds it is waited for, then reported once; when he goes, all is well again', async () => {
  const reader = new Database(join(folder, 'institution.db'), { readonly: true })
  const read = () => {
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM note').get()
  }
  const writeMany = async (count: number) => {
    for (let i = 0; i < count; i++) {
      now += 500
      await write()
    }
  }
  read()
  for (let i = 0; i < 12; i++) await write()
  expect(length()).toBeGreaterThan(limit)
  now = 0
  await writeMany(10)
  expect(calls).toEqual([])
  await writeMany(20)
  expect(calls).toMatchObject([{ forMs: 10_000 }])
  expect(calls[0]?.bytes).toBeGreaterThan(limit)
  reader.exec('COMMIT')
  await writeMany(3)
  expect(length()).toBeLessThan(limit)
  read()
  await writeMany(60)
  expect(calls).toHaveLength(2)
  reader.close()
})
