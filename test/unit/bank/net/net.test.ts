/** Net statements between two banks, and what is settled of them. */
import { beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../../demo/two-people.ts'
import { openAlarms } from '../../../../src/institution/alarm-book.ts'
import { type Money, yuan } from '../../../../src/money.ts'
import { accountNumber, institutionId, intentId } from '../../../support/ids.ts'
import { MortalRuntime } from '../../../support/mortal-runtime.ts'
import { posted } from '../../../support/proof.ts'
import { banksOf, decideAt, letAllArrive } from '../../../support/two-banks.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let runtime: VirtualRuntime
let world: World
let intents = 0
let isCut = false

beforeEach(() => {
  runtime = new VirtualRuntime({ seed: 8 })
})

function inWorld(story: () => Promise<void>, how?: 'books that somebody changed'): Promise<void> {
  return runtime.run(async () => {
    isCut = false
    world = await openWorld({ runtime, banks: 2, weather: { next: () => (isCut ? { lost: 'there' } : {}) } })
    await story()
    if (how === undefined) expect(await world.audited()).toEqual([])
    await world.close()
  })
}

const emma = () => world.neighbour?.account ?? accountNumber('1')
const banks = () => banksOf(world)

async function send(from: 'harbour' | 'garden', amount: Money): Promise<void> {
  const [bank, one, other] =
    from === 'harbour'
      ? [world.harbour, world.customers.ada.account, emma()]
      : [world.other(), emma(), world.customers.ada.account]
  const order = { from: one, to: other, amount, channel: 'telephone' } as const
  expect(await bank.bank.transfer({ intent: intentId(`${++intents}`), ...order })).toMatchObject({
    outcome: 'transferred',
  })
}

async function night(): Promise<void> {
  runtime.jumpWallClock(86_400_000)
  for (const bank of banks()) await bank.nightly()
  await letAllArrive(world)
}

const standingOf = async (bank: 'harbour' | 'garden') =>
  (await (bank === 'harbour' ? world.harbour : world.other()).teller.standings())[0]

const decide = (bank: 'harbour' | 'garden', kind: string, request: unknown) =>
  decideAt(world, runtime, bank, kind, request)

const vaults = async () => [await posted(world.harbour.store, 'vault'), await posted(world.other().store, 'vault')]

describe('a night between two banks', () => {
  test('each tells the other what it credited, both agree, and the difference is paid and confirmed once', () =>
    inWorld(async () => {
      await send('harbour', yuan(30n))
      await send('harbour', yuan(12n))
      await send('garden', yuan(5n))
      await night()
      expect(await standingOf('harbour')).toMatchObject({ owed: 4_200n, due: 500n })
      expect(await standingOf('garden')).toMatchObject({ owed: 500n, due: 4_200n })
      const statements = (await standingOf('harbour'))?.statements ?? []
      expect(
        statements
          .filter(({ lines }) => lines > 0n)
          .map(({ by, state }) => `${by} ${state}`)
          .sort(),
      ).toEqual(['them answered', 'us agreed'])
      const [before = 0n, there = 0n] = await vaults()
      expect(await decide('garden', 'settle-bank', { bank: 'harbour', minor: 3_700n })).toBe('nothing-owed')
      expect(await decide('harbour', 'settle-bank', { bank: 'garden', minor: 3_600n })).toBe('another-amount')
      const asked = { bank: 'garden', minor: 3_700n }
      const { facts } = await world.harbour.decisions.withFacts('settle-bank', asked)
      expect(facts).toEqual({ owed: 4_200n, due: 500n, currency: 'CNY' })
      const grown = { ...asked, facts: { owed: 4_300n, due: 600n, currency: 'CNY' } }
      const settling = { ...world.harbour, decisions: { ...world.harbour.decisions, withFacts: async () => grown } }
      expect(await bothSign(settling, runtime, world.staff, 'settle-bank', asked), 'the same difference').toMatchObject(
        { done: false, outcome: 'other-facts' },
      )
      expect(await vaults()).toEqual([before, there])
      expect(await decide('harbour', 'settle-bank', { bank: 'garden', minor: 3_700n })).toBe('paid')
      expect(await decide('harbour', 'settle-bank', { bank: 'garden', minor: 3_700n })).toBe('settlement-open')
      const [open] = (await standingOf('garden'))?.settlements ?? []
      expect(open).toMatchObject({ way: 'paid', net: 3_700n, state: 'announced' })
      const confirmation = { bank: 'harbour', settlement: open?.id }
      expect(await world.other().decisions.withFacts('confirm-settlement', confirmation)).toMatchObject({
        facts: { minor: 3_700n, gross: 4_200n, counter: 500n, currency: 'CNY' },
      })
      expect(await decide('garden', 'confirm-settlement', confirmation)).toBe('confirmed')
      expect(await decide('garden', 'confirm-settlement', confirmation)).toBe('confirmed-before')
      expect((await standingOf('harbour'))?.settlements).toMatchObject([{ state: 'confirmed' }])
      expect(await vaults()).toEqual([before - 3_700n, there + 3_700n])
      for (const { store } of banks()) {
        expect(await posted(store, 'due-to-bank:%')).toBe(0n)
        expect(await posted(store, 'due-from-bank:%')).toBe(0n)
      }
      expect(await decide('harbour', 'settle-bank', { bank: 'garden', minor: 3_700n })).toBe('nothing-owed')
      // Another night and nothing to tell: statements all the same.
      await night()
      expect((await standingOf('harbour'))?.statements[0]).toMatchObject({ lines: 0n, state: 'answered' })
    }))

  test('a clock that is set back over the cut-off between two credits makes no break: both are in one statement', () =>
    inWorld(async () => {
      await send('harbour', yuan(1n))
      runtime.jumpWallClock(86_400_000)
      await send('harbour', yuan(30n))
      runtime.jumpWallClock(-86_400_000)
      await send('harbour', yuan(12n))
      await night()
      await night()
      const told = ((await standingOf('harbour'))?.statements ?? []).filter(({ lines }) => lines > 0n)
      expect(told).toMatchObject([{ by: 'them', lines: 3n, state: 'answered' }])
      expect(await standingOf('harbour')).toMatchObject({ owed: 4_300n })
      expect(await standingOf('garden')).toMatchObject({ due: 4_300n })
      for (const { store, card } of banks())
        expect(await store.read(tx => openAlarms(tx, card.institution))).toEqual([])
    }))

  test('what does not fit is a break of its kind, both ends have an alarm, and the rest counts', () =>
    inWorld(async () => {
      await send('harbour', yuan(30n))
      await send('harbour', yuan(12n))
      // A word of the other bank that is in no statement of it.
      await world.harbour.store.execute(tx =>
        tx.run(
          `INSERT INTO credit_result SELECT tenant, bank, ?, to_account, minor, asset, scale, outcome, reason, at, epoch, sequence,
             NULL FROM credit_result WHERE minor = 1200`,
          'f'.repeat(32),
        ),
      )
      await night()
      expect(await standingOf('harbour')).toMatchObject({ owed: 4_200n })
      expect(await standingOf('garden')).toMatchObject({ due: 4_200n })
      for (const { store, card } of banks()) {
        const alarms = await store.read(tx => openAlarms(tx, card.institution))
        expect(alarms.map(({ kind, detail }) => `${kind} ${detail.split(': ').at(-1)}`)).toEqual([
          'day-end-breaks 1 missing-there',
        ])
      }
      expect(await world.audited()).toHaveLength(1)
    }, 'books that somebody changed'))

  test('a bank that dies at any point of it ends as after a quiet night', { timeout: 120_000 }, async () => {
    for (const dying of ['bank', 'garden'] as const) {
      for (const point of ['net.begun', 'net.told', 'net.compared', 'net-statement.sent', 'net-lines.received']) {
        runtime = new VirtualRuntime({ seed: 8 })
        await inWorld(async () => {
          await send('harbour', yuan(30n))
          await send('garden', yuan(5n))
          runtime.jumpWallClock(86_400_000)
          const life = new MortalRuntime(runtime)
          await world.restart(dying, life)
          await Promise.all(banks().map(({ recovery }) => recovery.begun))
          life.dieAt(point)
          await Promise.all(banks().map(bank => bank.nightly().catch(() => {})))
          await Promise.race([letAllArrive(world).catch(() => {}), runtime.sleep(30_000)])
          expect(life.deadAt, `${dying} at ${point}`).toBe(point)
          await world.restart(dying, runtime)
          await Promise.all(banks().map(({ recovery }) => recovery.begun))
          for (const bank of banks()) await bank.nightly()
          await letAllArrive(world)
          expect(await standingOf('harbour'), `${dying} at ${point}`).toMatchObject({ owed: 3_000n, due: 500n })
          expect(await standingOf('garden'), `${dying} at ${point}`).toMatchObject({ owed: 500n, due: 3_000n })
        })
      }
    }
  })
})

test('a statement that is not answered by the morning is an alarm, once', () =>
  inWorld(async () => {
    await send('garden', yuan(5n))
    runtime.jumpWallClock(86_400_000)
    isCut = true
    await world.harbour.nightly()
    await world.harbour.dayEnd.idle()
    for (let morning = 0; morning < 2; morning++) await world.harbour.dayEnd.reportLate()
    const alarms = await world.harbour.store.read(tx => openAlarms(tx, institutionId('harbour')))
    const ofGarden = alarms.filter(({ peer }) => peer === 'garden')
    // The date of the transfer, and the one on which the books were opened.
    expect(ofGarden.map(({ kind, detail }) => `${kind} ${detail.split(' ').slice(0, 3).join(' ')}`)).toEqual([
      'day-end-late net statement 1',
      'day-end-late net statement 2',
    ])
    isCut = false
    await world.harbour.mail.idle()
    await letAllArrive(world)
  }))

test('amounts that the other bank does not agree on are booked back, with an alarm', () =>
  inWorld(async () => {
    await send('harbour', yuan(30n))
    await night()
    // The other bank has forgotten that it was told.
    await world
      .other()
      .store.execute(tx => tx.run(`UPDATE net_statement SET state = 'sent', agreed = NULL, breaks = NULL`))
    const [before] = await vaults()
    expect(await decide('harbour', 'settle-bank', { bank: 'garden', minor: 3_000n })).toBe('paid')
    expect((await standingOf('harbour'))?.settlements).toMatchObject([{ state: 'refused' }])
    expect((await vaults())[0]).toBe(before)
    const alarms = await world.harbour.store.read(tx => openAlarms(tx, institutionId('harbour')))
    expect(alarms.map(({ kind }) => kind)).toContain('settlement-refused')
  }))

describe('a settlement that is announced and never paid', () => {
  const alarmsOf = async (bank: 'harbour' | 'garden', kind: string) => {
    const { store } = bank === 'harbour' ? world.harbour : world.other()
    const alarms = await store.read(tx => openAlarms(tx, institutionId(bank)))
    return alarms.filter(alarm => alarm.kind === kind).map(({ detail }) => detail.replace(/^[0-9a-f]{64}: /, ''))
  }
  const announced = async () => {
    await send('harbour', yuan(42n))
    await send('garden', yuan(5n))
    await night()
    expect(await decide('harbour', 'settle-bank', { bank: 'garden', minor: 3_700n })).toBe('paid')
    const [open] = (await standingOf('garden'))?.settlements ?? []
    return { bank: 'harbour', settlement: open?.id }
  }

  test('stands apart from what is confirmed, is refused by two people at the paid bank, and is owed again at both', () =>
    inWorld(async () => {
      const before = await vaults()
      const asked = await announced()
      expect(await standingOf('harbour')).toMatchObject({ owed: 0n, announced: { toIt: 3_700n, toUs: 0n } })
      expect(await standingOf('garden')).toMatchObject({
        ...{ due: 0n, announced: { toIt: 0n, toUs: 3_700n }, confirmed: { toIt: 0n, toUs: 0n } },
      })
      const why = 'nothing came in three days'
      const { facts } = await world.other().decisions.withFacts('refuse-settlement', { ...asked, why })
      expect(facts).toEqual({ minor: 3_700n, gross: 4_200n, counter: 500n, currency: 'CNY' })
      expect(await decide('garden', 'refuse-settlement', { ...asked, settlement: 'f'.repeat(64), why })).toBe(
        'unknown-settlement',
      )
      expect(await decide('garden', 'refuse-settlement', { ...asked, why })).toBe('refused')
      expect(await decide('garden', 'refuse-settlement', { ...asked, why })).toBe('refused-before')
      expect(await decide('garden', 'confirm-settlement', asked)).toBe('refused-before')
      expect(await vaults()).toEqual(before)
      for (const bank of ['harbour', 'garden'] as const) {
        const standing = await standingOf(bank)
        expect(standing?.settlements).toMatchObject([{ state: 'refused', why, net: 3_700n }])
        expect(standing).toMatchObject({ announced: { toIt: 0n, toUs: 0n }, confirmed: { toIt: 0n, toUs: 0n } })
        expect(await alarmsOf(bank, 'settlement-refused')).toHaveLength(1)
      }
      expect(await standingOf('harbour')).toMatchObject({ owed: 4_200n, due: 500n })
      expect(await standingOf('garden')).toMatchObject({ owed: 500n, due: 4_200n })
      // It comes after all: announced anew, and seen.
      expect(await decide('harbour', 'settle-bank', { bank: 'garden', minor: 3_700n })).toBe('paid')
      const again = (await standingOf('garden'))?.settlements.find(({ state }) => state === 'announced')
      expect(await decide('garden', 'confirm-settlement', { bank: 'harbour', settlement: again?.id })).toBe('confirmed')
      expect(await decide('garden', 'refuse-settlement', { bank: 'harbour', settlement: again?.id, why })).toBe(
        'confirmed-before',
      )
      expect(await standingOf('harbour')).toMatchObject({ owed: 0n, due: 0n, confirmed: { toIt: 3_700n, toUs: 0n } })
    }))

  test('is an alarm at both ends once, after as many business dates as the file says', () =>
    inWorld(async () => {
      const asked = await announced()
      const late = async () => {
        for (const { dayEnd } of banks()) await dayEnd.reportLate()
        return [await alarmsOf('harbour', 'settlement-late'), await alarmsOf('garden', 'settlement-late')]
      }
      await night()
      await night()
      expect(await late()).toEqual([[], []])
      await night()
      const date = /^37.00 CNY of \d{4}-\d\d-\d\d is announced as paid/
      for (let morning = 0; morning < 2; morning++)
        expect(await late()).toEqual([[expect.stringMatching(date)], [expect.stringMatching(date)]])
      expect(await decide('garden', 'confirm-settlement', asked)).toBe('confirmed')
      await night()
      expect(await late()).toMatchObject([{ length: 1 }, { length: 1 }])
    }))

  test('an audit finds one that is refused and was not, at either end', () =>
    inWorld(async () => {
      const asked = await announced()
      expect(await decide('garden', 'refuse-settlement', { ...asked, why: 'nothing came' })).toBe('refused')
      for (const { store } of banks())
        await store.execute(tx => tx.run(`UPDATE net_settlement SET why = 'something else'`))
      const found = await world.audited()
      expect(found.map(each => JSON.stringify(each)).join('\n')).toContain('no letter of the other bank says so')
      expect(found.map(each => JSON.stringify(each)).join('\n')).toContain('it is not what two people decided')
    }, 'books that somebody changed'))
})
