/**
 * A machine of `drill.ts`: opens its books as they are kept, then writes and reads without an end. A line to standard output for each
 * answer, with the moment on the clock that all processes of a machine share. Argument: `Machine` as JSON.
 */
import { writeSync } from 'node:fs'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { openKeptStore } from '../../../src/store/keeper/open-kept.ts'
import type { Store } from '../../../src/store/store.ts'
import { believing } from '../../support/vouching.ts'
import { type Machine, standingBy } from './says.ts'

const { name, folder, port, password, times } = JSON.parse(process.argv[2] ?? '') as Machine
const migrations = [
  { room: 'test', number: 1, sql: 'CREATE TABLE note (maker TEXT, n INTEGER, PRIMARY KEY (maker, n)) STRICT' },
]

/** A pipe may be full when who reads it is busy. */
function say(what: string): void {
  const line = `${process.hrtime.bigint()} ${what}\n`
  for (;;)
    try {
      return void writeSync(1, line)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
}

const store = await openKeptStore({
  runtime: systemRuntime,
  at: { folder },
  migrations,
  groupSize: 16,
  institution: 'bank',
  vouching: believing,
  keeper: {
    hosts: [{ host: '127.0.0.1', port }],
    database: 'postgres',
    user: 'tonebank',
    password: new Secret(password),
  },
  times,
  standingBy: why => why === 'another process has the lease' && say(standingBy),
  lost: cause => {
    say(`lost ${String(cause)}`)
    process.exit(1)
  },
})
say('serving')
void reads(store)
await writes(store)

async function writes(store: Store): Promise<void> {
  for (let n = 0n; ; ) {
    const group = Array.from({ length: 8 }, () => n++)
    const ended = group.map(async id => {
      await store.execute(tx => tx.run('INSERT INTO note (maker, n) VALUES (?, ?)', name, id))
      say(`done ${name} ${id}`)
    })
    const refused = (await Promise.allSettled(ended)).some(({ status }) => status === 'rejected')
    if (refused) await systemRuntime.sleep(5)
  }
}

async function reads(store: Store): Promise<void> {
  const last = 'SELECT max(n) AS n FROM note WHERE maker = ?'
  for (;;) {
    const row = await store.read(tx => tx.one<{ n: bigint | null }>(last, name)).catch(() => undefined)
    if (row !== undefined) say(`read ${name} ${row.n ?? -1n}`)
    await systemRuntime.sleep(2)
  }
}
