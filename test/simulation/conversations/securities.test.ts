/** At a securities firm, by phone and terminal, with every sample of the modem: a customer signs in, brings money in, trades, takes an order back and takes money home. */
import { expect, test } from 'vitest'
import { securitiesLine } from '../../../ivr/securities/securities-line.ts'
import { Directory } from '../../../src/card/directory.ts'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { type Approval, type Hands, type Paid, payInCall } from '../../../src/terminal/payment.ts'
import type { HeldCard } from '../../support/cards.ts'
import { openBroker } from '../../support/securities.ts'
import { simulateCall } from '../../support/simulated-line.ts'
import { SimulatedSound } from '../../support/simulated-sound.ts'
import { SimulatedTerminal } from '../../support/simulated-terminal.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { UnsettledInMemory } from '../../support/unsettled.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { heard, type Reactions, reacting } from './callers.ts'

async function openPine() {
  const runtime = new VirtualRuntime()
  return runtime.run(async () => {
    const broker = await openBroker(runtime)
    const signed = await broker.world.harbour.cards.directory()
    if (signed.outcome !== 'signed') throw new Error(signed.outcome)
    const directory = await Directory.read({ algorithm: 'Ed25519', bytes: signed.key }, signed.message)
    if (directory === undefined) throw new Error('no directory')
    return { ...broker, runtime, directory, unsettled: new UnsettledInMemory() }
  })
}
type Pine = Awaited<ReturnType<typeof openPine>>

/** Cai calls with the card at the terminal, which signs as often as it is asked. */
async function calling(
  { runtime, house, card, directory, unsettled }: Pine,
  reactions: Reactions,
  approve = ({ pin, password }: HeldCard): Approval => ({ pin, password }),
  language = '1',
) {
  const sound = new SimulatedSound(runtime)
  const element = await SoftCard.insert(card.store, length => runtime.random(length))
  const signed: Paid[] = []
  const shown: string[] = []
  const call = await simulateCall(
    runtime,
    {
      ...{ speech: catalogueSpeech(), dialled: '7001', sound },
      script: call => securitiesLine(call, house.running.securities),
    },
    async caller => {
      const hands = {
        approve: async ({ shown: { type, way, amount, limit, trade } }: Parameters<Hands['approve']>[0]) => {
          shown.push([type, way, amount, limit, trade].filter(each => each !== undefined).join(' '))
          await runtime.sleep(6_000)
          return approve(card)
        },
        onResult: () => {},
        onSettled: () => {},
      }
      const line = new SimulatedTerminal(runtime, caller.line, sound)
      const pays = async () => {
        while (!caller.line.isOver) {
          const paid = await payInCall(line, { card: element, directory, hands, unsettled, runtime })
          if (paid.outcome !== 'not-asked') signed.push(paid)
        }
      }
      await Promise.all([reacting({ 'language.choose': ['', language], ...reactions })(caller), pays()])
    },
  )
  return { call, signed, shown }
}

const endsWell = ({ runtime, house, world }: Pine) =>
  runtime.run(async () => {
    await runtime.sleep(10_000)
    expect(await house.audited()).toEqual([])
    expect(await world.audited()).toEqual([])
  })

test('a customer brings money in, buys at once and with a limit, hears of it, takes the order back and money home', async () => {
  const pine = await openPine()
  const { call, signed, shown } = await calling(pine, {
    'securities.menu': ['2', '1', 'hang up'],
    'customer.menu': ['6', '3', '3', '1', '5', '7', '9'],
    'funds.amount': ['1000#', '100#'],
    'trade.security': '101',
    'trade.shares': ['10#', '20#'],
    'trade.price.menu': ['1', '2'],
    'trade.limit': '5#',
    'orders.last.menu': '2',
  })
  expect(heard(call, 'prices.one')).toEqual(['Cloud Tea, number 101, 10 yuan.', 'River Silk, number 102, 250 yuan.'])
  expect(shown).toEqual([
    'sign-in',
    'fund in 1000.00 CNY',
    'trade buy 10 CNE100000TE7',
    'trade buy 20 CNE100000TE7 5.00 CNY',
    expect.stringMatching(/^cancel \d+$/),
    'fund out 100.00 CNY',
  ])
  expect(signed.map(each => (each.outcome === 'result' ? each.result.outcome : each.outcome))).toEqual([
    ...['paid', 'paid', 'paid', 'paid', 'paid', 'on-its-way'],
  ])
  expect(heard(call, 'trade.executed')[0]).toMatch(/^Done\. Order [\d ]+ is executed at 10 yuan a share\./)
  expect(heard(call, 'holdings.cash')).toEqual(['You have 800 yuan of cash.'])
  expect(heard(call, 'holdings.cash.reserved')).toEqual(['For open orders, 100 yuan is held back.'])
  expect(heard(call, 'holdings.shares.to-come')).toEqual(['Bought, and to come when it is settled: 10.'])
  expect(heard(call, 'orders.cancelled')).toHaveLength(1)
  expect(heard(call, 'funds.sent-home')).toEqual(['100 yuan is on its way to your account at the bank.'])
  expect(pine.unsettled.kept).toEqual([])
  const { cash } = await pine.runtime.run(() =>
    pine.house.running.securities.standing(pine.world.customers.cai.account),
  )
  expect(cash.available).toEqual(yuan(800n))
  await endsWell(pine)
})

test('in Mandarin, who has no money buys nothing', async () => {
  const pine = await openPine()
  const poor = await calling(
    pine,
    {
      ...{ 'securities.menu': ['1', 'hang up'], 'customer.menu': ['3', '9'], 'trade.security': '101' },
      ...{ 'trade.shares': '10#', 'trade.price.menu': '1' },
    },
    undefined,
    '2',
  )
  expect(heard(poor.call, 'trade.buying')).toEqual(['您将按现价买入云雾茶业10股。'])
  expect(heard(poor.call, 'funds.insufficient')[0]).toMatch(/没有办理。$/)
  await endsWell(pine)
})

test('a wrong personal password signs nobody in: the card’s bank judges it', async () => {
  const pine = await openPine()
  const { call } = await calling(pine, { 'securities.menu': ['1', 'hang up'] }, ({ pin }) => ({
    ...{ pin, password: new Secret('11111111') },
  }))
  expect(heard(call, 'card.nothing-done')).toHaveLength(1)
  expect(heard(call, 'card.refused.wrong-password.left')).toHaveLength(1)
  expect(heard(call, 'customer.menu')).toEqual([])
  await endsWell(pine)
})
