/** A machine that stands by for months keeps no more log than the one that serves. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { checkpointFolder, checkpointsIn, isWhole } from '../../../../src/store/change-log/checkpoint.ts'
import { databaseIn, openFileReadOnly } from '../../../../src/store/connection.ts'
import { KeptMachines, notesIn, shortTimes, signAs, writeNote } from '../../../support/kept-machines.ts'

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 })

/** No lease runs out while threads take checkpoints beside. */
const times = { ...shortTimes, leaseMs: 15_000 }

let machines: KeptMachines
beforeAll(async () => {
  machines = await KeptMachines.start()
})
afterAll(() => machines.stop())
beforeEach(() => machines.next())
afterEach(() => machines.closeAll())

test('whoever stands by takes a checkpoint after each that is kept, lets go of old log, and serves from there', async () => {
  machines.begins('a')
  machines.make('b')
  const first = await machines.open('a', { times })
  const sign = signAs(machines.institution)
  const leaving = new AbortController()
  const second = machines.open('b', { times, signal: leaving.signal })
  try {
    for (let round = 1n; round <= 2n; round++) {
      for (let note = 1n; note <= 40n; note++) await first.execute(writeNote(100n * round + note))
      await first.checkpoint({ sign })
      await expect.poll(() => checkpointsOf('b').length, { timeout: 20_000 }).toBe(Number(round))
    }
    const older = checkpointsOf('b')[0]?.head.sequence ?? 0n
    await expect.poll(() => firstRecord('b'), { timeout: 20_000 }).toBe(older + 1n)
    expect(checkpointsOf('b').every(isWhole)).toBe(true)
  } catch (error) {
    leaving.abort(error)
    throw error
  }
  await first.close()
  const serving = await second
  await serving.execute(writeNote(1n))
  expect(await notesIn(serving)).toHaveLength(81)
  const sequence = serving.head()?.sequence
  expect((await serving.checkpoint({ sign }))?.head.sequence).toBe(sequence)
})

test('two checkpoints that are asked for at once are kept one after the other', async () => {
  machines.begins('a')
  const store = await machines.open('a', { times })
  const sign = signAs(machines.institution)
  for (let note = 1n; note <= 5n; note++) {
    await store.execute(writeNote(note))
    const both = await Promise.all([store.checkpoint({ sign }), store.checkpoint({ sign })])
    expect(both[0]?.head).toEqual(both[1]?.head)
  }
  await store.close()
  machines.make('bare')
  expect(await notesIn(await machines.open('bare', { times }))).toHaveLength(5)
})

const checkpointsOf = (machine: string) => checkpointsIn(checkpointFolder(machines.folder(machine)))

function firstRecord(machine: string): bigint {
  const database = openFileReadOnly(databaseIn(machines.folder(machine)))
  try {
    return BigInt(database.prepare('SELECT min(sequence) FROM change_log').pluck().get() as bigint)
  } finally {
    database.close()
  }
}
