/** What a bank refused of a host's day ends, files and sections of them, is sent once more when people have put away the cause. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Payee } from '../../../src/bank/bank.ts'
import { enrolled, faultsOfHost, hostedLettersArrive, opened, pay } from '../../simulation/day-end/hosted.ts'
import { institutionId } from '../../support/ids.ts'
import { posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const harbour = institutionId('harbour')
const none = new Uint8Array(32)
let world: World
let runtime: VirtualRuntime
let isAway = false
let [ada, bo]: readonly Payee[] = []

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 43 })
  isAway = false
  const weather = { next: () => (isAway ? { lost: 'there' as const } : {}) }
  await runtime.run(async () => {
    world = await openWorld({ runtime, hosted: true, weather })
    ada = await enrolled(world, world.customers.ada.account)
    bo = await enrolled(world, world.customers.bo.account)
  })
})
afterEach(() => runtime.run(() => world.close()))

const of = (payee: Payee | undefined): Payee => {
  if (payee === undefined) throw new Error('nobody enrolled')
  return payee
}
const begin = async () => {
  runtime.jumpWallClock(86_400_000)
  await world.neighbours().nightly()
}
const night = async () => {
  await begin()
  await hostedLettersArrive(world)
}
const again = async () => {
  const sent = await world.neighbours().dayEnd.sendAgain(harbour)
  await hostedLettersArrive(world)
  return sent
}
const statesOf = async (sql: string) => {
  const rows = await world.neighbours().store.read(tx => tx.all<{ state: string }>(sql))
  return rows.map(({ state }) => state)
}
const files = () => statesOf('SELECT state FROM host_file ORDER BY number')
const sections = (payee: Payee | undefined) =>
  statesOf(`SELECT state FROM day_end_file WHERE tenant = '${of(payee).id}' ORDER BY number`)
/** Changes the bank's books, so that what comes next does not follow. @returns what puts the cause away */
const changed = async (table: 'payee_file' | 'hosted_file', where: string) => {
  const { store } = world.harbour
  const row = await store.read(tx =>
    tx.one<{ number: bigint; hash: Uint8Array }>(
      `SELECT number, hash FROM ${table} WHERE ${where} ORDER BY number DESC LIMIT 1`,
    ),
  )
  const put = (hash: Uint8Array) =>
    store.execute(tx => tx.run(`UPDATE ${table} SET hash = ? WHERE ${where} AND number = ?`, hash, row?.number ?? 0n))
  await put(none)
  return () => put(row?.hash ?? none)
}
/** But for what was raised when it was refused. */
const faults = async () =>
  (await faultsOfHost(world)).filter(fault => !/alarm (day-end-refused|letter-refused)/.test(fault))

describe('a host', () => {
  test('sends refused sections by themselves, in their order, and the others are settled all the while', () =>
    runtime.run(async () => {
      await pay(await opened(world, of(ada), 'first'), 'first paid', 30n)
      await night()
      expect(await again()).toEqual({ outcome: 'nothing-refused' })
      const putAway = await changed('payee_file', `payee = '${of(ada).id}'`)
      const [one, other] = [await opened(world, of(ada), 'second'), await opened(world, of(bo), 'other')]
      await pay(one, 'second paid', 10n)
      await pay(other, 'other paid', 20n)
      await night()
      await pay(one, 'third paid', 5n)
      await night()
      expect(await sections(ada)).toEqual(['reconciled', 'refused', 'refused'])
      expect(await sections(bo)).toEqual(['reconciled', 'reconciled', 'reconciled'])

      expect(await again(), 'the cause is there still').toEqual({ outcome: 'begun', files: 2n })
      expect(await sections(ada)).toEqual(['reconciled', 'refused', 'refused'])
      await putAway()
      expect(await again()).toEqual({ outcome: 'begun', files: 2n })
      expect(await sections(ada)).toEqual(['reconciled', 'reconciled', 'reconciled'])
      await night()
      expect(await sections(ada)).toEqual(Array(4).fill('reconciled'))
      expect(await files()).toEqual(Array(4).fill('received'))
      expect(await posted(world.harbour.store, `settlement:${of(ada).id}`)).toBe(4_500n)
      expect(await posted(world.harbour.store, `settlement:${of(bo).id}`)).toBe(2_000n)
      expect(await faults()).toEqual([])
      expect(await world.audited()).toEqual([])
    }))

  test('sends refused files once more, each before the sections that came after it', () =>
    runtime.run(async () => {
      await night()
      const putAway = await changed('hosted_file', `host = 'neighbours'`)
      await pay(await opened(world, of(ada), 'one'), 'paid', 30n)
      await night()
      await night()
      expect(await files()).toEqual(['received', 'refused', 'refused'])
      await putAway()
      const sectionPutAway = await changed('payee_file', `payee = '${of(ada).id}'`)
      expect(await again()).toEqual({ outcome: 'begun', files: 2n })
      expect(await files()).toEqual(['received', 'received', 'received'])
      expect(await sections(ada)).toEqual(['reconciled', 'refused', 'refused'])
      expect(await sections(bo)).toEqual(['reconciled', 'reconciled', 'reconciled'])
      await sectionPutAway()
      expect(await again()).toEqual({ outcome: 'begun', files: 2n })
      expect(await sections(ada)).toEqual(['reconciled', 'reconciled', 'reconciled'])
      expect(await posted(world.harbour.store, `settlement:${of(ada).id}`)).toBe(3_000n)
      expect(await faults()).toEqual([])
      expect(await world.audited()).toEqual([])
    }))

  test('sends nothing again while letters to the bank are on their way, and goes on after its books went back', () =>
    runtime.run(async () => {
      await night()
      const putAway = await changed('payee_file', `payee = '${of(ada).id}'`)
      await pay(await opened(world, of(ada), 'one'), 'paid', 30n)
      await night()
      await putAway()
      isAway = true
      await begin()
      await runtime.sleep(5_000)
      expect(await world.neighbours().dayEnd.sendAgain(harbour)).toEqual({ outcome: 'letters-under-way' })
      isAway = false
      await runtime.sleep(600_000)
      await hostedLettersArrive(world)
      expect(await sections(ada)).toEqual(['reconciled', 'refused', 'refused'])
      const books = await world.neighbours().store.snapshot()
      expect(await again()).toEqual({ outcome: 'begun', files: 2n })
      expect(await sections(ada)).toEqual(['reconciled', 'reconciled', 'reconciled'])

      await world.putBack('host', books)
      await world.neighbours().recovery.begun
      for (let round = 0; round < 3; round++) await hostedLettersArrive(world)
      expect(await sections(ada), 'their results came again').toEqual(['reconciled', 'reconciled', 'reconciled'])
      await night()
      expect(await sections(ada)).toEqual(Array(4).fill('reconciled'))
      expect(await posted(world.harbour.store, `settlement:${of(ada).id}`)).toBe(3_000n)
      expect(await world.audited()).toEqual([])
    }))
})
