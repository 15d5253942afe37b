/** What an institution's keys have to do with books that PostgreSQL keeps: they vouch for what comes from there, and have to be those that the books use. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { closePremises, openPremises, type Premises } from '../../../src/institution/premises.ts'
import { peopleMigrations } from '../../../src/keys/people.ts'
import { changeTo } from '../../../src/mail/own-keys.ts'
import { clearingMigrations } from '../../../src/mail/schema.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { databaseIn } from '../../../src/store/connection.ts'
import { beginMark } from '../../../src/store/keeper/beginning.ts'
import { establish } from '../../../src/store/tenants.ts'
import { institutionId } from '../../support/ids.ts'
import { Postgres } from '../../support/postgres.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const migrations = [...peopleMigrations, ...clearingMigrations]
let folder: string
let postgres: Postgres
let count = 0
let harbour = institutionId('harbour')
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-kept-keys-'))
  postgres = await Postgres.start()
})
afterAll(async () => {
  await postgres.stop()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  harbour = institutionId(`harbour-${++count}`)
})

const at = (machine: string) => join(folder, harbour, machine)
const opened = (machine: string, isKept = true): Promise<Premises> => {
  const keeping = {
    ...{ keeper: postgres.place(), lost: () => {}, standingBy: () => {} },
    signal: new AbortController().signal,
  }
  return openPremises(systemRuntime, { id: harbour, folder: at(machine), ...(isKept && { keeping }) }, migrations)
}
const copyKeys = (from: string, to: string) => {
  rmSync(join(at(to), 'keys'), { recursive: true, force: true })
  cpSync(join(at(from), 'keys'), join(at(to), 'keys'), { recursive: true })
}

/** Books that were there before PostgreSQL kept them, handed over as a checkpoint. */
async function handedOver(): Promise<void> {
  const before = await opened('a', false)
  await before.store.execute(tx => establish(tx, harbour))
  await closePremises(before)
  await closePremises(await opened('a'))
}

const refused = async () => {
  await expect(opened('b')).rejects.toThrow(`the checkpoint of ${harbour} at record`)
  expect(existsSync(databaseIn(at('b')))).toBe(false)
  return opened('b').catch(String)
}

async function forge(change: (signature: { signer: string; signature: string }) => object[]): Promise<void> {
  const of = 'institution = $1'
  const [row] = await postgres.sql(`SELECT facts FROM tonebank_checkpoint WHERE ${of}`, [harbour])
  const facts = JSON.parse(String(row?.['facts']))
  const forged = JSON.stringify({ ...facts, signatures: facts.signatures.flatMap(change) })
  await postgres.sql(`UPDATE tonebank_checkpoint SET facts = $2 WHERE ${of}`, [harbour, forged])
}

test('the first checkpoint is signed, and a machine that has the keys begins with it', async () => {
  await handedOver()
  copyKeys('a', 'b')
  const second = await opened('b')
  expect(second.keys.publicKeys()).toHaveLength(4)
  await closePremises(second)
})

test.each([
  ['nobody has signed', () => [], 'its institution has not signed it'],
  ['somebody else has signed', (each: object) => [{ ...each, signer: 'lantern' }], 'its institution has not signed it'],
  ['was signed otherwise', (each: object) => [{ ...each, signature: 'ab'.repeat(64) }], 'its signature is not genuine'],
])('a checkpoint is not begun with that %s', async (_, change, why) => {
  await handedOver()
  copyKeys('a', 'b')
  await forge(change)
  expect(await refused()).toContain(why)
})

test('a machine without the keys, or with others, begins with none, and says so', async () => {
  await handedOver()
  expect(await refused()).toContain(`there are no keys in ${join(at('b'), 'keys')}: bring them`)
  await closePremises(await opened('other', false))
  copyKeys('other', 'b')
  expect(await refused()).toMatch(/its key ledger-1-[0-9a-f]+ is not in .*: move the keys there away, and bring them/)
})

test('a machine that has the keys of before a change does not serve, and says which are missing', async () => {
  mkdirSync(at('a'), { recursive: true, mode: 0o700 })
  writeFileSync(beginMark(at('a')), '')
  const first = await opened('a')
  copyKeys('a', 'b')
  const key = await first.keys.make('envelope')
  await first.store.execute(async tx => {
    await establish(tx, harbour)
    await changeTo(tx, harbour, first.keys, key, { origin: 'renewed', at: 0 })
  })
  await closePremises(first)
  await expect(opened('b')).rejects.toThrow(
    `the books use ${key.keyId} (envelope), which is not in ${join(at('b'), 'keys')}`,
  )
  copyKeys('a', 'b')
  await closePremises(await opened('b'))
})
