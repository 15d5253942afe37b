/**
 * A section of a host's file of which not every line came before its host's books went back is void at its bank: the whole sections
 * beside it count, and the payee's next section tells of what was in it. One whose lines are not those of its header waits for people.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { decodeHeader, encodeHeader, fileHash, noTotals } from '../../../src/clearing/header.ts'
import { decodeHostHeader, encodeHostHeader, rootOfSections } from '../../../src/clearing/host-header.ts'
import { encodeLine } from '../../../src/clearing/lines.ts'
import { MerkleTree } from '../../../src/clearing/merkle.ts'
import type { Letter, LetterType, SecretLetterType } from '../../../src/mail/messages.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { enrolled, hostedLettersArrive, opened, pay } from '../../simulation/day-end/hosted.ts'
import { institutionId } from '../../support/ids.ts'
import { alarmsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const day = 86_400_000
const [host, harbour] = [institutionId('neighbours'), institutionId('harbour')]
let world: World
let runtime: VirtualRuntime
let isAway = false
/** Done to the host's books between the header of a section and the letters with the lines. */
let onceBuilt: string | undefined

beforeEach(async () => {
  onceBuilt = undefined
  runtime = new VirtualRuntime({
    seed: 44,
    onEvent: event => {
      if (event !== 'reached day-end.built' || onceBuilt === undefined) return
      const [sql, host] = [onceBuilt, world.neighbours()]
      onceBuilt = undefined
      void host.store.execute(tx => tx.run(sql))
    },
  })
  isAway = false
  const weather = { next: () => (isAway ? { lost: 'there' as const } : { lateMs: 1_000 }) }
  world = await runtime.run(() => openWorld({ runtime, hosted: true, weather }))
})
afterEach(() => runtime.run(() => world.close()))

const night = async () => {
  runtime.jumpWallClock(day)
  await world.neighbours().nightly()
  await hostedLettersArrive(world)
}
type Rows = Record<string, string | bigint | Uint8Array | null>
const atBank = <R extends Rows>(sql: string) => world.harbour.store.read(tx => tx.all<R>(sql))
const atHost = <R extends Rows>(sql: string) => world.neighbours().store.read(tx => tx.all<R>(sql))
/** By their ids: so their sections lie in a file. */
const twoPayees = async () => {
  const { ada, bo } = world.customers
  const both = [await enrolled(world, ada.account), await enrolled(world, bo.account)]
  const [first, second] = both.toSorted((one, other) => (one.id < other.id ? -1 : 1))
  if (first === undefined || second === undefined) throw new Error('nobody enrolled')
  return { first, second }
}

test('a section that is void is told anew by the next one, and those that were whole count', () =>
  runtime.run(async () => {
    const { first, second } = await twoPayees()
    await pay(await opened(world, first, 'one'), 'paid', 30n)
    const many = await opened(world, second, 'many')
    for (let i = 0; i < 500; i++) await pay(many, `payment ${i}`, 1n, 10n)
    const before = await world.neighbours().store.snapshot()
    // A letter holds about 170 lines, and no bundle two of them.
    world.mail.mostBytes = 14_000
    runtime.jumpWallClock(day)
    await world.neighbours().nightly()
    const received = async () =>
      (await atBank<{ received: bigint }>('SELECT received FROM hosted_file'))[0]?.received ?? 0n
    while ((await received()) === 0n) await runtime.sleep(100)
    isAway = true
    await runtime.sleep(10_000)
    expect((await received()) < 501n, 'the last letter did not come').toBe(true)
    await world.putBack('host', before)
    isAway = false
    await world.neighbours().recovery.begun
    for (let round = 0; round < 3; round++) await hostedLettersArrive(world)
    expect(await atBank('SELECT payee, state, void FROM payee_file ORDER BY payee')).toEqual([
      { payee: first.id, state: 'result sent', void: 0n },
      { payee: second.id, state: 'refused', void: 1n },
    ])
    expect(await atBank('SELECT void FROM hosted_file')).toEqual([{ void: 1n }])
    await night()
    const sections = await atHost('SELECT tenant, number, state, lines FROM day_end_file ORDER BY tenant, number')
    expect(sections.map(({ tenant, number, state, lines }) => [tenant, number, state, lines])).toEqual([
      [first.id, 1n, 'reconciled', 1n],
      [first.id, 2n, 'reconciled', 0n],
      [second.id, 1n, 'refused', 0n],
      [second.id, 2n, 'reconciled', 500n],
    ])
    expect(await posted(world.harbour.store, `settlement:${first.id}`)).toBe(3_000n)
    expect(await posted(world.harbour.store, `settlement:${second.id}`)).toBe(5_000n)
    expect(await world.neighbours().dayEnd.sendAgain(harbour), 'it is void for good').toEqual({
      outcome: 'nothing-refused',
    })
    expect(await world.audited()).toEqual([])
  }))

function write<T extends Exclude<LetterType, SecretLetterType>>(type: T, body: Letter<T>) {
  const { store, mail } = world.neighbours()
  return store
    .execute(tx => writeLetter<T>(tx, { from: host, to: harbour, type, body, stream: 'bulk' }))
    .then(() => mail.wake())
}

test('a section whose lines are not those of its header waits for people, and the others are settled', () =>
  runtime.run(async () => {
    const { first, second } = await twoPayees()
    const one = await opened(world, first, 'one')
    await pay(one, 'paid', 30n)
    await night()
    const [file] = await atBank<{ header: Uint8Array; hash: Uint8Array }>('SELECT header, hash FROM hosted_file')
    const own = await atBank<{ header: Uint8Array; hash: Uint8Array }>(
      'SELECT header, hash FROM payee_file ORDER BY payee',
    )
    if (file === undefined) throw new Error('nothing was told')
    const of = decodeHostHeader(file.header)
    const next = {
      number: 2n,
      date: of.date.replace(/..$/, '29'),
      cutOff: { ...of.cutOff, at: of.cutOff.at + BigInt(day) },
    }
    const line = encodeLine({ kind: 'capture', ref: 99n, number: one.number, minor: 100n })
    const sections = own.map(({ header, hash }, at) => {
      const {
        sections: [section],
        ...rest
      } = decodeHeader(header)
      const told = at === 0 ? { ...noTotals(), capture: { count: 1n, minor: 100n } } : noTotals()
      const lines = { totals: told, root: new MerkleTree().root() }
      return encodeHeader({ ...rest, ...next, previous: new Uint8Array(hash), sections: [{ ...section, ...lines }] })
    })
    const root = rootOfSections(sections.map(fileHash))
    await write('host-file', {
      header: encodeHostHeader({ ...of, ...next, previous: new Uint8Array(file.hash), lines: 1n, root }),
    })
    await write('host-file-sections', { number: 2n, from: 1n, sections })
    await write('host-file-lines', { number: 2n, from: 1n, lines: line })
    await hostedLettersArrive(world)
    expect(await atBank('SELECT payee, state FROM payee_file WHERE number = 2 ORDER BY payee')).toEqual([
      { payee: first.id, state: 'refused' },
      { payee: second.id, state: 'result sent' },
    ])
    const alarms = (await alarmsOf(world.harbour)).filter(alarm => alarm.includes('day-end-contradicted'))
    expect(alarms).toEqual([expect.stringContaining('its lines are not those of its header')])
    expect(await posted(world.harbour.store, `settlement:${first.id}`)).toBe(3_000n)
  }))

test('declared void by two officers, it is told again by the payee’s next section', () =>
  runtime.run(async () => {
    const { first } = await twoPayees()
    await pay(await opened(world, first, 'one'), 'paid', 30n)
    onceBuilt = 'UPDATE day_end_line SET minor = minor + 100'
    await night()
    await world.neighbours().store.execute(tx => tx.run('UPDATE day_end_line SET minor = minor - 100'))
    await night()
    expect(await posted(world.harbour.store, `settlement:${first.id}`)).toBe(0n)
    const request = { payee: first.id, number: 1n, why: 'its lines were changed on a disk' }
    expect(await bothSign(world.harbour, runtime, world.staff, 'void-file', request)).toMatchObject({ done: true })
    await hostedLettersArrive(world)
    await night()
    await night()
    expect(await posted(world.harbour.store, `settlement:${first.id}`)).toBe(3_000n)
    const sections = await atHost<{ state: string }>(
      `SELECT state FROM day_end_file WHERE tenant = '${first.id}' ORDER BY number`,
    )
    expect(sections.map(({ state }) => state)).toEqual(['refused', 'reconciled', 'reconciled', 'reconciled'])
    const faults = await world.audited()
    expect(faults.filter(fault => !/alarm day-end-(contradicted|refused)/.test(fault))).toEqual([])
  }))
