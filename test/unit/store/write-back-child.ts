/** Commits once, so much that the thread which writes it back has just been sent, and closes: as a command of a few hundred milliseconds. */
import { systemRuntime } from '../../../src/runtime.ts'
import { openStore } from '../../../src/store/open.ts'
import { usualWalLimits } from '../../../src/store/write-back.ts'

const [folder = ''] = process.argv.slice(2)
const migrations = [
  { room: 'test', number: 1, sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT' },
]
const walLimits = { ...usualWalLimits, passBytes: 10_000 }
const store = openStore({ runtime: systemRuntime, at: { folder }, migrations, walLimits })
await store.execute(tx => tx.run('INSERT INTO note VALUES (1, ?)', 'x'.repeat(100_000)))
await store.close()
