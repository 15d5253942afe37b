/** A process is well when its books take what is written. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { healthOf } from '../../../src/operations/health.ts'
import { watchLoopDelay } from '../../../src/operations/loop-delay.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'

let folder: string
let store: Store
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-health-'))
  store = openStore({ runtime: systemRuntime, at: { folder }, migrations: [] })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

test('books that can be written are healthy, and the look leaves nothing behind', async () => {
  const before = [store.head(), readdirSync(folder)]
  expect(await healthOf(systemRuntime, store, folder)()).toEqual({ healthy: true })
  expect([store.head(), readdirSync(folder)]).toEqual(before)
})

test('a store that takes no more work is not, and neither is a disk that takes no file', async () => {
  expect(await healthOf(systemRuntime, store, join(folder, 'nowhere'))()).toMatchObject({
    healthy: false,
    why: expect.stringContaining('ENOENT'),
  })
  await store.close()
  expect(await healthOf(systemRuntime, store, folder)()).toMatchObject({
    healthy: false,
    why: expect.stringContaining('no more work'),
  })
})

test('many who ask at once, or soon afterwards, cost one look', async () => {
  const health = healthOf(systemRuntime, store, folder)
  let looks = 0
  store.whenCommitted(() => looks++)
  await Promise.all([health(), health(), health()])
  await health()
  expect(looks).toBe(1)
})

test('a store says how long its commits take', async () => {
  const heard: number[] = []
  store.whenCommitted(ms => heard.push(ms))
  await store.execute(async tx => tx.all('SELECT 1 AS one'))
  expect(heard).toHaveLength(1)
  expect(heard[0]).toBeGreaterThan(0)
})

test('a process that stands still is seen', async () => {
  const over = new AbortController()
  const late: number[] = []
  const watching = watchLoopDelay(systemRuntime, over.signal, ms => late.push(ms))
  await systemRuntime.sleep(20)
  const untilMs = systemRuntime.monotonicMs() + 250
  while (systemRuntime.monotonicMs() < untilMs);
  await systemRuntime.sleep(150)
  over.abort()
  await watching
  expect(Math.max(...late)).toBeGreaterThan(100)
})
