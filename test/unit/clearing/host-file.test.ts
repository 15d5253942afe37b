/** A host's day-end files: one for each bank and date, with a section for each payee, each of which stands or falls by itself. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { fileHash, noFile } from '../../../src/clearing/header.ts'
import {
  decodeHostHeader,
  encodeHostHeader,
  type HostHeader,
  rootOfSections,
} from '../../../src/clearing/host-header.ts'
import type { Letter, LetterType, SecretLetterType } from '../../../src/mail/messages.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { enrolled, faultsOfHost, hostedLettersArrive, opened, pay } from '../../simulation/day-end/hosted.ts'
import { institutionId } from '../../support/ids.ts'
import { alarmsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const day = 86_400_000
const [host, harbour] = [institutionId('neighbours'), institutionId('harbour')]
let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 34 })
  world = await runtime.run(() => openWorld({ runtime, hosted: true }))
})
afterEach(() => runtime.run(() => world.close()))

async function night(nights = 1): Promise<void> {
  runtime.jumpWallClock(nights * day)
  await world.neighbours().nightly()
  await world.harbour.nightly()
  await hostedLettersArrive(world)
}

const atHost = <R extends Record<string, string | bigint | Uint8Array | null>>(sql: string) =>
  world.neighbours().store.read(tx => tx.all<R>(sql))
const atBank = <R extends Record<string, string | bigint | Uint8Array | null>>(sql: string) =>
  world.harbour.store.read(tx => tx.all<R>(sql))
const files = () =>
  atHost<{ date: string; state: string; sections: bigint; lines: bigint }>(
    'SELECT date, state, sections, lines FROM host_file ORDER BY number',
  )
const sent = async (type: LetterType) =>
  (await atHost(`SELECT sequence FROM clearing_outbox WHERE type = '${type}'`)).length

function write<T extends Exclude<LetterType, SecretLetterType>>(type: T, body: Letter<T>) {
  const { store, mail } = world.neighbours()
  return store
    .execute(tx => writeLetter<T>(tx, { from: host, to: harbour, type, body, stream: 'bulk' }))
    .then(() => mail.wake())
}
/** Why the bank refused letters of the host, in their order. */
const refusals = async () => {
  const raised = (await alarmsOf(world.neighbours())).filter(alarm => alarm.includes('letter-refused'))
  return raised.map(alarm => alarm.slice(alarm.lastIndexOf(': ') + 2))
}

describe('a host', () => {
  test('tells a date of all its payees in one file, those of whom nobody paid anything too', () =>
    runtime.run(async () => {
      const { ada, bo, dora } = world.customers
      const payees = [
        await enrolled(world, ada.account),
        await enrolled(world, bo.account),
        await enrolled(world, dora.account),
      ]
      await pay(await opened(world, payees[0] as (typeof payees)[0], 'one'), 'paid', 30n)
      await pay(await opened(world, payees[1] as (typeof payees)[0], 'two'), 'paid, too', 20n)
      await night()
      expect(await files()).toEqual([expect.objectContaining({ state: 'received', sections: 3n, lines: 2n })])
      expect(await sent('host-file')).toBe(1)
      expect(await sent('host-file-sections')).toBe(1)
      expect(await sent('host-file-lines')).toBe(1)
      expect(await sent('day-end-file')).toBe(0)
      const sections = await atBank<{ payee: string; lines: bigint }>(
        'SELECT payee, lines FROM hosted_section ORDER BY section',
      )
      expect(sections.map(({ payee }) => payee)).toEqual(payees.map(({ id }) => id).sort())
      for (const [at, minor] of [3_000n, 2_000n].entries())
        expect(await posted(world.harbour.store, `settlement:${payees[at]?.id}`)).toBe(minor)
      const reports = await world.neighbours().dayEnd.reports()
      expect(reports.map(({ state, payee }) => [payee, state])).toEqual(
        payees.map(({ id }) => [id, 'reconciled']).sort(),
      )
      expect(await faultsOfHost(world)).toEqual([])
    }))

  test('catches missed nights up in order, and has a payee that came meanwhile in the files since', () =>
    runtime.run(async () => {
      const first = await enrolled(world, world.customers.ada.account)
      await pay(await opened(world, first, 'one'), 'paid', 30n)
      runtime.jumpWallClock(2 * day)
      const second = await enrolled(world, world.customers.bo.account)
      await pay(await opened(world, second, 'two'), 'paid, too', 20n)
      await night(2)
      const told = await files()
      expect(told.map(({ state }) => state)).toEqual(Array(4).fill('received'))
      expect(told.map(({ date }) => date)).toEqual(told.map(({ date }) => date).sort())
      expect(told.map(({ sections }) => sections)).toEqual([1n, 1n, 2n, 2n])
      const headers = await atBank<{ header: Uint8Array; hash: Uint8Array }>(
        'SELECT header, hash FROM hosted_file ORDER BY number',
      )
      for (const [at, { header }] of headers.entries())
        expect(Buffer.from(decodeHostHeader(header).previous)).toEqual(Buffer.from(headers[at - 1]?.hash ?? noFile))
      expect(await faultsOfHost(world)).toEqual([])
    }))

  test('of whose payees the bank does not know one is told so, and the others are settled', () =>
    runtime.run(async () => {
      const first = await enrolled(world, world.customers.ada.account)
      await pay(await opened(world, first, 'one'), 'paid', 30n)
      const before = await world.harbour.store.snapshot()
      const second = await enrolled(world, world.customers.bo.account)
      await world.putBack('bank', before)
      await world.harbour.recovery.begun
      await hostedLettersArrive(world)
      await bothSign(world.harbour, runtime, world.staff, 'release-recovery', {})
      await hostedLettersArrive(world)
      for (let nights = 0; nights < 2; nights++) await night()
      expect(await posted(world.harbour.store, `settlement:${first.id}`)).toBe(3_000n)
      const states = (who: string) =>
        atHost<{ state: string }>(`SELECT state FROM day_end_file WHERE tenant = '${who}' ORDER BY number`)
      expect(await states(first.id)).toEqual([{ state: 'reconciled' }, { state: 'reconciled' }])
      expect(await states(second.id)).toEqual([{ state: 'refused' }, { state: 'refused' }])
      expect((await files()).map(({ state }) => state)).toEqual(['received', 'received'])
      expect(await atBank('SELECT payee, refused FROM hosted_section WHERE refused IS NOT NULL')).toHaveLength(2)
      const alarms = (await faultsOfHost(world)).filter(fault => fault.includes('day-end-refused'))
      expect(alarms).toHaveLength(2)
      expect(alarms[0]).toContain('about a payee for whom it does not speak')
      expect(await world.audited()).toEqual([])
    }))
})

describe('a host whose books went back', () => {
  const putBack = async (books: Uint8Array) => {
    await world.putBack('host', books)
    await world.neighbours().recovery.begun
    for (let round = 0; round < 3; round++) await hostedLettersArrive(world)
  }
  const decide = (kind: string, request: Record<string, string>) =>
    bothSign(world.neighbours(), runtime, world.hostStaff ?? world.staff, kind, request)

  test('goes on without a payee who waits for two people, whose next section tells of the dates that were left out', () =>
    runtime.run(async () => {
      const first = await enrolled(world, world.customers.ada.account)
      const before = await world.neighbours().store.snapshot()
      const second = await enrolled(world, world.customers.bo.account)
      await pay(await opened(world, second, 'lost'), 'paid', 30n)
      await night()
      await putBack(before)
      const [held] = await atHost<{ held: bigint }>('SELECT held, state FROM host_file')
      expect(held).toEqual({ held: 2n, state: 'received' })
      await night(2)
      const sectionsOf = (who: string) =>
        atHost<{ date: string; since: string | null; state: string }>(
          `SELECT date, since, state FROM day_end_file WHERE tenant = '${who}' ORDER BY number`,
        )
      expect((await sectionsOf(first.id)).map(({ state }) => state)).toEqual(Array(3).fill('reconciled'))
      expect(await sectionsOf(second.id), 'its file came, and is not placed').toHaveLength(1)
      expect(await decide('take-held', { bank: 'harbour', payee: second.id })).toMatchObject({ done: true })
      await hostedLettersArrive(world)
      await night()
      const dates = (await files()).map(({ date }) => date)
      expect(dates).toHaveLength(4)
      expect(await sectionsOf(second.id)).toEqual([
        expect.objectContaining({ date: dates[0] }),
        { date: dates[3], since: dates[0], state: 'reconciled' },
      ])
      expect((await files()).map(({ sections }) => sections)).toEqual([2n, 1n, 1n, 2n])
      expect(await world.audited()).toEqual([])
    }))

  test('twice, the second time in the midst of a file, which is void: a section that was whole counts, and the next file goes on', () =>
    runtime.run(async () => {
      const first = await enrolled(world, world.customers.ada.account)
      await pay(await opened(world, first, 'one'), 'paid', 30n)
      const before = await world.neighbours().store.snapshot()
      await night()
      await putBack(before)
      await decide('release-recovery', {})
      // The bank gets a header whose sections never come.
      const [last] = await atBank<{ header: Uint8Array; hash: Uint8Array }>('SELECT header, hash FROM hosted_file')
      if (last === undefined) throw new Error('nothing was told')
      const { network } = decodeHostHeader(last.header)
      const books = await world.neighbours().store.snapshot()
      await told({
        network,
        previous: new Uint8Array(last.hash),
        date: decodeHostHeader(last.header).date.replace(/..$/, '29'),
      })
      await hostedLettersArrive(world)
      await putBack(books)
      expect(await atBank('SELECT number FROM hosted_file WHERE void = 1')).toEqual([{ number: 2n }])
      expect((await files()).map(({ state }) => state)).toEqual(['received', 'refused'])
      await decide('release-recovery', {})
      await night(10)
      expect((await files()).map(({ state }) => state).slice(2)).toContain('received')
      const states = await atHost<{ state: string }>('SELECT DISTINCT state FROM day_end_file')
      expect(states).toEqual([{ state: 'reconciled' }])
      expect(await posted(world.harbour.store, `settlement:${first.id}`)).toBe(3_000n)
      expect(await world.audited()).toEqual([])
    }))
})

test('a file that was begun by a payee before its host was brought up to date goes out by itself, and the host goes on', () =>
  runtime.run(async () => {
    const payee = await enrolled(world, world.customers.ada.account)
    await pay(await opened(world, payee, 'one'), 'paid', 30n)
    const [{ date } = { date: '' }] = await atHost<{ date: string }>('SELECT max(business_date) AS date FROM journal')
    await world
      .neighbours()
      .store.execute(tx =>
        tx.run(
          `INSERT INTO day_end_file (tenant, bank, number, date, state) VALUES (?, 'harbour', 1, ?, 'closed')`,
          ...[payee.id, date],
        ),
      )
    await night()
    expect(await files(), 'nobody else has anything to tell of that date').toEqual([])
    expect(await sent('day-end-file')).toBe(1)
    await pay(await opened(world, payee, 'two'), 'later', 20n)
    await night()
    expect((await files()).map(({ state, sections }) => [state, sections])).toEqual([['received', 1n]])
    const states = await atHost<{ number: bigint; state: string }>(
      'SELECT number, state FROM day_end_file ORDER BY number',
    )
    expect(states).toEqual([1n, 2n].map(number => ({ number, state: 'reconciled' })))
    expect(await posted(world.harbour.store, `settlement:${payee.id}`)).toBe(5_000n)
    expect(await faultsOfHost(world)).toEqual([])
  }))

const header: HostHeader = {
  ...{ format: 'tonebank host day end 2', network: 'tonebank', from: host, to: harbour, number: 2n },
  ...{ date: '2027-01-01', cutOff: { at: 0n, timeZone: 'Asia/Shanghai' }, previous: noFile },
  ...{ sections: 1n, lines: 1n, root: new Uint8Array(32) },
}
const told = (changed: Partial<HostHeader>) =>
  write('host-file', { header: encodeHostHeader({ ...header, ...changed }) })

describe('a bank', () => {
  test('refuses a file that does not follow, whose sections are not its own, and lines before them', () =>
    runtime.run(async () => {
      const payee = await enrolled(world, world.customers.ada.account)
      await enrolled(world, world.customers.bo.account)
      await pay(await opened(world, payee, 'one'), 'paid', 30n)
      await night()
      const [first] = await atBank<{ header: Uint8Array; hash: Uint8Array; date: string }>('SELECT * FROM hosted_file')
      const own = await atBank<{ header: Uint8Array }>('SELECT header FROM payee_file ORDER BY payee')
      const sections = own.map(section => new Uint8Array(section.header))
      if (first === undefined) throw new Error('nothing was told')
      const previous = new Uint8Array(first.hash)
      const network = decodeHostHeader(first.header).network
      await told({ network, from: institutionId('lantern') })
      await told({ network, number: 3n, previous })
      await told({ network })
      await told({ network, previous, date: first.date })
      await told({ network, number: 1n, previous })
      await told({ network, previous, sections: 2n })
      await write('host-file-lines', { number: 2n, from: 1n, lines: new Uint8Array([1]) })
      await write('host-file-sections', { number: 2n, from: 2n, sections })
      await write('host-file-sections', { number: 2n, from: 1n, sections: [new Uint8Array([1])] })
      await write('host-file-sections', { number: 2n, from: 1n, sections: [...sections].reverse() })
      await write('host-file-sections', { number: 2n, from: 1n, sections })
      await write('host-file-sections', { number: 7n, from: 1n, sections })
      await hostedLettersArrive(world)
      expect(await refusals()).toEqual([
        'not a header of a host’s file for this bank',
        'file 2 is due',
        'it does not follow the file before',
        'its date is not after that of the file before',
        'another file came under this number',
        'malformed',
        'not the sections that are due',
        'malformed',
        'its sections are not in order',
        'its sections are not those of its header',
        'no such file',
      ])
      expect(await atBank('SELECT section FROM hosted_section')).toHaveLength(2)
    }))

  test('refuses a section of another date than its file, and tells its host', () =>
    runtime.run(async () => {
      const payee = await enrolled(world, world.customers.ada.account)
      await pay(await opened(world, payee, 'one'), 'paid', 30n)
      await night()
      const [first] = await atBank<{ header: Uint8Array; hash: Uint8Array }>('SELECT * FROM hosted_file')
      const [section] = await atBank<{ header: Uint8Array }>(
        `SELECT header FROM payee_file WHERE payee = '${payee.id}'`,
      )
      if (first === undefined || section === undefined) throw new Error('nothing was told')
      const encoded = new Uint8Array(section.header)
      const root = rootOfSections([fileHash(encoded)])
      const { network, cutOff } = decodeHostHeader(first.header)
      await told({ network, previous: new Uint8Array(first.hash), root, cutOff })
      await write('host-file-sections', { number: 2n, from: 1n, sections: [encoded] })
      await hostedLettersArrive(world)
      expect(await refusals()).toEqual([])
      expect(await atBank('SELECT section, refused FROM hosted_section WHERE number = 2')).toEqual([
        { section: 1n, refused: 'of another date than its host’s file' },
      ])
      const letters = await atBank(`SELECT outcome FROM clearing_outbox WHERE type = 'day-end-refused'`)
      expect(letters).toEqual([{ outcome: 'accepted' }])
    }))

  test('whose books went back to before a file is sent it again, and goes on with the next one', () =>
    runtime.run(async () => {
      const payee = await enrolled(world, world.customers.ada.account)
      await pay(await opened(world, payee, 'one'), 'paid', 30n)
      const before = await world.harbour.store.snapshot()
      await night()
      await world.putBack('bank', before)
      await world.harbour.recovery.begun
      for (let nights = 0; nights < 2; nights++) await night()
      expect((await atBank('SELECT number FROM hosted_file')).length).toBe(3)
      expect(await posted(world.harbour.store, `settlement:${payee.id}`)).toBe(3_000n)
      expect(await atHost('SELECT DISTINCT state FROM day_end_file')).toEqual([{ state: 'reconciled' }])
      expect(await world.audited()).toEqual([])
    }))

  test('that is told a file again changes nothing, and tells its results again', () =>
    runtime.run(async () => {
      const payee = await enrolled(world, world.customers.ada.account)
      await pay(await opened(world, payee, 'one'), 'paid', 30n)
      await night()
      const letters = await atHost<{ type: string }>(
        `SELECT type FROM clearing_outbox WHERE type LIKE 'host-file%' ORDER BY sequence`,
      )
      expect(letters.map(({ type }) => type)).toEqual(['host-file', 'host-file-sections', 'host-file-lines'])
      const before = await atBank('SELECT * FROM hosted_section')
      const [first] = await atBank<{ header: Uint8Array }>('SELECT header FROM hosted_file')
      const [section] = await atBank<{ header: Uint8Array }>(
        `SELECT header FROM payee_file WHERE payee = '${payee.id}'`,
      )
      if (first === undefined || section === undefined) throw new Error('nothing was told')
      await write('host-file', { header: new Uint8Array(first.header) })
      await write('host-file-sections', { number: 1n, from: 1n, sections: [new Uint8Array(section.header)] })
      await hostedLettersArrive(world)
      expect(await refusals()).toEqual([])
      expect(await atBank('SELECT * FROM hosted_section')).toEqual(before)
      const results = await atBank(`SELECT sequence FROM clearing_outbox WHERE type = 'day-end-result'`)
      expect(results).toHaveLength(2)
      expect(await posted(world.harbour.store, `settlement:${payee.id}`)).toBe(3_000n)
      expect(await world.audited()).toEqual([])
    }))
})
