/** The write-ahead log is written back by a thread and stays short; a reader that keeps it from being truncated is reported, once. */
import { mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { openFile } from '../../../src/store/connection.ts'
import { Database } from '../../../src/store/driver.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { type LogTooLong, WriteBack } from '../../../src/store/write-back.ts'
import { Writer } from '../../../src/store/writer.ts'

const limit = 400_000
const limits = { passBytes: limit / 4, bytes: limit, fewBytes: limit / 4, patienceMs: 10_000, retryMs: 1_000 }
const migrations = [
  { room: 'test', number: 1, sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT' },
]

let folder: string
let store: Store
let now = 0
let calls: LogTooLong[]
beforeEach(() => {
  now = 0
  folder = mkdtempSync(join(tmpdir(), 'tonebank-wal-'))
  const runtime = { ...systemRuntime, monotonicMs: () => now }
  store = openStore({ runtime, at: { folder }, migrations, walLimits: limits })
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

describe('a machine that begins no thread', () => {
  const failing: [string, () => Worker, RegExp][] = [
    [
      'refuses it at once',
      () => {
        throw new Error('ERR_WORKER_INIT_FAILED')
      },
      /ERR_WORKER_INIT_FAILED/,
    ],
    ['lets it die', () => new Worker('throw new Error("no memory")', { eval: true }), /no memory/],
  ]
  test.each(failing)('%s: commands go on, somebody is called once, and it closes', async (_, thread, why) => {
    const database = openFile(join(folder, 'another.db'))
    database.exec('CREATE TABLE note (text TEXT NOT NULL)')
    const runtime = { ...systemRuntime, monotonicMs: () => now }
    const parts = { database, file: join(folder, 'another.db'), runtime, limits, thread }
    const log = new WriteBack(parts, call => calls.push(call))
    const writer = new Writer(database, runtime, 1, { afterGroup: () => log.keep() })
    const writeThere = () => writer.execute(tx => tx.run('INSERT INTO note VALUES (?)', 'x'.repeat(150_000)))
    for (const at of [0, 5_000, 10_000, 15_000, 20_000]) {
      now = at
      await writeThere()
      // Longer than the thread takes to die.
      await new Promise(resolve => setTimeout(resolve, 400))
    }
    expect(calls).toMatchObject([{ forMs: expect.toSatisfy(ms => ms >= 10_000) }])
    expect(String(calls[0]?.cause)).toMatch(why)
    now = 30_000
    await writeThere()
    await writer.stop()
    await log.close()
    database.close()
  })
})

test('who closes keeps the process alive until the thread has written back, and not before', async () => {
  const file = join(folder, 'slow.db')
  const database = openFile(file)
  database.exec('CREATE TABLE note (text TEXT NOT NULL)')
  const slow = `const { parentPort } = require('node:worker_threads')
    parentPort.on('message', () => setTimeout(() => parentPort.postMessage('written back'), 300))`
  let isKept = true
  const thread = () => {
    const worker = new Worker(slow, { eval: true })
    const [ref, unref] = [worker.ref.bind(worker), worker.unref.bind(worker)]
    worker.ref = () => {
      isKept = true
      ref()
    }
    worker.unref = () => {
      isKept = false
      unref()
    }
    return worker
  }
  const parts = { database, file, runtime: systemRuntime, limits: { ...limits, passBytes: 1 }, thread }
  const log = new WriteBack(parts, call => calls.push(call))
  log.keep()
  expect(isKept).toBe(false)
  const closed = log.close()
  expect(isKept).toBe(true)
  await closed
  database.close()
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
