/**
 * Run by `change-log.test.ts`, which kills it or takes its room away: commands of every kind without an end, alone and in groups, each
 * writing `done <id>` to standard output when it is durable. Argument: the folder.
 */
import { writeSync } from 'node:fs'
import { systemRuntime } from '../../src/runtime.ts'
import { openStore } from '../../src/store/open.ts'
import { UnknownOutcome } from '../../src/store/store.ts'

const [folder = ''] = process.argv.slice(2)
const schema = 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL, changed INTEGER NOT NULL) STRICT'
const migrations = [{ room: 'test', number: 1, sql: schema }]
const store = openStore({ runtime: systemRuntime, at: { folder }, migrations, groupSize: 16 })

const row = await store.read(tx => tx.one<{ last: bigint | null }>('SELECT max(id) AS last FROM note'))
let last = row?.last ?? 0n

async function perform(): Promise<void> {
  const id = ++last
  try {
    await store.execute(async tx => {
      await tx.run('INSERT INTO note (id, text, changed) VALUES (?, ?, 0)', id, `note ${id} ${'x'.repeat(3_000)}`)
      await tx.all('UPDATE note SET changed = changed + 1 WHERE id = ? RETURNING changed', id - (id % 7n))
      // Every eleventh changes its mind, which makes its group run again with savepoints.
      if (id % 11n === 0n) throw new Error('changed my mind')
    })
    writeSync(1, `done ${id}\n`)
  } catch (error) {
    if (error instanceof UnknownOutcome) writeSync(1, `unknown ${id}\n`)
  }
}

for (;;) {
  await Promise.all(Array.from({ length: 1 + Number(last % 23n) }, perform))
}
