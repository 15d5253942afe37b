import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Runtime, systemRuntime } from '../../../src/runtime.ts'
import { beginMark } from '../../../src/store/keeper/beginning.ts'
import { openKeptStore } from '../../../src/store/keeper/open-kept.ts'
import { type OpenStore, openStore } from '../../../src/store/open.ts'
import { CommandFault, type Store, StoreClosed, type Tx, UnknownOutcome } from '../../../src/store/store.ts'
import { Postgres } from '../../support/postgres.ts'
import { believing } from '../../support/vouching.ts'

const migrations = [
  {
    room: 'test',
    number: 1,
    sql: `
      CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
      CREATE TRIGGER disaster BEFORE INSERT ON note WHEN NEW.text = 'disaster'
        BEGIN SELECT RAISE(ROLLBACK, 'the disk is gone'); END`,
  },
]
/** Of which PostgreSQL would keep what the commit then refuses. */
const deferring = {
  room: 'test',
  number: 2,
  sql: 'CREATE TABLE page (note INTEGER REFERENCES note DEFERRABLE INITIALLY DEFERRED) STRICT',
}

const write =
  (id: bigint, text = 'x') =>
  (tx: Tx) =>
    tx.run('INSERT INTO note VALUES (?, ?)', id, text)
const ids = async (store: Store) =>
  (await store.read(tx => tx.all<{ id: bigint }>('SELECT id FROM note ORDER BY id'))).map(row => row.id)

let postgres: Postgres
beforeAll(async () => {
  postgres = await Postgres.start()
})
afterAll(() => postgres.stop())

let folder: string
let institution = 0
beforeEach(() => {
  institution++
  folder = mkdtempSync(join(tmpdir(), 'tonebank-store-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function watched(onReached: (point: string) => void): Runtime {
  return { ...systemRuntime, reached: onReached }
}

describe.each([
  { place: 'disk', isKept: false },
  { place: 'memory', isKept: false },
  { place: 'disk', isKept: true },
  { place: 'memory', isKept: true },
] as const)('commands on $place, kept by PostgreSQL: $isKept', ({ place, isKept }) => {
  const open = async (options: Partial<OpenStore> = {}): Promise<Store> => {
    const all: OpenStore = {
      runtime: systemRuntime,
      at: place === 'disk' ? { folder } : { memory: 'empty' },
      migrations,
      ...options,
    }
    if (!isKept) return openStore(all)
    if (place === 'disk') writeFileSync(beginMark(folder), '')
    const kept = { keeper: postgres.place(), vouching: believing, lost: () => {} }
    return openKeptStore({ ...all, institution: `bank-${institution}`, ...kept })
  }

  test('many commands share a commit, and at most a group of them', async () => {
    const points: string[] = []
    const store = await open({ runtime: watched(point => points.push(point)), groupSize: 64 })
    await Promise.all(Array.from({ length: 100 }, (_, i) => store.execute(write(BigInt(i)))))
    expect(points.filter(point => point === 'store.committed')).toHaveLength(2)
    await store.close()
  })

  test('an answer leaves after its commit', async () => {
    const order: string[] = []
    const store = await open({ runtime: watched(point => order.push(point)) })
    await store.execute(write(1n)).then(() => order.push('answer'))
    expect(order.indexOf('answer')).toBeGreaterThan(order.indexOf('store.committed'))
    const failing = store.execute(() => Promise.reject(new Error('no')))
    order.length = 0
    await failing.catch(() => order.push('refusal'))
    expect(order.indexOf('refusal')).toBeGreaterThan(order.indexOf('store.committed'))
    await store.close()
  })

  test('commands run one after another, in the order in which they came', async () => {
    const store = await open()
    const under: string[] = []
    await Promise.all(
      ['a', 'b', 'c'].map(name =>
        store.execute(async tx => {
          under.push(`${name} starts`)
          await tx.all('SELECT 1')
          under.push(`${name} ends`)
        }),
      ),
    )
    expect(under).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends'])
    await store.close()
  })

  test('nothing remains of a command that fails, and its neighbours are not touched', async () => {
    const store = await open()
    const failing = store.execute(async tx => {
      await write(2n)(tx)
      throw new Error('changed my mind')
    })
    const results = await Promise.allSettled([store.execute(write(1n)), failing, store.execute(write(3n))])
    expect(results.map(result => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await ids(store)).toEqual([1n, 3n])
    await store.close()
  })

  test('where none fails each command runs once; where one does, the group runs again and the answers are those of that run', async () => {
    const store = await open()
    const runs = { first: 0, last: 0 }
    const count = (tx: Tx) => tx.one<{ count: bigint }>('SELECT count(*) AS count FROM note')
    const group = (failing: boolean) =>
      Promise.allSettled([
        store.execute(async tx => {
          await write(BigInt(10 * runs.first))(tx)
          return `run ${++runs.first} found ${(await count(tx))?.count}`
        }),
        store.execute(async tx => {
          await write(99n)(tx)
          if (failing) throw new Error('changed my mind')
          await tx.run('DELETE FROM note WHERE id = 99')
        }),
        store.execute(async tx => {
          await write(BigInt(10 * runs.last + 1))(tx)
          return `run ${++runs.last} found ${(await count(tx))?.count}`
        }),
      ])
    expect(await group(false)).toMatchObject([{ value: 'run 1 found 1' }, {}, { value: 'run 1 found 2' }])
    // The last one was not reached when the group ran for the first time.
    expect(await group(true)).toMatchObject([
      { value: 'run 3 found 3' },
      { reason: new Error('changed my mind') },
      { value: 'run 2 found 4' },
    ])
    expect(await ids(store)).toEqual([0n, 1n, 11n, 20n])
    await store.close()
  })

  test('a command that fails only when its group runs again is refused, whatever it said before', async () => {
    const store = await open()
    let runs = 0
    const results = await Promise.allSettled([
      store.execute(async tx => {
        await write(1n)(tx)
        if (++runs === 2) throw new Error('not twice')
        return 'fine'
      }),
      store.execute(() => Promise.reject(new Error('no'))),
      store.execute(write(2n)),
    ])
    expect(results).toMatchObject([{ reason: new Error('not twice') }, { reason: new Error('no') }, { value: 1n }])
    expect(await ids(store)).toEqual([2n])
    await store.close()
  })

  test('what a strayed run says late is no answer, when its command has run again since', async () => {
    const store = await open()
    let runs = 0
    const strays = store.execute(async tx => {
      await write(1n)(tx)
      const run = ++runs
      // Too late by just so much that the other run has ended, and is not yet committed.
      if (run === 1) await new Promise(resolve => setImmediate(resolve))
      return `run ${run}`
    })
    const waits = store.execute(() => new Promise(() => {}))
    expect(await strays).toBe('run 2')
    await expect(waits).rejects.toThrow(CommandFault)
    expect(await ids(store)).toEqual([1n])
    await store.close()
  })

  test('a command whose statement failed fails, even if it looks away', async () => {
    const store = await open()
    await store.execute(write(1n))
    const careless = store.execute(async tx => {
      await write(2n)(tx)
      await write(1n)(tx).catch(() => {})
      return 'fine'
    })
    await expect(careless).rejects.toThrow('UNIQUE')
    expect(await ids(store)).toEqual([1n])
    await store.close()
  })

  test('a command that awaits anything but its transaction is refused; those behind it are not', async () => {
    const store = await open()
    const strays = store.execute(async tx => {
      await write(1n)(tx)
      await new Promise(resolve => setTimeout(resolve, 20))
      await write(2n)(tx)
    })
    const behind = store.execute(write(3n))
    await expect(strays).rejects.toThrow(CommandFault)
    await behind
    await new Promise(resolve => setTimeout(resolve, 40))
    expect(await ids(store)).toEqual([3n])
    await store.close()
  })

  test('so is a query', async () => {
    const store = await open()
    await expect(store.read(() => new Promise(() => {}))).rejects.toThrow(CommandFault)
    expect(await ids(store)).toEqual([])
    await store.close()
  })

  test('a transaction is of no use once its command has ended', async () => {
    const store = await open()
    let kept: Tx | undefined
    await store.execute(async tx => {
      kept = tx
    })
    await expect(kept?.all('SELECT 1')).rejects.toThrow('had ended')
    await store.close()
  })

  test('when SQLite ends the transaction by itself, the whole group is unknown, and nothing of it happened', async () => {
    const store = await open()
    const group = [store.execute(write(1n)), store.execute(write(2n, 'disaster')), store.execute(write(3n))]
    const results = await Promise.allSettled(group)
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(UnknownOutcome) })
    }
    expect(await ids(store)).toEqual([])
    await store.execute(write(4n))
    expect(await ids(store)).toEqual([4n])
    await store.close()
  })

  test('so it is when that happens as the group runs again', async () => {
    const store = await open()
    const no = store.execute(() => Promise.reject(new Error('no')))
    const results = await Promise.allSettled([store.execute(write(1n)), no, store.execute(write(2n, 'disaster'))])
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(UnknownOutcome) })
    }
    expect(await ids(store)).toEqual([])
    await store.close()
  })

  test('when the commit fails, the whole group is unknown; a kept store has no commit that may fail', async () => {
    const opening = open({ migrations: [...migrations, deferring] })
    if (isKept) return expect(opening).rejects.toThrow('only the commit would check')
    const store = await opening
    const group = [store.execute(write(1n)), store.execute(tx => tx.run('INSERT INTO page VALUES (99)'))]
    for (const result of await Promise.allSettled(group)) {
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(UnknownOutcome) })
    }
    expect(await ids(store)).toEqual([])
    await store.close()
  })

  test('a query sees what is committed and nothing else', async () => {
    const store = await open()
    await store.execute(write(1n))
    const [, seen] = await Promise.all([store.execute(write(2n)), ids(store)])
    expect([[1n], [1n, 2n]]).toContainEqual(seen)
    expect(await ids(store)).toEqual([1n, 2n])
    await store.close()
  })

  test('closing lets commands under way finish and refuses later ones', async () => {
    const store = await open()
    const last = store.execute(write(1n))
    const closing = store.close()
    await expect(store.execute(write(2n))).rejects.toThrow(StoreClosed)
    await last
    await closing
  })

  test.each([
    ['store.begun', false],
    ['store.before-commit', false],
    ['store.committed', true],
  ] as const)('stopped at %s, the group is unknown and took effect: %s', async (point, tookEffect) => {
    const store = await open({
      runtime: watched(reached => {
        if (reached === point) throw new Error('killed')
      }),
    })
    await expect(store.execute(write(1n))).rejects.toThrow(UnknownOutcome)
    await expect(store.execute(write(2n))).rejects.toThrow(StoreClosed)
    const again = openStore({ runtime: systemRuntime, at: { memory: await leftBy(store) }, migrations })
    expect(await ids(again)).toEqual(tookEffect ? [1n] : [])
  })

  /** What a process that starts after the crash would find. */
  async function leftBy(store: Store): Promise<Uint8Array> {
    if (place === 'memory' && !isKept) return store.snapshot()
    await store.close()
    const reopened = await open()
    const bytes = await reopened.snapshot()
    await reopened.close()
    return bytes
  }

  test('a snapshot holds what is committed and opens in memory', async () => {
    const store = await open()
    await Promise.all([store.execute(write(1n)), store.execute(write(2n))])
    const copy = openStore({ runtime: systemRuntime, at: { memory: await store.snapshot() }, migrations })
    await copy.execute(write(3n))
    expect(await ids(copy)).toEqual([1n, 2n, 3n])
    expect(await ids(store)).toEqual([1n, 2n])
    await store.close()
    await copy.close()
  })
})
