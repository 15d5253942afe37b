/** The file of what a soft card signed and has no result yet. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { unsettledFile } from '../../../bin/unsettled-file.ts'
import { CannotDo } from '../../../src/operations/cannot-do.ts'
import { card, institution } from '../card/cast.ts'

const [harbour, meridian] = [institution('harbour'), institution('meridian')]
const nonce = Uint8Array.of(0, 1, 2, 3, 252, 253, 254, 255)
let folder = ''
let path = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unsettled-'))
  path = join(folder, 'a.card.unsettled.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

it('keeps one for each receiver, forgets what was settled alone, and is gone when all is', async () => {
  const [first, second] = [
    { receiver: harbour, card, counter: 1, nonce },
    { receiver: meridian, card, counter: 2, nonce },
  ]
  await unsettledFile(path).add(first)
  await unsettledFile(path).add(second)
  expect(await unsettledFile(path).find(harbour, card)).toEqual(first)
  expect(await unsettledFile(path).find(meridian, card)).toEqual(second)
  await unsettledFile(path).remove({ ...second, counter: 3 })
  await unsettledFile(path).remove(first)
  expect(await unsettledFile(path).find(harbour, card)).toBeUndefined()
  expect(await unsettledFile(path).find(meridian, card)).toEqual(second)
  await unsettledFile(path).remove(second)
  expect(existsSync(path)).toBe(false)
})

it('is read where it holds one signature, and no list', async () => {
  const signature = { receiver: harbour, card, counter: 7, nonce }
  writeFileSync(path, JSON.stringify({ ...signature, nonce: '00010203fcfdfeff' }))
  expect(await unsettledFile(path).find(harbour, signature.card)).toEqual(signature)
  const other = { ...signature, receiver: meridian }
  await unsettledFile(path).add(other)
  expect(await unsettledFile(path).find(harbour, signature.card)).toEqual(signature)
})

it.each([
  '',
  'half of {',
  '{}',
  'null',
  '[{"card":"1","counter":1,"receiver":"harbour"}]',
  '[[]]',
  `[{"card":"${card}","counter":1,"receiver":"harbour"}]`,
])('is not taken for empty when it holds %j', async content => {
  writeFileSync(path, content)
  await expect(unsettledFile(path).find(harbour, card)).rejects.toThrow(CannotDo)
  await expect(unsettledFile(path).add({ receiver: harbour, card, counter: 1, nonce })).rejects.toThrow(CannotDo)
})
