/** When there is no room for a commit its commands are refused or unknown; nothing of them is there, and with room again all goes on. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { ChangeLog } from '../../../src/store/change-log/change-log.ts'
import { rebuildAndCompare } from '../../../src/store/change-log/rebuild-and-compare.ts'
import { databaseIn, openFile, type Sqlite } from '../../../src/store/connection.ts'
import { migrate } from '../../../src/store/migrations.ts'
import { Writer } from '../../../src/store/writer.ts'

let folder: string
let database: Sqlite
let changes: ChangeLog
let writer: Writer
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-full-'))
  database = openFile(databaseIn(folder))
  migrate(database, [{ room: 'test', number: 1, sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT) STRICT' }])
  changes = new ChangeLog(database, new Set())
  writer = new Writer(database, systemRuntime, 128, { changes })
})
afterEach(async () => {
  await writer.stop()
  database.close()
  rmSync(folder, { recursive: true })
})

const insert = (id: bigint, bytes: number) =>
  writer.execute(tx => tx.run('INSERT INTO note (id, text) VALUES (?, ?)', id, 'x'.repeat(bytes)))
const ids = () => database.prepare('SELECT id FROM note ORDER BY id').pluck().all()

/** SQLite gives no more pages than so, as if the disk had no more. */
function leaveRoomFor(pages: number): void {
  const used = database.pragma('page_count', { simple: true }) as bigint
  database.pragma(`max_page_count = ${used + BigInt(pages)}`)
}

describe.each([
  ['the rows', 100, 1_000_000],
  // The row has room, the record of it has none.
  ['the record of the log', 14, 40_000],
])('without room for %s', (_, pages, bytes) => {
  test('nothing of the group is there, and the store goes on', async () => {
    await insert(1n, 10)
    const before = changes.head
    leaveRoomFor(pages)
    const group = await Promise.allSettled([insert(2n, 10), insert(3n, bytes), insert(4n, 10)])
    expect(group[1]?.status).toBe('rejected')
    const kept = ids()
    // What was answered as done is there, and nothing else.
    const done = group.flatMap(({ status }, index) => (status === 'fulfilled' ? [BigInt(index + 2)] : []))
    expect(kept).toEqual([1n, ...done])
    if (done.length === 0) expect(changes.head).toEqual(before)
    database.pragma('max_page_count = 1000000')
    await insert(5n, bytes)
    expect(ids()).toEqual([...kept, 5n])
    expect(rebuildAndCompare({ folder })).toMatchObject({ divergences: [], head: changes.head })
  })
})
