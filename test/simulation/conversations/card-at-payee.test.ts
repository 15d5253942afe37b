/** At a payee, by phone and terminal, with every sample of the modem: a card pays, or does not, and both ends and the books of bank and payee say the same. */
import { expect, test } from 'vitest'
import { merchantLine } from '../../../ivr/merchant/merchant-line.ts'
import { Directory } from '../../../src/card/directory.ts'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import type { Merchant } from '../../../src/merchant/merchant.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { type Approval, type Paid, payInCall } from '../../../src/terminal/payment.ts'
import { type CardPayee, openCardPayee } from '../../support/card-payee.ts'
import type { HeldCard } from '../../support/cards.ts'
import { simulateCall } from '../../support/simulated-line.ts'
import { SimulatedSound } from '../../support/simulated-sound.ts'
import { SimulatedTerminal } from '../../support/simulated-terminal.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { UnsettledInMemory } from '../../support/unsettled.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { heard, reacting } from './callers.ts'

async function openShop() {
  const runtime = new VirtualRuntime()
  return runtime.run(async () => {
    const payee = await openCardPayee(runtime)
    const signed = await payee.world.harbour.cards.directory()
    if (signed.outcome !== 'signed') throw new Error(signed.outcome)
    const directory = await Directory.read({ algorithm: 'Ed25519', bytes: signed.key }, signed.message)
    if (directory === undefined) throw new Error('no directory')
    return { ...payee, runtime, directory, unsettled: new UnsettledInMemory() }
  })
}

interface Story {
  readonly approve?: (card: HeldCard) => Approval
  readonly merchant?: (merchant: Merchant) => Merchant
  readonly language?: '1' | '2'
  readonly keys?: Readonly<Record<string, string | readonly string[]>>
  /** In yuan. */
  readonly whole?: bigint
  /** Keyed by the caller instead of signing. */
  readonly key?: string
}

/** Cai pays by key 5, ¥800 unless told otherwise, with Cai's card at the terminal. */
async function paying(
  { runtime, world, card, directory, unsettled }: Awaited<ReturnType<typeof openShop>>,
  { approve, merchant, language = '1', keys, whole = 800n, key }: Story = {},
) {
  const sound = new SimulatedSound(runtime)
  const element = await SoftCard.insert(card.store, length => runtime.random(length))
  let ended: Paid | undefined
  const script = (call: Parameters<typeof merchantLine>[0]) =>
    merchantLine(call, merchant?.(world.merchant) ?? world.merchant)
  const call = await simulateCall(
    runtime,
    { speech: catalogueSpeech(), dialled: '8001', script, sound },
    async caller => {
      const hands = {
        approve: async () => {
          await runtime.sleep(6_000)
          if (key) await caller.presses(key)
          return approve?.(card) ?? { pin: card.pin, password: card.password }
        },
        onResult: () => {},
        onSettled: () => {},
      }
      const acting = reacting({
        'language.choose': ['', language],
        'merchant.menu.card': ['5', 'hang up'],
        'pay.amount': `${whole}#`,
        ...keys,
      })
      const line = new SimulatedTerminal(runtime, caller.line, sound)
      const wish = { type: 'pay', amount: yuan(whole) } as const
      const pays = async () => {
        ended = await payInCall(line, { card: element, directory, hands, unsettled, wish, runtime })
      }
      await Promise.all([acting(caller), pays()])
    },
  )
  return { call, ended }
}

const both = ({ runtime, balances }: CardPayee & { readonly runtime: VirtualRuntime }) =>
  runtime.run(async () => (await balances()).map(({ minor }) => minor))

test.each([
  ['English', '1', 'You are paying 800 yuan to Lantern Books.', /^Thank you\. You have paid 800 yuan by card\./],
  ['Mandarin', '2', '您将付800元给灯笼书店。', /^谢谢，您已用卡付款800元。/],
] as const)('is paid once, told in %s, and known to both ends', async (_, language, paying800, done) => {
  const shop = await openShop()
  const [from = 0n, to = 0n] = await both(shop)
  const { call, ended } = await paying(shop, { language })
  expect(heard(call, 'card.paying')).toEqual([paying800])
  expect(heard(call, 'card.paid')[0]).toMatch(done)
  expect(ended).toMatchObject({
    outcome: 'result',
    result: { outcome: 'paid', reference: expect.stringMatching(/^\d+$/) },
  })
  const { reference } = (ended as { result: { reference: string } }).result
  expect(heard(call, 'card.paid')[0]?.replace(/\D/g, '')).toContain(reference)
  expect(shop.unsettled.kept).toEqual([])
  expect(await both(shop)).toEqual([from - 80_000n, to + 80_000n])
  const [insertedAtMs = Number.NaN, paidAtMs = Number.NaN] = ['card.insert', 'card.paid'].map(
    phrase => call.line.heard.find(({ phrases }) => phrases.includes(phrase))?.beganAtMs,
  )
  console.log(`from "insert your card" to "paid", at a payee: ${(paidAtMs - insertedAtMs) / 1_000} s`)
  expect(paidAtMs - insertedAtMs).toBeLessThan(25_000)
  expect(await shop.world.audited()).toEqual([])
})

test.each<[string, string, Story]>([
  [
    'the personal password is wrong',
    'card.refused.wrong-password.left',
    { approve: ({ pin }) => ({ pin, password: new Secret('11111111') }) },
  ],
  ['the caller goes on by voice', 'card.by-voice', { key: '3' }],
  ['the account does not hold enough', 'card.refused.insufficient-funds', { whole: 5_001n }],
])('nothing moves, and its own sentence says so, when %s', async (_, phrase, story) => {
  const shop = await openShop()
  const before = await both(shop)
  const { call } = await paying(shop, story)
  expect(heard(call, 'card.nothing-paid')).toHaveLength(1)
  expect(heard(call, phrase)).toHaveLength(1)
  expect(heard(call, 'merchant.menu.card')).toHaveLength(2)
  expect(heard(call, 'card.paid')).toEqual([])
  expect(await both(shop)).toEqual(before)
  expect(await shop.world.audited()).toEqual([])
})

test('a bank that has not answered: it is said kindly, asked for in the next call, told first, and never signed again', async () => {
  const shop = await openShop()
  const [from = 0n, to = 0n] = await both(shop)
  // The bank is slow; that it has paid is known only later.
  const slow = (merchant: Merchant): Merchant => ({
    ...merchant,
    payByCard: async request => {
      const paid = await merchant.payByCard(request)
      return 'amount' in paid ? { outcome: 'unknown', amount: paid.amount } : paid
    },
    becameOfCard: async () => ({ outcome: 'unknown', amount: yuan(800n) }),
  })
  const first = await paying(shop, { merchant: slow })
  expect(heard(first.call, 'card.unknown')[0]).toMatch(/has not said yet .* Nothing is paid twice\.$/)
  expect(first.ended).toMatchObject({ outcome: 'unknown', signature: { counter: 1 } })
  const meanwhile = await paying(shop, { merchant: slow })
  expect(heard(meanwhile.call, 'card.earlier')).toHaveLength(1)
  expect(heard(meanwhile.call, 'card.unknown')).toHaveLength(1)
  expect(meanwhile.ended).toMatchObject({ outcome: 'unknown', signature: { counter: 1 } })

  const later = await paying(shop, { approve: () => 'no', language: '2' })
  expect(heard(later.call, 'card.earlier')).toHaveLength(1)
  expect(heard(later.call, 'card.became.paid')[0]).toMatch(/^那一笔已付款800元。/)
  expect(heard(later.call, 'card.declined.by-holder')).toHaveLength(1)
  expect(shop.unsettled.kept).toEqual([])
  expect(await both(shop)).toEqual([from - 80_000n, to + 80_000n])
  expect(await shop.world.audited()).toEqual([])
})

test('a payee that takes no cards does not offer them', async () => {
  const shop = await openShop()
  const { call } = await paying(shop, {
    merchant: merchant => ({ ...merchant, takesCards: false }),
    keys: { 'merchant.menu': ['5', 'hang up'] },
  })
  expect(heard(call, 'merchant.menu.card')).toEqual([])
  expect(heard(call, 'wrong-key.1')).toHaveLength(1)
})
