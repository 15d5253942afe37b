/** One command opens books that PostgreSQL keeps: after a process that died, and not beside one that serves. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parseInstallation } from '../../../src/operations/installation/file.ts'
import { keepingForOne } from '../../../src/operations/keeping.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { beginNewBooks } from '../../../src/store/keeper/beginning.ts'
import { Link } from '../../../src/store/keeper/link.ts'
import { openKeptStore } from '../../../src/store/keeper/open-kept.ts'
import { usualTimes } from '../../../src/store/keeper/place.ts'
import { Postgres } from '../../support/postgres.ts'
import { believing } from '../../support/vouching.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let folder: string
let postgres: Postgres
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-for-one-'))
  postgres = await Postgres.start()
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true })
})

function openedForOne() {
  writeFileSync(join(folder, 'password'), postgres.password, { mode: 0o600 })
  const text = `keeper:
  hosts: [{ host: 127.0.0.1, port: ${postgres.port} }]
  database: postgres
  user: tonebank
  passwordFile: password
institutions: []
`
  const keeping = keepingForOne(parseInstallation(join(folder, 'tonebank.yaml'), text), 'harbour', systemRuntime)
  if (keeping === undefined) throw new Error('the file names no keeper')
  const at = { folder: join(folder, 'books') }
  return openKeptStore({
    runtime: systemRuntime,
    at,
    migrations: [],
    institution: 'harbour',
    vouching: believing,
    ...keeping,
  })
}

test('it waits for the lease of another machine whose process died, and is refused while another renews it', async () => {
  mkdirSync(join(folder, 'books'), { mode: 0o700 })
  beginNewBooks(join(folder, 'books'))
  await (await openedForOne()).close()
  const link = new Link(systemRuntime, postgres.place(), usualTimes)
  // As another machine would.
  const take = () => link.query('UPDATE tonebank_lease SET epoch = epoch + 1, renewals = 0, free = false')
  const renew = () => link.query('UPDATE tonebank_lease SET renewals = renewals + 1')
  await take()
  const afterDeath = await openedForOne()
  await afterDeath.close()
  await take()
  const other = new AbortController()
  const serving = (async () => {
    while (!other.signal.aborted) await renew().then(() => systemRuntime.sleep(200))
  })()
  await expect(openedForOne()).rejects.toThrow('another process has the lease')
  other.abort()
  await serving
  link.close()
})
