/** What a machine begins with when it has begun before, in vain or elsewhere. */
import { existsSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { databaseIn, openFile } from '../../../../src/store/connection.ts'
import { beginMark, handOverMark, holdsBooks } from '../../../../src/store/keeper/beginning.ts'
import { Following } from '../../../../src/store/keeper/following.ts'
import { KeptMachines, notesIn, shortTimes, signAs, writeNote } from '../../../support/kept-machines.ts'

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

/** A PostgreSQL that was made anew, or another database than before. */
async function forgotten(): Promise<void> {
  for (const table of ['log', 'lease', 'checkpoint', 'checkpoint_part'])
    await machines.postgres.sql(`DELETE FROM tonebank_${table} WHERE institution = $1`, [machines.institution])
}

test('books that were kept, and are not any more, go there again by an explicit word alone, which counts once', async () => {
  machines.begins('a')
  const first = await machines.open('a')
  await first.execute(writeNote(1n))
  await first.close()
  await forgotten()
  const why: string[] = []
  const again = machines.open('a', { standingBy: reason => why.push(reason) })
  await vi.waitFor(() => expect(why).not.toEqual([]), 10_000)
  expect(why.at(-1)).toMatch(/keeps no books of bank-\d+, and has kept those in .*hand-books-over$/)
  expect(await machines.log().head()).toBeUndefined()
  const mark = handOverMark(machines.folder('a'))
  writeFileSync(mark, '')
  expect(await notesIn(await again)).toEqual([1n])
  expect(existsSync(mark)).toBe(false)
  expect((await machines.log().head())?.sequence).toBe(first.head()?.sequence)
})

test('a machine that stood by while PostgreSQL was made anew does not hand over what it has', async () => {
  machines.begins('a')
  const first = await machines.open('a', { times: { ...shortTimes, leaseMs: 10_000, renewEveryMs: 10_000 } })
  await first.execute(writeNote(1n))
  let isStanding = false
  const second = machines.open('b', { standingBy: () => (isStanding = true) })
  await vi.waitFor(() => expect(isStanding).toBe(true), 10_000)
  await (await Promise.allSettled([second, forgotten()]))[0]
  await expect(second).rejects.toThrow(/the books of this folder .* keeps no books of bank-/)
  expect(await machines.log().head()).toBeUndefined()
})
