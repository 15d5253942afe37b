import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { openStore } from '../../../src/store/open.ts'
import { type ReadTx, type Store, StoreClosed } from '../../../src/store/store.ts'

const migrations = [{ room: 'test', number: 1, sql: 'CREATE TABLE item (id INTEGER PRIMARY KEY) STRICT' }]
const count = async (tx: ReadTx) => (await tx.one<{ n: bigint }>('SELECT count(*) AS n FROM item'))?.n

describe.each(['on disk', 'in memory'])('queries %s', place => {
  let folder: string
  let store: Store
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tonebank-reader-'))
    const at = place === 'on disk' ? { folder } : ({ memory: 'empty' } as const)
    store = openStore({ runtime: systemRuntime, at, migrations })
  })
  afterEach(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })

  test('each sees everything that was answered before it was asked', async () => {
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        await store.execute(tx => tx.run('INSERT INTO item (id) VALUES (?)', BigInt(i)))
        const seen = await store.read(tx => tx.one('SELECT id FROM item WHERE id = ?', BigInt(i)))
        expect(seen).toEqual({ id: BigInt(i) })
        if (i % 3 === 0) return
        await store.execute(tx => tx.run('INSERT INTO item (id) VALUES (?)', BigInt(1_000 + i)))
        expect(await store.read(tx => tx.one('SELECT id FROM item WHERE id = ?', BigInt(1_000 + i)))).toBeDefined()
      }),
    )
  })

  test('one that fails, or waits for something else, does not disturb those that were asked with it', async () => {
    const thrice = async (tx: ReadTx) => [await count(tx), await count(tx), await count(tx)]
    const outcomes = await Promise.allSettled([
      store.read(thrice),
      store.read(tx => tx.all('SELECT nothing FROM item')),
      store.read(thrice),
      store.read(() => new Promise(() => {})),
      store.read(thrice),
      store.read(tx => tx.all('INSERT INTO item (id) VALUES (1) RETURNING id')),
      store.read(thrice),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    await store.execute(tx => tx.run('INSERT INTO item (id) VALUES (7)'))
    expect(await store.read(count)).toBe(1n)
  })

  test('are refused by a closed store, and answered when they came before', async () => {
    const before = store.read(count)
    await store.close()
    expect(await before).toBe(0n)
    await expect(store.read(count)).rejects.toBeInstanceOf(StoreClosed)
  })
})
