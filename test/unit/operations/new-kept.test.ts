/** `tonebank new` in an installation whose books PostgreSQL keeps: it is the word by which new ones begin. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { newMerchant } from '../../../bin/commands/new.ts'
import { beginMark } from '../../../src/store/keeper/beginning.ts'
import { keptMark } from '../../../src/store/open.ts'
import { Postgres } from '../../support/postgres.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let postgres: Postgres
let folder = ''
beforeAll(async () => {
  postgres = await Postgres.start()
})
afterAll(() => postgres.stop())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-new-kept-'))
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

it('makes an institution whose books are kept from their first record on', async () => {
  for (const person of ['ann', 'ben'])
    writeFileSync(join(folder, person), `a passphrase of ${person}\n`, { mode: 0o600 })
  writeFileSync(join(folder, 'keeper-password'), `${postgres.password}\n`, { mode: 0o600 })
  const config = join(folder, 'tonebank.yaml')
  writeFileSync(
    config,
    `keeper:
  hosts: [{ host: 127.0.0.1, port: ${postgres.port} }]
  database: postgres
  user: tonebank
  passwordFile: keeper-password
institutions: []
`,
  )
  await newMerchant('cedar', {
    ...{ data: folder, config, nameEn: 'Cedar Fund', nameZh: '雪松基金', rings: '7101', prefix: '7101' },
    ...{ denominations: [1_000], first: 'Ann Lee', firstPassphrase: join(folder, 'ann') },
    ...{ second: 'Ben Ode', secondPassphrase: join(folder, 'ben') },
  })
  const own = join(folder, 'institutions/cedar')
  expect(statSync(own).mode & 0o777).toBe(0o700)
  expect(existsSync(join(own, 'people'))).toBe(true)
  expect(existsSync(beginMark(own))).toBe(false)
  expect(readFileSync(keptMark(own), 'utf8')).toBe('cedar\n')
  const [{ records } = {}] = await postgres.sql(
    `SELECT count(*)::int AS records FROM tonebank_log WHERE institution = 'cedar'`,
  )
  expect(records).toBeGreaterThan(1)
})
