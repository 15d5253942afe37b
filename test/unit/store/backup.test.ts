/** A log that is shipped to another place gives the same books there, whatever died, was cut or was changed on the way. */
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { assertOwnBackup, Follower, OtherBooks } from '../../../src/store/backup/follower.ts'
import { BackupDamaged, recordsIn, ShippedLog } from '../../../src/store/backup/log-file.ts'
import { restoreBooks } from '../../../src/store/backup/restore.ts'
import { noHead } from '../../../src/store/change-log/head.ts'
import { readLog } from '../../../src/store/change-log/tables.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'

/** What happens just before a checkpoint is taken. */
const before = vi.hoisted(() => ({ checkpoint: () => {} }))
vi.mock('../../../src/store/change-log/checkpoint.ts', async original => {
  const real = await original<typeof import('../../../src/store/change-log/checkpoint.ts')>()
  return {
    ...real,
    takeCheckpoint: (...given: Parameters<typeof real.takeCheckpoint>) => {
      before.checkpoint()
      return real.takeCheckpoint(...given)
    },
  }
})

const migrations = [
  { room: 'test', number: 1, sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT' },
]
const sign = async () => ({ signer: 'harbour', keyId: 'key', bytes: Buffer.from('signature') })

let home: string
let store: Store
let last: bigint
const at = (name: string) => join(home, name)
const open = (name: string) => openStore({ runtime: systemRuntime, at: { folder: at(name) }, migrations })
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tonebank-backup-'))
  store = open('books')
  last = 0n
})
afterEach(async () => {
  await store.close()
  rmSync(home, { recursive: true })
})

async function write(count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await store.execute(tx => tx.run('INSERT INTO note (id, text) VALUES (?, ?)', ++last, `note ${last}`))
}
const follow = (options = {}) => new Follower(at('books'), at('backup'), options)
const shipOnce = (options = {}) => {
  const follower = follow(options)
  follower.ship()
  follower.close()
}
async function notesIn(name: string): Promise<bigint> {
  const restored = open(name)
  const row = await restored.read(tx => tx.one<{ notes: bigint }>('SELECT count(*) AS notes FROM note'))
  await restored.close()
  return row?.notes ?? -1n
}
const logFile = () => join(at('backup/log'), readdirSync(at('backup/log')).sort().at(-1) ?? '')

test('what was shipped is restored, to the last record', async () => {
  await write(3)
  const follower = follow()
  await write(5)
  expect(follower.ship()).toMatchObject({ behind: 0n, head: store.head() })
  await write(2)
  expect(follower.ship()).toMatchObject({ behind: 0n })
  follower.close()
  expect(restoreBooks(at('backup'), at('again'))).toEqual({ outcome: 'restored', head: store.head(), records: 7n })
  expect(await notesIn('again')).toBe(10n)
})

test('a round copies a bounded number, and says what is still to come', async () => {
  const follower = follow({ most: 2 })
  await write(5)
  expect(follower.ship().behind).toBe(3n)
  expect(follower.ship().behind).toBe(1n)
  expect(follower.ship().behind).toBe(0n)
  follower.close()
})

test('a follower that was away goes on where it was', async () => {
  await write(2)
  shipOnce()
  await write(2)
  shipOnce()
  expect(restoreBooks(at('backup'), at('again'))).toMatchObject({ outcome: 'restored', head: store.head() })
})

test('one that was away until the log was gone begins with a checkpoint again', async () => {
  await write(2)
  shipOnce()
  await write(3)
  await store.checkpoint({ sign })
  await write(1)
  await store.checkpoint({ sign })
  await write(1)
  shipOnce()
  expect(restoreBooks(at('backup'), at('again'))).toMatchObject({ outcome: 'restored', head: store.head() })
  expect(await notesIn('again')).toBe(last)
})

test('after so much log a checkpoint is taken there, and what is older goes', async () => {
  for (let round = 0; round < 4; round++) {
    await write(2)
    shipOnce({ checkpointAfterBytes: 1 })
  }
  expect(readdirSync(at('backup/checkpoints')).filter(name => name.endsWith('.db'))).toHaveLength(2)
  expect(restoreBooks(at('backup'), at('again'))).toMatchObject({ outcome: 'restored', head: store.head() })
})

test('half an entry at the end is cut off, and shipping goes on', async () => {
  await write(2)
  shipOnce()
  const file = logFile()
  const whole = readFileSync(file)
  await write(1)
  writeFileSync(file, Buffer.concat([whole, Buffer.from([0, 0, 1, 0, 7, 7])]))
  shipOnce()
  expect(restoreBooks(at('backup'), at('again'))).toMatchObject({ outcome: 'restored', head: store.head() })
})

test('a log that lost what it had is damaged, and says so', async () => {
  shipOnce()
  await write(3)
  shipOnce()
  truncateSync(logFile(), readFileSync(logFile()).length - 1)
  expect(() => restoreBooks(at('backup'), at('again'))).toThrow(BackupDamaged)
  expect(existsSync(at('again/institution.db'))).toBe(false)
})

test('a record that was changed is damage, and says where', async () => {
  shipOnce()
  await write(3)
  shipOnce()
  const bytes = readFileSync(logFile())
  bytes[80] = (bytes[80] ?? 0) ^ 1
  writeFileSync(logFile(), bytes)
  expect(() => restoreBooks(at('backup'), at('again'))).toThrow(/damaged: .*at byte 15/)
})

test('a checkpoint that was changed is passed over for the one before', async () => {
  await write(2)
  shipOnce({ checkpointAfterBytes: 1 })
  await write(2)
  shipOnce({ checkpointAfterBytes: 1 })
  const newest = readdirSync(at('backup/checkpoints'))
    .filter(name => name.endsWith('.db'))
    .sort()
    .at(-1)
  const bytes = readFileSync(at(`backup/checkpoints/${newest}`))
  bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 255
  writeFileSync(at(`backup/checkpoints/${newest}`), bytes)
  expect(restoreBooks(at('backup'), at('again'))).toMatchObject({ outcome: 'restored', head: store.head() })
})

test('books that were put back are not followed into the backup of the later ones', async () => {
  await write(2)
  shipOnce()
  const early = at('early')
  expect(restoreBooks(at('backup'), early)).toMatchObject({ outcome: 'restored' })
  await write(2)
  shipOnce()
  expect(() => new Follower(early, at('backup'))).toThrow(OtherBooks)
  expect(() => assertOwnBackup(early, at('backup'))).toThrow(OtherBooks)
  assertOwnBackup(early, at('nowhere'))
  expect(existsSync(at('nowhere')), 'looked at, not made').toBe(false)
  const other = open('early')
  await other.execute(tx => tx.run('INSERT INTO note (id, text) VALUES (99, ?)', 'elsewhere'))
  await other.execute(tx => tx.run('INSERT INTO note (id, text) VALUES (100, ?)', 'elsewhere'))
  await other.close()
  expect(() => new Follower(early, at('backup'))).toThrow(OtherBooks)
})

test('books that are there are never written over, and no backup is said to be none', async () => {
  await write(1)
  shipOnce()
  expect(restoreBooks(at('backup'), at('books'))).toEqual({ outcome: 'books-there' })
  expect(restoreBooks(at('nothing'), at('again'))).toEqual({ outcome: 'no-backup' })
})

test('what fails halfway, as on a full disk, leaves nothing behind that the next record would stand after', async () => {
  await write(4)
  const [first, second, third] = await store.read(tx => readLog(tx, 0n, 3))
  if (!first || !second || !third) throw new Error('nothing was written')
  const broken = {
    ...third,
    get record(): Uint8Array {
      throw new Error('no space is left')
    },
  }
  const log = new ShippedLog(at('a.log'), noHead, noHead)
  log.append([first])
  expect(() => log.append([second, broken])).toThrow('no space')
  log.append([second, third])
  log.close()
  expect([...recordsIn(at('a.log'))].map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n])
})

test('half an entry that could not be cut off either, as the disk was away, is cut off before the next', async () => {
  await write(2)
  const [first, second] = await store.read(tx => readLog(tx, 0n, 2))
  if (!first || !second) throw new Error('nothing was written')
  const log = new ShippedLog(at('a.log'), noHead, noHead)
  log.append([first])
  appendFileSync(at('a.log'), Buffer.from([0, 0, 1, 0, 7, 7]))
  log.append([second])
  log.close()
  expect([...recordsIn(at('a.log'))].map(({ sequence }) => sequence)).toEqual([1n, 2n])
})

test('a new checkpoint that comes to no end, as on a full disk, leaves the old one, whose log goes on', async () => {
  await write(2)
  const follower = follow({ checkpointAfterBytes: 1 })
  // There is no room for the log that follows it.
  before.checkpoint = () => mkdirSync(at(`backup/log/${String(store.head()?.sequence).padStart(12, '0')}.log`))
  for (let round = 0; round < 2; round++) {
    await write(1)
    expect(() => follower.ship()).toThrow(/directory/)
    expect(restoreBooks(at('backup'), at(`again-${round}`))).toMatchObject({ outcome: 'restored', head: store.head() })
  }
  before.checkpoint = () => {}
  await write(1)
  expect(follower.ship()).toMatchObject({ behind: 0n, head: store.head() })
  follower.close()
  shipOnce()
  expect(restoreBooks(at('backup'), at('again'))).toMatchObject({ outcome: 'restored', head: store.head() })
})

test('a backup whose log lost what it had is not gone on with', async () => {
  shipOnce()
  await write(3)
  shipOnce()
  const whole = readFileSync(logFile())
  truncateSync(logFile(), whole.length - 1)
  expect(follow).toThrow(BackupDamaged)
  rmSync(logFile())
  expect(follow).toThrow(BackupDamaged)
})

test('books are not restored beside a write-ahead log that was left behind', async () => {
  await write(1)
  shipOnce()
  expect(restoreBooks(at('backup'), at('again'))).toMatchObject({ outcome: 'restored' })
  rmSync(at('again/institution.db'))
  writeFileSync(at('again/institution.db-wal'), 'of the books that were there')
  expect(restoreBooks(at('backup'), at('again'))).toEqual({ outcome: 'books-there' })
})

test('what is committed while a new checkpoint is taken stands behind the older one, too', async () => {
  await write(3)
  const follower = follow({ checkpointAfterBytes: 1 })
  await write(3)
  await store.close()
  before.checkpoint = () => {
    before.checkpoint = () => {}
    const child = join(import.meta.dirname, 'backup-child.ts')
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', child, at('books'), 'x', 'y', 'z'])
    expect(status, String(stderr)).toBe(0)
  }
  const { head } = follower.ship()
  follower.close()
  store = open('books')
  expect(head.sequence, 'with the three of the other process').toBe(store.head()?.sequence)
  // The newest checkpoint is damaged: the one before it is the base, and its log has to reach as far.
  const newest = readdirSync(at('backup/checkpoints'))
    .filter(name => name.endsWith('.db'))
    .sort()
    .at(-1)
  writeFileSync(join(at('backup/checkpoints'), newest ?? ''), 'nothing of a database')
  expect(restoreBooks(at('backup'), at('again'))).toMatchObject({
    outcome: 'restored',
    head: { sequence: head.sequence },
  })
  expect(await notesIn('again')).toBe(9n)
})
