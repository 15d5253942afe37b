/**
 * Run under strace by `durability.test.ts`: durable commands, alone and in bursts, each writing `answer <id>` to standard
 * output the moment its promise resolves. Arguments: folder, and how the store is opened.
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { systemRuntime } from '../../src/runtime.ts'
import { openFile } from '../../src/store/connection.ts'
import { openStore } from '../../src/store/open.ts'
import type { Command } from '../../src/store/store.ts'
import { Writer } from '../../src/store/writer.ts'

const [folder = '', opening = 'delivered'] = process.argv.slice(2)
const schema = 'CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT'

const { execute, close } = opening === 'delivered' ? delivered() : withSynchronous(opening)

function delivered() {
  const migrations = [{ room: 'test', number: 1, sql: schema }]
  return openStore({ runtime: systemRuntime, at: { folder }, migrations })
}

/** The same parts, put together here with another setting. */
function withSynchronous(synchronous: string) {
  const database = openFile(join(folder, 'institution.db'))
  database.exec(schema)
  database.pragma(`synchronous = ${synchronous}`)
  const writer = new Writer(database, systemRuntime, 128)
  return { execute: <O>(command: Command<O>) => writer.execute(command), close: () => writer.stop() }
}

let last = 0
async function perform(): Promise<void> {
  const id = ++last
  await execute(tx => tx.run('INSERT INTO note VALUES (?, ?)', BigInt(id), `<note ${id}>`))
  writeSync(1, `answer ${id}\n`)
}

for (let alone = 0; alone < 20; alone++) await perform()
for (let burst = 0; burst < 5; burst++) await Promise.all(Array.from({ length: 30 }, perform))
await close()
