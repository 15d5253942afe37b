/** Checkpoints: the log begins anew at the older of the last two, and what it makes from there is what it made from the beginning. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bankTables } from '../../../src/bank/tables.ts'
import { toHex } from '../../../src/bytes.ts'
import { merchantTables } from '../../../src/merchant/start.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { checkpointDigest, checkpointFolder, checkpointsIn } from '../../../src/store/change-log/checkpoint.ts'
import { takeInThread } from '../../../src/store/change-log/checkpoints.ts'
import type { LogHead } from '../../../src/store/change-log/head.ts'
import { rebuildAndCompare } from '../../../src/store/change-log/rebuild-and-compare.ts'
import { readLog } from '../../../src/store/change-log/tables.ts'
import { Database } from '../../../src/store/driver.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { unpackReleased } from '../../support/released.ts'

const migrations = [
  { room: 'test', number: 1, sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT' },
]
const signed: Uint8Array[] = []
const sign = async (digest: Uint8Array) => {
  signed.push(digest)
  return { signer: 'harbour', keyId: 'key', bytes: Buffer.from('signature') }
}

let folder: string
let store: Store
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-checkpoints-'))
  store = openStore({ runtime: systemRuntime, at: { folder }, migrations })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

let last = 0n
async function write(count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await store.execute(tx => tx.run('INSERT INTO note (id, text) VALUES (?, ?)', ++last, `note ${last}`))
}
/** A head as text: a hash is a Buffer where Node gave it, and an array of bytes where it was read. */
const written = (head: LogHead | undefined) => head && { ...head, hash: toHex(head.hash) }
const sequences = async () => (await store.read(tx => readLog(tx, 0n, 1_000))).map(({ sequence }) => sequence)

test('a checkpoint is a database and what it proves, signed, for its owner alone', async () => {
  await write(3)
  signed.length = 0
  const checkpoint = await store.checkpoint({ sign })
  expect(written(checkpoint?.head)).toEqual(written(store.head()))
  expect(readdirSync(checkpointFolder(folder)).sort()).toEqual(['000000000004.db', '000000000004.json'])
  for (const name of readdirSync(checkpointFolder(folder)))
    expect(statSync(join(checkpointFolder(folder), name)).mode & 0o077, name).toBe(0)
  const [found] = checkpointsIn(checkpointFolder(folder))
  expect(found).toEqual(checkpoint)
  expect(signed.map(digest => Buffer.from(digest))).toEqual([checkpointDigest(found ?? expect.fail('none'))])
  expect(found?.signatures).toEqual([{ signer: 'harbour', keyId: 'key', bytes: new TextEncoder().encode('signature') }])
  expect(found?.tables.find(({ table }) => table === 'note')).toMatchObject({ rows: 3n })
  expect(readFileSync(join(checkpointFolder(folder), '000000000004.json'), 'utf8')).toContain('"table": "note"')
})

test('it is taken while others write, and is of one moment', async () => {
  await write(1)
  const writing = write(40)
  const checkpoint = await store.checkpoint({ sign })
  await writing
  const copy = new Database(checkpoint?.file, { readonly: true })
  const notes = copy.prepare('SELECT count(*) FROM note').pluck().get()
  copy.close()
  // One for the schema, one for each note.
  expect(notes).toBe(Number(checkpoint?.head.sequence) - 1)
  expect(rebuildAndCompare({ folder })).toMatchObject({ divergences: [], head: store.head(), from: checkpoint })
})

test('the log goes up to the older of the last two, and what remains makes the same tables', async () => {
  await write(30)
  await store.checkpoint({ sign })
  await write(30)
  await store.checkpoint({ sign })
  expect((await sequences())[0]).toBe(32n)
  await write(30)
  await store.checkpoint({ sign })
  expect((await sequences())[0]).toBe(62n)
  expect(readdirSync(checkpointFolder(folder))).toHaveLength(4)
  await write(5)
  const rebuilt = rebuildAndCompare({ folder })
  expect(rebuilt).toMatchObject({ divergences: [], records: 5n, from: { head: { sequence: 91n } }, head: store.head() })
  // The older one would do as well.
  for (const kind of ['db', 'json']) rmSync(join(checkpointFolder(folder), `000000000091.${kind}`))
  expect(rebuildAndCompare({ folder })).toMatchObject({ divergences: [], records: 35n })
  for (const kind of ['db', 'json']) rmSync(join(checkpointFolder(folder), `000000000061.${kind}`))
  expect(rebuildAndCompare({ folder }).divergences).toMatchObject([{ kind: 'log', sequence: 62n }])
})

test('records that somebody has not got yet are kept, and the last one always', async () => {
  for (let i = 0; i < 3; i++) {
    await write(5)
    await store.checkpoint({ sign, keepAfter: 4n })
  }
  expect((await sequences())[0]).toBe(5n)
  await store.checkpoint({ sign })
  expect((await sequences())[0]).toBe(12n)
})

test('rows that were changed behind the log’s back are not signed with the rest', async () => {
  await write(3)
  await store.checkpoint({ sign })
  await write(2)
  await store.close()
  const books = new Database(join(folder, 'institution.db'))
  books.exec("UPDATE note SET text = 'changed' WHERE id = (SELECT min(id) FROM note)")
  books.close()
  store = openStore({ runtime: systemRuntime, at: { folder }, migrations })
  signed.length = 0
  await expect(store.checkpoint({ sign })).rejects.toMatchObject({
    name: 'CheckpointDiffers',
    message: expect.stringContaining('note'),
  })
  expect(signed).toEqual([])
  expect(readdirSync(checkpointFolder(folder)).filter(name => name.endsWith('.db'))).toHaveLength(1)
})

test('one that fails leaves nothing on the disk, and says why', async () => {
  await write(3)
  await store.close()
  const books = new Database(join(folder, 'institution.db'))
  books.exec("CREATE TRIGGER full BEFORE DELETE ON change_log BEGIN SELECT RAISE(ABORT, 'no room'); END")
  books.close()
  mkdirSync(checkpointFolder(folder))
  // A process died between a snapshot and its facts.
  writeFileSync(join(checkpointFolder(folder), '000000000002.db'), 'as large as the books')
  const file = join(folder, 'institution.db')
  await expect(takeInThread({ file, folder: checkpointFolder(folder) })).rejects.toThrow('no room')
  expect(readdirSync(checkpointFolder(folder))).toEqual([])
})

test('without a write there is no other, and whoever signed the last one keeps his signature there', async () => {
  await write(1)
  const once = await store.checkpoint({ sign })
  const again = await store.checkpoint({
    sign: async () => ({ signer: 'auditor', keyId: 'other', bytes: new Uint8Array(1) }),
  })
  expect(again?.head).toEqual(once?.head)
  expect(again?.signatures.map(({ signer }) => signer)).toEqual(['harbour', 'auditor'])
})

test('a snapshot that is put in the place of the database goes on with the log', async () => {
  await write(3)
  const checkpoint = await store.checkpoint({ sign })
  const other = join(folder, 'other')
  mkdirSync(other)
  copyFileSync(checkpoint?.file ?? '', join(other, 'institution.db'))
  const copy = openStore({ runtime: systemRuntime, at: { folder: other }, migrations })
  expect(written(copy.head())).toEqual(written(checkpoint?.head))
  await copy.execute(tx => tx.run('DELETE FROM note WHERE id = ?', last))
  expect(copy.head()?.sequence).toBe((checkpoint?.head.sequence ?? 0n) + 1n)
  await copy.close()
})

test.each([
  ["UPDATE note SET text = 'x'", { kind: 'checkpoint', what: expect.stringContaining('note') }],
  ['CREATE INDEX other ON note (text)', { kind: 'checkpoint', what: expect.stringContaining('its schema') }],
])('a snapshot that was changed is not what was signed: %s', async (sql, found) => {
  await write(2)
  const checkpoint = await store.checkpoint({ sign })
  const file = new Database(checkpoint?.file)
  file.exec(sql)
  file.close()
  expect(rebuildAndCompare({ folder }).divergences).toContainEqual(expect.objectContaining(found))
})

test('a log that ends before a checkpoint was cut off', async () => {
  await write(4)
  await store.checkpoint({ sign })
  await store.close()
  const file = new Database(join(folder, 'institution.db'))
  file.exec('DELETE FROM note WHERE id = (SELECT max(id) FROM note); DELETE FROM change_log WHERE sequence = 5')
  file.close()
  expect(rebuildAndCompare({ folder }).divergences).toMatchObject([{ kind: 'log', sequence: 5n }])
})

describe.each([
  ['harbour', bankTables],
  ['lantern', merchantTables],
] as const)('%s of 0.1.0, which had no log', (id, tables) => {
  test('has a checkpoint of what was there before, and its log begins with the migrations', async () => {
    const released = unpackReleased('0.1.0')
    const its = released.folderOf(id)
    try {
      const opened = openStore({ runtime: systemRuntime, at: { folder: its }, migrations: tables })
      await opened.execute(tx => tx.run('UPDATE tries SET used = used'))
      expect(rebuildAndCompare({ folder: its })).toMatchObject({ divergences: [], from: { head: { sequence: 0n } } })
      // It is signed with the next.
      await opened.checkpoint({ sign })
      const [before, after] = checkpointsIn(checkpointFolder(its))
      expect(before?.signatures).toHaveLength(1)
      expect(written(after?.head)).toEqual(written(opened.head()))
      await opened.close()
    } finally {
      released.dispose()
    }
  })
})
