/** What cards paid to a payee is posted once in its own books, whoever tells of it and how often; the audit and its day end say how much. */
import { afterEach, expect, test, vi } from 'vitest'
import { written } from '../../../src/clearing/report.ts'
import { businessDate } from '../../../src/ledger/business-date.ts'
import { credit, debit, post } from '../../../src/ledger/post.ts'
import { cardRevenueFrom, collectedAt } from '../../../src/merchant/card-revenue.ts'
import { CNY, money, yuan } from '../../../src/money.ts'
import { now } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { type CardPayee, openCardPayee } from '../../support/card-payee.ts'
import { settleAll } from '../../support/day-end.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { faultsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import type { World } from '../../support/world.ts'

// The first to open two banks makes them.
vi.setConfig({ testTimeout: 60_000 })

let payee: CardPayee | undefined
afterEach(async () => {
  await payee?.world.close()
  payee = undefined
})

const wrongPassword = new Secret('55667788')

type Bank = 'harbour' | 'garden'

interface Told extends CardPayee {
  readonly runtime: VirtualRuntime
  /** Nobody hears of the payee, nor it of anybody. */
  mute(isMute: boolean): void
}

function at(collectsAt: Bank, story: (told: Told) => Promise<void>): Promise<void> {
  const runtime = new VirtualRuntime({ seed: 421 })
  let isMute = false
  const weather = {
    next: ({ from, to }: { from: string; to: string }) =>
      isMute && [from, to].includes('lantern') ? ({ lost: 'there' } as const) : {},
  }
  return runtime.run(async () => {
    payee = await openCardPayee(runtime, { collectsAt, weather })
    const mute = (to: boolean) => {
      isMute = to
    }
    await story({ ...payee, runtime, mute })
  })
}

/** Minor units that are collected, and earned. */
async function booked({ lantern }: World, bank: Bank = 'harbour'): Promise<readonly [bigint, bigint]> {
  return [await posted(lantern.store, collectedAt(institutionId(bank))), await posted(lantern.store, 'card-revenue:%')]
}

async function arrive({ world, runtime }: Told): Promise<void> {
  await runtime.sleep(120_000)
  await world.lantern.mail.idle()
  await world.harbour.mail.idle()
}

test.each(['harbour', 'garden'] as const)('what is collected at %s is posted once, whatever is sent again', bank =>
  at(bank, async ({ world, ask, answerTo, send, pay }) => {
    const asked = await ask('a')
    const answer = await answerTo(asked)
    expect(await send('a', asked, answer)).toMatchObject({ outcome: 'paid' })
    expect(await booked(world, bank)).toEqual([300_000n, 300_000n])
    expect(await send('a', asked, answer)).toMatchObject({ outcome: 'paid' })
    expect(await world.merchant.becameOfCardIntent(intentId('a'))).toMatchObject({ outcome: 'paid' })
    expect(await pay('wrong', yuan(7n), wrongPassword)).toMatchObject({ outcome: 'refused' })
    expect(await booked(world, bank)).toEqual([300_000n, 300_000n])
    expect(await pay('b', yuan(5n))).toMatchObject({ outcome: 'paid' })
    expect(await booked(world, bank)).toEqual([300_500n, 300_500n])
    expect(await posted(world.lantern.store, cardRevenueFrom(institutionId('harbour')))).toBe(300_500n)
    expect(await faultsOf(world)).toEqual([])
  }),
)

test('a word that comes late is posted when it comes, and not again by whoever asks', () =>
  at('harbour', async told => {
    const { world, card, mute, ask, answerTo, send } = told
    const asked = await ask('a')
    mute(true)
    expect(await send('a', asked, await answerTo(asked))).toMatchObject({ outcome: 'unknown' })
    expect(await booked(world)).toEqual([0n, 0n])
    mute(false)
    await arrive(told)
    const signature = { card: card.number, counter: 1, nonce: asked.request.nonce }
    expect(await world.merchant.becameOfCard(signature)).toMatchObject({ outcome: 'paid' })
    expect(await booked(world)).toEqual([300_000n, 300_000n])
    expect(await faultsOf(world)).toEqual([])
  }))

test('books that lost the payment post it when its bank tells of it again', () =>
  at('harbour', async told => {
    const { world, pay } = told
    const before = await world.lantern.store.snapshot()
    expect(await pay('a')).toMatchObject({ outcome: 'paid' })
    await arrive(told)
    await world.putBack('merchant', before)
    await world.lantern.recovery.begun
    await arrive(told)
    expect(await booked(world)).toEqual([300_000n, 300_000n])
    const faults = await faultsOf(world)
    expect(faults.filter(fault => !/alarm (books-went-back|card-unasked|peer-recovered)/.test(fault))).toEqual([])
  }))

test('what was paid before payees posted it is posted at the next start, and at no later one', () =>
  at('harbour', async ({ world, pay }) => {
    for (const name of ['a', 'b'])
      expect(await pay(name, yuan(20n), wrongPassword)).toMatchObject({ outcome: 'refused' })
    // As a program before has it: paid, and not posted.
    await run("UPDATE receiver_payment SET state = 'paid', reference = '1', reason = '' WHERE state = 'refused'")(world)
    expect(await booked(world)).toEqual([0n, 0n])
    for (let start = 0; start < 2; start++) {
      await world.restart('merchant')
      expect(await booked(world)).toEqual([4_000n, 4_000n])
    }
    expect(await pay('c', yuan(1n))).toMatchObject({ outcome: 'paid' })
    await world.restart('merchant')
    expect(await booked(world)).toEqual([4_100n, 4_100n])
    expect((await faultsOf(world)).filter(fault => /posting|cards paid/.test(fault))).toEqual([])
  }))

/** Another posting of what a card paid, by the ledger itself. */
async function postAgain({ lantern, runtime }: World): Promise<void> {
  const at = now({ runtime })
  await lantern.store.execute(async tx => {
    const calendar = { tenant: institutionId('lantern'), timeZone: 'Asia/Shanghai', cutOffMinutes: 23 * 60 }
    await post(tx, {
      ...{ chain: 'main', id: 'card-payment again', kind: 'card-payment', at },
      businessDate: await businessDate(tx, calendar, at),
      entries: [
        debit(collectedAt(institutionId('harbour')), money(2_000n)),
        credit(cardRevenueFrom(institutionId('harbour')), money(2_000n)),
      ],
    })
  })
}

const run = (sql: string) => async (world: World) => {
  await world.lantern.store.execute(tx => tx.run(sql))
}

test.each([
  [
    'a posting that is missing',
    run("UPDATE receiver_payment SET state = 'paid', reference = '1', reason = '' WHERE state = 'refused'"),
    ['it is paid, and its posting says otherwise', 'its cards paid 2700, and 2000', 'cards paid 2700 there, and 2000'],
  ],
  [
    'a posting of what was not paid',
    run("UPDATE receiver_payment SET state = 'came-back' WHERE state = 'paid'"),
    ['it is came-back, and its posting says otherwise', 'what no card paid', 'its cards paid 0, and 2000'],
  ],
  [
    'a posting that was made twice',
    postAgain,
    ['what no card paid', 'its cards paid 2000, and 4000', 'cards paid 2000 there, and 4000'],
  ],
  [
    'another reference than its bank told',
    run("UPDATE receiver_payment SET reference = '999999' WHERE state = 'paid'"),
    ['it is paid, and its posting says otherwise'],
  ],
  [
    'more collected than was paid',
    run("UPDATE balance SET posted = posted + 1 WHERE account = 'collected-at-bank:harbour'"),
    ['cards paid 2000 there, and 2001'],
  ],
  [
    'more earned than was paid',
    run("UPDATE balance SET posted = posted + 1 WHERE account = 'card-revenue:harbour'"),
    ['its cards paid 2000, and 2001'],
  ],
])('the audit finds %s', (_what, tamper, found) =>
  at('harbour', async ({ world, pay }) => {
    expect(await pay('a', yuan(20n))).toMatchObject({ outcome: 'paid' })
    expect(await pay('wrong', yuan(7n), wrongPassword)).toMatchObject({ outcome: 'refused' })
    expect(await faultsOf(world)).toEqual([])
    await tamper(world)
    const faults = await faultsOf(world, { withoutLog: true })
    for (const what of found) expect(faults).toContainEqual(expect.stringContaining(what))
  }),
)

test('a day end says what cards paid on its date, in each form', () =>
  at('harbour', async ({ world, runtime, pay }) => {
    const night = async () => {
      runtime.jumpWallClock(86_400_000)
      await world.lantern.nightly()
      await settleAll(world)
    }
    for (const name of ['a', 'b']) expect(await pay(name, yuan(20n))).toMatchObject({ outcome: 'paid' })
    await night()
    expect(await pay('c', yuan(1n))).toMatchObject({ outcome: 'paid' })
    await night()
    const of = (date: string) => world.lantern.dayEnd.reports(date)
    expect((await of('2026-11-23')).map(({ byCard }) => byCard)).toEqual([{ count: 1n, minor: 100n }])
    const reports = await of('2026-11-22')
    expect(written(reports, CNY, 'text')).toContain(
      '  by card                  40.00 CNY  2 payments, on the account at this bank\n',
    )
    expect(written(reports, CNY, 'csv').split('\n')).toContain('2026-11-22,harbour,2,reconciled,by card,2,4000')
    expect(JSON.parse(written(reports, CNY, 'json'))).toMatchObject([{ byCard: { count: 2, minor: 4_000 } }])
    // The bank's own report has its file alone.
    const [theirs] = await world.harbour.dayEnd.reports('2026-11-22')
    expect(theirs).toMatchObject({ state: 'result sent' })
    expect(theirs?.byCard).toBeUndefined()
    expect(await faultsOf(world)).toEqual([])
  }))
