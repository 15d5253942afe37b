import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seal } from '../../../src/keys/hpke.ts'
import { openKeyFolder, readKeyFolder } from '../../../src/keys/key-folder.ts'
import { start } from '../../../src/merchant/start.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { inProcessMail } from '../../support/in-process-mail.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-key-folder-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const files = () => readdirSync(folder).map(name => join(folder, name))

test('keys are read again, are their owner’s alone, and nothing unfinished is left', async () => {
  const made = await openKeyFolder(systemRuntime, folder)
  expect(files()).toHaveLength(6)
  for (const file of files()) {
    expect(file).toMatch(/\.key$/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  }
  expect((await openKeyFolder(systemRuntime, folder)).publicKeys()).toEqual(made.publicKeys())
})

test('a death while a key was written leaves half a file, and the next start makes the key', async () => {
  writeFileSync(join(folder, 'pepper-1-0123456789ab.key.unfinished'), '{"keyId":"pep', { mode: 0o600 })
  const keys = await openKeyFolder(systemRuntime, folder)
  expect(await keys.unwrap(await keys.wrap(Buffer.from('x'), 'a'), 'a')).toEqual(Buffer.from('x'))
})

test('a key that is destroyed is gone from the folder and from memory, and a death in between changes nothing', async () => {
  const keys = await openKeyFolder(systemRuntime, folder)
  const old = keys.publicKey('receive')
  const sealed = await seal(systemRuntime, old, Buffer.from('x'), Buffer.from('c'))
  await expect(keys.destroy(old.keyId)).rejects.toThrow('in use')
  await keys.rotate('receive')
  expect(Buffer.from(await keys.open(sealed, Buffer.from('c'))).toString()).toBe('x')
  const text = readFileSync(join(folder, `${old.keyId}.key`))
  await keys.destroy(old.keyId)
  await keys.destroy(old.keyId)
  await expect(keys.open(sealed, Buffer.from('c'))).rejects.toThrow('cannot be opened')
  // A process that died just after its first step.
  writeFileSync(join(folder, `${old.keyId}.key.gone`), text, { mode: 0o600 })
  const again = await openKeyFolder(systemRuntime, folder)
  expect(files().filter(file => file.includes(old.keyId))).toEqual([])
  expect(again.publicKey('receive')).toEqual(keys.publicKey('receive'))
  expect(again.madeAt(again.publicKey('receive').keyId)).toBeLessThanOrEqual(systemRuntime.wallNow())
})

test('a key that is made for a change is not used before it is said to be', async () => {
  const keys = await openKeyFolder(systemRuntime, folder)
  const first = keys.publicKey('envelope')
  const made = await keys.make('envelope')
  expect(keys.publicKey('envelope')).toEqual(first)
  expect((await keys.sign('envelope', Buffer.from('x'))).keyId).toBe(first.keyId)
  expect((await keys.sign('envelope', Buffer.from('x'), made.keyId)).keyId).toBe(made.keyId)
  keys.use(made.keyId)
  expect((await keys.sign('envelope', Buffer.from('x'))).keyId).toBe(made.keyId)
})

test('a key file that cannot be read is named, and not quoted', async () => {
  await openKeyFolder(systemRuntime, folder)
  const [file = ''] = files()
  const material = /[0-9a-f]{64}/.exec(readFileSync(file, 'utf8'))?.[0] ?? ''
  writeFileSync(file, `{"material":${material}}`)
  const failure = await openKeyFolder(systemRuntime, folder).catch(error => error)
  expect(String(failure)).toContain('does not hold a key')
  const said = `${failure.stack} ${String(failure.cause)}`
  for (let at = 0; at + 6 <= material.length; at++) expect(said).not.toContain(material.slice(at, at + 6))
})

test('who only reads the keys makes none', async () => {
  await expect(readKeyFolder(systemRuntime, folder)).rejects.toThrow('holds no key')
  expect(files()).toEqual([])
  const made = await openKeyFolder(systemRuntime, folder)
  expect((await readKeyFolder(systemRuntime, folder)).publicKeys()).toEqual(made.publicKeys())
})

test('books that have lost their keys get no new ones', async () => {
  const settings = {
    id: 'lantern',
    name: { en: 'Lantern Books', zh: '灯笼书店' },
    numbers: { prefix: '6180' },
    denominations: [2_000n],
    folder: join(folder, 'lantern'),
  }
  const open = () => start(settings, systemRuntime, inProcessMail(systemRuntime))
  await (await open()).close()
  await (await open()).close()
  rmSync(join(folder, 'lantern/keys'), { recursive: true })
  await expect(open()).rejects.toThrow('bring the keys back')
  expect(readdirSync(join(folder, 'lantern/keys'))).toEqual([])
})
