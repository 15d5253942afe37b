/** An institution's own process while another machine has its lease: it says that it stands by, follows, and ends when it is asked to, or is alone. */
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoText } from '../../demo/institutions.ts'
import { bankTables } from '../../src/bank/tables.ts'
import { type Brief, entryBrief, keeperBrief } from '../../src/operations/brief.ts'
import { institutionOf, parseInstallation } from '../../src/operations/installation/file.ts'
import { places } from '../../src/operations/places.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { currentGeneration } from '../../src/speech/manifest.ts'
import { databaseIn, openFileReadOnly } from '../../src/store/connection.ts'
import { openKeptStore } from '../../src/store/keeper/open-kept.ts'
import type { Store } from '../../src/store/store.ts'
import { Postgres } from '../support/postgres.ts'
import { believing } from '../support/vouching.ts'

let folder: string
let postgres: Postgres
let serving: Store
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-standing-by-'))
  postgres = await Postgres.start()
  serving = await openKeptStore({
    runtime: systemRuntime,
    at: { memory: 'empty' },
    migrations: bankTables,
    institution: 'garden',
    vouching: believing,
    keeper: postgres.place(),
    lost: () => {},
  })
}, 60_000)
afterAll(async () => {
  await serving.close()
  await postgres.stop()
  rmSync(folder, { recursive: true })
})

function born(): { readonly child: ChildProcess; readonly said: Promise<unknown>; readonly gone: Promise<unknown> } {
  const installation = parseInstallation(join(folder, 'tonebank.yaml'), demoText)
  const brief: Brief = {
    entry: entryBrief(institutionOf(installation, 'garden')),
    folder: join(folder, 'garden'),
    prompts: currentGeneration(places.promptsCache) ?? '',
    keeper: keeperBrief(postgres.place()),
    asterisks: [{ name: '1', url: 'http://127.0.0.1:1', user: 'nobody', password: { $secret: 'none' } }],
    operations: { port: 0, drainMs: 0 },
    clearing: { port: 0, peers: {} },
  }
  const child = fork('bin/tonebank.mjs', ['institution', 'garden'], { execArgv: [], stdio: 'ignore' })
  const said = new Promise(resolve => child.once('message', resolve))
  const gone = new Promise(resolve => child.once('exit', code => resolve(code)))
  child.send(brief)
  return { child, said, gone }
}

test.each([
  ['is asked to stop', (child: ChildProcess) => void child.send('stop')],
  ['has lost its parent', (child: ChildProcess) => child.disconnect()],
])(
  'it follows until it %s',
  async (_when, dismiss) => {
    const { child, said, gone } = born()
    try {
      expect(await Promise.race([said, gone])).toBe('standing-by')
      const books = openFileReadOnly(databaseIn(join(folder, 'garden')))
      expect(books.prepare('SELECT max(sequence) AS last FROM change_log').get()).toEqual({
        last: serving.head()?.sequence,
      })
      books.close()
      expect(readFileSync(join(folder, 'garden/log.ndjson'), 'utf8')).toContain('another process has the lease')
      dismiss(child)
      expect(await gone).toBe(0)
    } finally {
      child.kill('SIGKILL')
    }
  },
  60_000,
)
