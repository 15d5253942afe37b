import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Unopenable } from '../../../src/keys/keys.ts'
import { openRecordKeys } from '../../../src/keys/record-keys.ts'
import { type Runtime, systemRuntime } from '../../../src/runtime.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-record-keys-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const plain = Buffer.from('12345678')
const context = 'of a test'

/** A runtime that remembers every key it drew. */
function remembering(): { runtime: Runtime; drawn: Uint8Array[] } {
  const drawn: Uint8Array[] = []
  const random = (count: number) => {
    const bytes = systemRuntime.random(count)
    drawn.push(bytes)
    return bytes
  }
  return { runtime: { ...systemRuntime, random }, drawn }
}

/** Which of the keys are anywhere in the folder's files, whole or any eight bytes of them. */
function foundIn(keys: readonly Uint8Array[]): number {
  const files = readdirSync(folder).map(name => readFileSync(join(folder, name)))
  return keys.filter(key =>
    [0, 8, 16, 24].some(from => files.some(file => file.includes(Buffer.from(key.subarray(from, from + 8))))),
  ).length
}

test('a record is read with its key, and never again without it', async () => {
  const records = openRecordKeys(systemRuntime, { folder })
  const [one, two] = await records.seal([
    { record: 'a', context, plain },
    { record: 'b', context, plain },
  ])
  if (one === undefined || two === undefined) throw new Error('not sealed')
  expect(Buffer.from(one.sealed).includes(plain)).toBe(false)
  expect(await records.open({ ...one, context })).toEqual(plain)
  await records.destroy(['a'])
  await records.destroy(['a', 'never there'])
  expect(await records.open({ ...one, context })).toBeUndefined()
  expect(await records.open({ ...two, context })).toEqual(plain)
  expect(await records.missing(['a', 'b', 'never there'])).toEqual(['a', 'never there'])
  await expect(records.open({ record: 'b', context, sealed: one.sealed })).rejects.toThrow(Unopenable)
  await expect(records.open({ ...two, context: 'of another' })).rejects.toThrow(Unopenable)
  expect(await records.all()).toEqual(['b'])
  await expect(records.seal([{ record: 'b', context, plain }])).rejects.toThrow('UNIQUE')
  await records.close()
})

test('of 600 keys destroyed in any order, at once or one by one, no eight bytes are left in the files', async () => {
  const { runtime, drawn } = remembering()
  const records = openRecordKeys(runtime, { folder })
  const names = Array.from({ length: 900 }, (_, i) => `record ${(i * 7919) % 900}`)
  for (let i = 0; i < names.length; i += 90) {
    await records.seal(names.slice(i, i + 90).map(record => ({ record, context, plain })))
  }
  expect(foundIn(drawn)).toBe(900)
  const destroyed = names.map((record, i) => ({ record, key: drawn[i] })).filter((_, i) => i % 3 !== 0)
  await Promise.all(destroyed.slice(0, 400).map(({ record }) => records.destroy([record])))
  for (let i = 400; i < destroyed.length; i += 20) {
    await records.destroy(destroyed.slice(i, i + 20).map(({ record }) => record))
  }
  const keys = destroyed.flatMap(({ key }) => (key === undefined ? [] : [key]))
  expect(keys).toHaveLength(600)
  expect(foundIn(keys)).toBe(0)
  expect(foundIn(drawn)).toBe(300)
  await records.close()
})

test('those whose names begin alike are listed, and no others', async () => {
  const records = openRecordKeys(systemRuntime, { folder })
  const names = ['call', 'call-', 'call-back', 'call-银行', 'call.', 'calm']
  await records.seal(names.map(record => ({ record, context, plain })))
  expect(await records.all('call-')).toEqual(['call-', 'call-back', 'call-银行'])
  expect(await records.all()).toHaveLength(names.length)
  await records.close()
})

test('what a process destroyed, and died before it was forgotten, is gone once another has begun', async () => {
  const { runtime, drawn } = remembering()
  let isDying = false
  const dying = {
    ...runtime,
    reached: (point: string) => isDying && point === 'store.committed' && expect.fail('died'),
  }
  const died = join(folder, 'died')
  const records = openRecordKeys(dying as Runtime, { folder: died })
  await records.seal([{ record: 'a', context, plain }])
  isDying = true
  await expect(records.destroy(['a'])).rejects.toThrow()
  cpSync(died, folder, { recursive: true })
  await records.close()
  rmSync(died, { recursive: true })
  expect(foundIn(drawn), 'left behind').toBe(1)
  const again = openRecordKeys(systemRuntime, { folder })
  expect(await again.all()).toEqual([])
  expect(foundIn(drawn)).toBe(0)
  await again.close()
})
