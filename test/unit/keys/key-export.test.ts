/** Keys that travel: sealed to two people, opened by both together, and by nobody else. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exportKeys, importKeys, readExport } from '../../../src/keys/key-export.ts'
import { openKeyFolder, readKeyFolder, readKeys, writeKeys } from '../../../src/keys/key-folder.ts'
import { drawSigner, openPersonKey, type Signer, sealPersonKey } from '../../../src/keys/person-key.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { institutionId } from '../../support/ids.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-key-export-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const harbour = institutionId('harbour')
const drawn = (name: string) => drawSigner(systemRuntime, name).signer
const [mei, chen, eve] = [drawn('Mei'), drawn('Chen'), drawn('Eve')]

async function exported() {
  const made = await openKeyFolder(systemRuntime, join(folder, 'keys'))
  const text = await exportKeys(systemRuntime, harbour, readKeys(join(folder, 'keys')), [mei, chen], 1_700_000_000_000)
  return { made, text }
}
const opened = (text: string, one: Signer, other: Signer) => importKeys(readExport(text), [one, other])

test('two people together bring every key back, each in a file of its owner alone', async () => {
  const { made, text } = await exported()
  expect(readExport(text)).toMatchObject({ institution: 'harbour', people: [{ name: 'Mei' }, { name: 'Chen' }] })
  // Whoever comes first.
  const again = join(folder, 'again')
  writeKeys(again, await opened(text, chen, mei))
  for (const { keyId } of readKeys(again)) expect(statSync(join(again, `${keyId}.key`)).mode & 0o777).toBe(0o600)
  const back = await readKeyFolder(systemRuntime, again)
  expect(back.publicKeys()).toEqual(made.publicKeys())
  const sealed = await made.wrap(Buffer.from('a verifier'), 'pin 1')
  expect(Buffer.from(await back.unwrap(sealed, 'pin 1')).toString()).toBe('a verifier')
  expect(() => writeKeys(again, readKeys(again))).toThrow('nothing is ever written over')
})

test('neither of them alone, nor anybody else, opens them', async () => {
  const { text } = await exported()
  for (const two of [
    [mei, mei],
    [chen, eve],
  ] as const)
    await expect(opened(text, ...two)).rejects.toThrow('the keys are sealed to Mei and Chen')
  // Somebody who claims to be Chen, and has another key.
  const file = JSON.parse(text)
  const claimed = { ...eve, keyId: chen.keyId }
  await expect(opened(text, mei, claimed)).rejects.toThrow('not what was sealed')
  for (const { material } of readKeys(join(folder, 'keys')))
    expect(JSON.stringify(file)).not.toContain(Buffer.from(material).toString('hex'))
  await expect(exportKeys(systemRuntime, harbour, [], [mei, mei], 0)).rejects.toThrow('two different people')
})

test('a file that was altered says so, whether or not its digest was made to fit', async () => {
  const { text } = await exported()
  const flipped = (hex: string) => (hex.startsWith('0') ? '1' : '0') + hex.slice(1)
  const file = JSON.parse(text)
  expect(() => readExport(JSON.stringify({ ...file, sealed: flipped(file.sealed) }))).toThrow('was altered')
  expect(() => readExport(JSON.stringify({ ...file, institution: 'lantern' }))).toThrow('was altered')
  expect(() => readExport('{"format":"tonebank keys 2"}')).toThrow('does not hold the keys')
  const read = readExport(text)
  for (const changed of [
    { ...read, institution: institutionId('lantern') },
    { ...read, exportedAt: 5 },
    { ...read, sealed: flipped(read.sealed) },
    {
      ...read,
      people: [{ ...read.people[0], half: flipped(read.people[0].half) }, read.people[1]] as typeof read.people,
    },
    { ...read, people: [read.people[1], read.people[0]] as typeof read.people, nonce: flipped(read.nonce) },
  ])
    await expect(importKeys(changed, [mei, chen])).rejects.toThrow('not what was sealed')
})

test('the key in a person’s file, opened by its passphrase, opens what is sealed to them', async () => {
  const cost = { memoryKiB: 8, passes: 1 }
  const [one, two] = [drawSigner(systemRuntime, 'Mei'), drawSigner(systemRuntime, 'Chen')]
  await openKeyFolder(systemRuntime, join(folder, 'keys'))
  const records = readKeys(join(folder, 'keys'))
  const text = await exportKeys(systemRuntime, harbour, records, [one.signer, two.signer], 0)
  const file = await sealPersonKey(systemRuntime, one, new Secret('a passphrase'), cost)
  const signer = await openPersonKey(systemRuntime, file, new Secret('a passphrase'))
  if (signer === undefined) throw new Error('it is the passphrase')
  expect((await opened(text, signer, two.signer)).map(({ keyId }) => keyId)).toEqual(records.map(({ keyId }) => keyId))
  expect(await openPersonKey(systemRuntime, file, new Secret('another'))).toBeUndefined()
})
