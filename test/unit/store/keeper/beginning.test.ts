/** What a machine begins with when it has begun before, in vain or elsewhere. */
import { existsSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { databaseIn, openFile } from '../../../../src/store/connection.ts'
import { beginMark, holdsBooks } from '../../../../src/store/keeper/beginning.ts'
import { Following } from '../../../../src/store/keeper/following.ts'
import { KeptMachines, notesIn, signAs, writeNote } from '../../../support/kept-machines.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let machines: KeptMachines
beforeAll(async () => {
  machines = await KeptMachines.start()
})
afterAll(() => machines.stop())
beforeEach(() => machines.next())
afterEach(() => machines.closeAll())

/** A process that ended after it had begun to follow, and before there was anything to run. */
function endedEarly(machine: string): void {
  machines.make(machine)
  const database = openFile(databaseIn(machines.folder(machine)))
  new Following(database, machines.log())
  database.close()
}

test('new books begin where a process ended before its first record', async () => {
  machines.begins('a')
  endedEarly('a')
  expect(holdsBooks(machines.folder('a'))).toBe(false)
  const store = await machines.open('a')
  expect(holdsBooks(machines.folder('a'))).toBe(true)
  await store.execute(writeNote(1n))
  expect(await notesIn(store)).toEqual([1n])
  expect(existsSync(beginMark(machines.folder('a')))).toBe(false)
})

test('a machine whose process ended before its first record fetches the checkpoint of another', async () => {
  machines.begins('a')
  const first = await machines.open('a')
  for (const id of [1n, 2n, 3n]) {
    await first.execute(writeNote(id))
    await first.checkpoint({ sign: signAs(machines.institution) })
  }
  await first.close()
  endedEarly('b')
  expect(await notesIn(await machines.open('b'))).toEqual([1n, 2n, 3n])
})
