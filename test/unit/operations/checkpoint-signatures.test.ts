/** What a counterparty or an auditor signs of somebody's books: rows that were computed again, and of no others. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { KeyStore } from '../../../src/keys/keys.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { CannotDo } from '../../../src/operations/cannot-do.ts'
import {
  checkpointIn,
  collect,
  isAsItSays,
  type KnownSigner,
  signAs,
  wordsOn,
} from '../../../src/operations/checkpoint-signatures.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { addSignature, checkpointsIn, takeCheckpoint } from '../../../src/store/change-log/checkpoint.ts'
import { databaseIn } from '../../../src/store/connection.ts'
import { Database } from '../../../src/store/driver.ts'
import { openStore } from '../../../src/store/open.ts'

const migrations = [{ room: 'test', number: 1, sql: 'CREATE TABLE thing (id TEXT PRIMARY KEY, size INTEGER) STRICT' }]

let folder: string
let own: string
let copy: string
let auditor: KeyStore
let known: readonly KnownSigner[]
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-words-'))
  ;[own, copy] = [join(folder, 'own'), join(folder, 'copy')]
  const store = openStore({ runtime: systemRuntime, at: { folder: join(folder, 'books') }, migrations })
  await store.execute(tx => tx.run('INSERT INTO thing (id, size) VALUES (?, ?)', 'a', 1n))
  await store.close()
  takeCheckpoint(databaseIn(join(folder, 'books')), own)
  cpSync(own, copy, { recursive: true })
  auditor = await memoryKeys(systemRuntime)
  known = auditor.publicKeys().flatMap(key => (key.purpose === 'ledger' ? [{ signer: 'auditor', ...key }] : []))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const signCopy = () => signAs(copy, checkpointIn(copy), { signer: 'auditor', keys: auditor })
const isAlways = (is: string) => [{ signer: 'auditor', is }]

test('an auditor signs a copy, and the owner takes the signature over, once', async () => {
  const { head } = await signCopy()
  expect(wordsOn(checkpointIn(copy), known)).toEqual(isAlways('genuine'))
  expect(wordsOn(checkpointIn(copy), [])).toEqual(isAlways('unknown'))
  expect(collect(own, copy, [])).toEqual([])
  expect(collect(own, copy, known)).toEqual([{ signer: 'auditor', record: head.sequence }])
  expect(collect(own, copy, known)).toEqual([])
  expect(wordsOn(checkpointIn(own), known)).toEqual(isAlways('genuine'))
  expect(isAsItSays(checkpointIn(own))).toBe(true)
})

test('rows that are others are signed by nobody, and found under the signature that stands there', async () => {
  await signCopy()
  const [{ file } = { file: '' }] = checkpointsIn(copy)
  const database = new Database(file)
  database.exec('UPDATE thing SET size = 2')
  database.close()
  await expect(signCopy()).rejects.toThrow(CannotDo)
  expect(isAsItSays(checkpointIn(copy))).toBe(false)
  expect(isAsItSays(checkpointIn(own))).toBe(true)
})

test('a signature over something else is none, whoever is said to have made it', async () => {
  const bytes = (await auditor.sign('ledger', new Uint8Array(32))).bytes
  addSignature(copy, checkpointIn(copy), { signer: 'auditor', keyId: auditor.publicKey('ledger').keyId, bytes })
  expect(wordsOn(checkpointIn(copy), known)).toEqual(isAlways('forged'))
  expect(collect(own, copy, known)).toEqual([])
  await signCopy()
  expect(
    wordsOn(
      checkpointIn(copy),
      known.map(key => ({ ...key, signer: 'another' })),
    ),
  ).toEqual(isAlways('unknown'))
})

test('where there is no checkpoint, one sentence says so', () => {
  expect(() => checkpointIn(join(folder, 'nowhere'))).toThrow(CannotDo)
  expect(() => checkpointIn(own, 99n)).toThrow(/no checkpoint of record 99/)
})
