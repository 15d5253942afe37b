/** An institution that lacks keys which the other machine may have: what it says while it waits, and how the waiting ends. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { giveUpMark, keysElsewhere } from '../../../src/institution/keys-elsewhere.ts'
import { eventually, MirroredMachines } from '../../support/mirrored-machines.ts'

let two: MirroredMachines
let folder: string
let said: string[]
let stopping: AbortController
beforeEach(async () => {
  two = await MirroredMachines.make()
  folder = join(two.folder('a'), '..')
  said = []
  stopping = new AbortController()
})
afterEach(() => two.end())

const elsewhere = async () =>
  keysElsewhere({
    ...{ folder, mirrored: await two.serve('a'), signal: stopping.signal },
    standingBy: why => said.push(why),
  })

test('what is not here any more need not be waited for', async () => {
  const { told } = await elsewhere()
  let missing = 1
  await told(async () => missing--)
  expect(said).toHaveLength(1)
})

test('a person’s word ends it, and counts once', async () => {
  const { told, gaveUp } = await elsewhere()
  writeFileSync(giveUpMark(folder), '')
  await told(async () => 3)
  expect(said).toEqual([])
  gaveUp()
  expect(existsSync(giveUpMark(folder))).toBe(false)
})

test('the other machine ends it once both have agreed, though it lacks them, too', async () => {
  const { told } = await elsewhere()
  const waiting = told(async () => 3)
  await eventually('it waits', () => said.length > 0)
  await two.start('b')
  await waiting
})

test('it says how many are missing and why, and ends when it is asked to stop', async () => {
  const { told } = await elsewhere()
  const waiting = told(async () => 3)
  await eventually('it waits', () => said.length > 0)
  expect(said[0]).toMatch(/^3 passwords of vouchers have no key here.*ECONNREFUSED.*give-lost-keys-up/)
  stopping.abort(new Error('asked to stop'))
  await expect(waiting).rejects.toThrow('asked to stop')
})
