/** What becomes of what a customer of a securities firm signs: as the firm, its bank and the terminal would have it. The firm's own judgement is tested at its edge. */
import type { InstitutionNumber } from '../../../src/card/numbers.ts'
import type { Matter } from '../../../src/card/order.ts'
import type { ReceiverBecame } from '../../../src/card-receiver/edge.ts'
import { yuan } from '../../../src/money.ts'
import type { Client, Securities, Security, TradeLine } from '../../../src/securities/securities.ts'
import { sharesOf } from '../../../src/securities/securities.ts'
import { accountNumber, institutionId } from '../../support/ids.ts'
import { silk, tea } from '../../support/securities.ts'
import { card } from '../../unit/card/cast.ts'
import { answering } from './substitute.ts'
import type { Terminal } from './terminal.ts'

export interface SecuritiesScenario {
  readonly terminal?: Terminal
  readonly answers: Partial<Record<keyof Securities, unknown>>
}

export const client: Client = { account: accountNumber('1234'), card: card as Client['card'] }

const shares = (minor: bigint, of = tea) => ({ minor, asset: sharesOf(of) })
const reference = '100009'
const price = yuan(10n)
/** 10:00 in Shanghai. */
const opensAt = 1_795_399_200_000

const order = (number: string, side: TradeLine['side']): TradeLine => ({
  ...{ number, side, isin: tea, quantity: shares(100n), limit: yuan(9n), state: 'open' },
  ...{ price: undefined, settlesOn: undefined },
})

const signedIn = { outcome: 'signed-in', client }
const nothingYet = { available: yuan(0n), reserved: yuan(0n), toCome: yuan(0n) }
const all = {
  available: shares(70n),
  reserved: shares(20n),
  toCome: shares(10n),
}

const listed: readonly Security[] = [
  { isin: tea, number: '101', name: { en: 'Cloud Tea', zh: '云雾茶业' }, price },
  { isin: silk, number: '102', name: { en: 'River Silk', zh: '江南丝绸' }, price: yuan(250n) },
]

const usual = {
  signIn: signedIn,
  standing: {
    cash: { available: yuan(500n), reserved: yuan(90n), toCome: yuan(12n) },
    positions: [
      { isin: tea, ...all },
      { isin: silk, available: shares(3n, silk), reserved: shares(0n, silk), toCome: shares(0n, silk) },
    ],
  },
  trades: [order('100004', 'sell'), { ...order('100003', 'buy'), state: 'settled' }, order('100002', 'buy')],
  trade: { outcome: 'executed', number: '100005', price, settlesOn: '2026-11-24' },
  cancel: { outcome: 'cancelled', number: '100004' },
  payIn: { outcome: 'paid', amount: yuan(1_200n), reference },
  payOut: { outcome: 'sent', amount: yuan(1_200n) },
  becameOf: { outcome: 'decided', kind: 'trade', became: {} },
} as const

const signs = (answers: SecuritiesScenario['answers']): SecuritiesScenario => ({
  terminal: 'signs',
  answers: { ...usual, ...answers },
})
const asksFirst = (became: ReceiverBecame | { readonly outcome: 'acted-on'; kind: 'trade'; reference: string }) => ({
  terminal: 'asks first' as const,
  answers: { ...usual, becameOfCard: became },
})
const wrongPassword = { outcome: 'refused', reason: 'wrong-password', triesLeft: 2 }

export const securitiesScenarios: Readonly<Record<string, SecuritiesScenario>> = {
  regular: signs({ securities: listed }),
  new: signs({
    standing: { cash: nothingYet, positions: [] },
    trades: [],
    trade: { outcome: 'insufficient-funds', available: yuan(0n) },
    payIn: wrongPassword,
    payOut: { outcome: 'insufficient-funds', available: yuan(0n) },
    becameOf: { outcome: 'not-done' },
  }),
  waiting: signs({
    trade: { outcome: 'taken', number: '100006', goodUntil: opensAt },
    cancel: { outcome: 'too-late', state: 'executed' },
    payIn: { outcome: 'on-its-way', amount: yuan(1_200n), reference },
    payOut: { outcome: 'bank-out-of-reach' },
    becameOf: { outcome: 'on-its-way', amount: yuan(1_200n), reference },
  }),
  'has none to sell': signs({
    trade: { outcome: 'insufficient-shares', available: shares(0n) },
    cancel: wrongPassword,
    askPayOut: { outcome: 'other-bank' },
    payIn: { outcome: 'came-back', amount: yuan(1_200n) },
    becameOf: { outcome: 'came-back', amount: yuan(1_200n) },
  }),
  closed: signs({
    trade: { outcome: 'market-closed', opensAt },
    payIn: { outcome: 'unknown', amount: yuan(1_200n) },
    payOut: { outcome: 'refused', reason: 'used-nonce' },
    becameOf: { outcome: 'unknown', amount: yuan(1_200n) },
  }),
  'so much': signs({
    trade: { outcome: 'no-counterparty' },
    payOut: { outcome: 'intent-reused' },
    becameOf: { outcome: 'paid', amount: yuan(1_200n), reference },
  }),
  'too much': signs({ askTrade: { outcome: 'refused-amount' } }),
  'takes no cards': signs({ askSignIn: { outcome: 'no-cards' } }),
  'bank away': signs({ signIn: { outcome: 'bank-out-of-reach' } }),
  'wrong personal password': signs({ signIn: wrongPassword }),
  'no terminal': { answers: usual },
  'earlier acted on': asksFirst({ outcome: 'acted-on', kind: 'trade', reference: '100004' }),
  'earlier paid': asksFirst({ outcome: 'paid', amount: yuan(5n), reference }),
  'earlier on its way': asksFirst({ outcome: 'on-its-way', amount: yuan(5n), reference }),
  'earlier came back': asksFirst({ outcome: 'came-back', amount: yuan(5n) }),
  'earlier not known yet': asksFirst({ outcome: 'unknown', amount: yuan(5n) }),
  'earlier not done': asksFirst({ outcome: 'not-done' }),
}

/** It asks whatever card comes, and what then becomes of it is the scenario's. */
export function asItHappens(firm: Securities, { answers }: SecuritiesScenario): Securities {
  const issuedAt = 1_795_312_800
  const asked = (matter: Matter) => ({
    ...{ outcome: 'asked' as const, receiverNumber: 7001 as InstitutionNumber, answerKeyId: 1 },
    request: {
      ...{ receiver: institutionId('pine'), nonce: new Uint8Array(8).fill(7), issuedAt, expiresAt: issuedAt + 300 },
      ...matter,
    },
  })
  const payee = { bank: institutionId('harbour'), account: accountNumber('1234'), name: 'Pine Securities' }
  const asking = {
    ...firm,
    askSignIn: async () => asked({ type: 'sign-in' }),
    askTrade: async ({ side, quantity }) => asked({ type: 'trade', side, quantity }),
    askCancel: async ({ trade }) => asked({ type: 'cancel', trade }),
    askPayIn: async ({ amount }) => asked({ type: 'fund', direction: 'in', payee, amount }),
    askPayOut: async ({ amount }) => asked({ type: 'fund', direction: 'out', payee, amount }),
  } as Securities
  return Object.entries(answers).reduce(
    (as, [method, answer]) => answering(as, method as keyof Securities, answer),
    asking,
  )
}
