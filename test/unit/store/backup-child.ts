/** Writes a few notes into a store, as the owner of the books does while somebody else reads them. */
import { systemRuntime } from '../../../src/runtime.ts'
import { openStore } from '../../../src/store/open.ts'

const [folder = '', ...texts] = process.argv.slice(2)
const migrations = [
  { room: 'test', number: 1, sql: 'CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT' },
]
const store = openStore({ runtime: systemRuntime, at: { folder }, migrations })
for (const text of texts)
  await store.execute(tx => tx.run('INSERT INTO note (id, text) SELECT max(id) + 1, ? FROM note', text))
await store.close()
