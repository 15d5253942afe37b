/** The worlds in which calls to the bank begin: who calls, what has happened before, and what the bank answers for once. */
import type { Bank, CameBack, PastTransaction, TransferNews } from '../../../src/bank/bank.ts'
import type { AccountNumber } from '../../../src/ids.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { issuedTo } from '../../support/cards.ts'
import { settleAll } from '../../support/day-end.ts'
import { accountNumber, aPhone, firstPinOf, intentId, phoneOf } from '../../support/ids.ts'
import { simulatedCaller, simulatedCallerNumber } from '../../support/simulated-line.ts'
import type { KnownCustomer, World } from '../../support/world.ts'
import { type CareWorld, careWorlds } from './care-worlds.ts'
import { answering } from './substitute.ts'
import type { Terminal } from './terminal.ts'

/** A world in which a call begins. */
export interface Scenario {
  readonly caller: (world: World) => KnownCustomer
  /** What has happened before the call. */
  readonly before?: (world: World, caller: KnownCustomer) => Promise<unknown>
  readonly bank?: (bank: Bank) => Bank
  /** What their payment terminal does. Without one, their telephone carries neither sound nor data. */
  readonly terminal?: Terminal
  /** There are clerks to ask for. */
  readonly care?: CareWorld
  /** There is a host, by whom customers are paid. */
  readonly hosted?: true
}

const dayMs = 24 * 60 * 60_000

const cai = ({ customers }: World) => customers.cai
const penniless: KnownCustomer = { account: accountNumber('1234'), pin: '492817', name: { en: 'Bo Li', zh: '李波' } }

const hasCard: Scenario = {
  caller: cai,
  before: ({ harbour, runtime, staff }, { account }) => issuedTo(harbour, runtime, staff, { account }),
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  regular: { caller: cai },
  /** Three vouchers, one of them not yet told; more transactions than one breath. */
  seasoned: {
    caller: ({ customers }) => customers.ada,
    before: async ({ bank, customers: { ada, bo } }) => {
      await bank.transfer({
        intent: intentId('before 1'),
        from: bo.account,
        to: ada.account,
        amount: yuan(5n),
        channel: 'telephone',
      })
      await bank.transfer({
        intent: intentId('before 2'),
        from: ada.account,
        to: bo.account,
        amount: yuan(7n),
        channel: 'telephone',
      })
    },
  },
  /** One voucher, which he has written down. */
  'one voucher': {
    caller: cai,
    before: async ({ bank, payee }, { account: buyer }) => {
      const order = { buyer, payee: payee.id, amount: yuan(20n), channel: 'telephone' } as const
      const sale = await bank.sellVoucher({ intent: intentId('before'), ...order })
      if (sale.outcome === 'sold') await bank.confirmHeard({ buyer, voucher: sale.voucher.id })
    },
  },
  /** Has blocked the account and all vouchers. */
  blocked: {
    caller: ({ customers }) => customers.ada,
    before: async ({ bank }, { account }) => {
      for (const what of ['account', 'vouchers'] as const)
        await bank.block({ intent: intentId(`before ${what}`), account, what, channel: 'telephone' })
    },
  },
  'a merchant out of reach': {
    caller: ({ customers }) => customers.ada,
    bank: bank => ({
      ...bank,
      block: async request => {
        const blocked = await bank.block(request)
        const isUnheard = blocked.outcome === 'blocked' && request.what === 'vouchers'
        return isUnheard ? { outcome: 'blocked-once-in-reach' } : blocked
      },
    }),
  },
  'telephone blocked': {
    caller: cai,
    before: ({ bank }, { account }) =>
      bank.block({ intent: intentId('before'), account, what: 'telephone', channel: 'telephone' }),
  },
  /** Her vouchers have ended, and their backup passwords with them. */
  'backup gone': {
    caller: ({ customers }) => customers.ada,
    bank: bank => answering(bank, 'backupPassword', { outcome: 'gone' }),
  },
  /** Yesterday, at the payee: what was left is back on the account. Since then he has bought another. */
  'voucher ended': {
    caller: cai,
    before: async ({ bank, payee, merchant, harbour, lantern, runtime }, { account: buyer }) => {
      const buy = async (name: string) => {
        const order = { buyer, payee: payee.id, amount: yuan(20n), channel: 'telephone' } as const
        const sale = await bank.sellVoucher({ intent: intentId(name), ...order })
        if (sale.outcome !== 'sold') throw new Error(sale.outcome)
        await bank.confirmHeard({ buyer, voucher: sale.voucher.id })
        return sale.voucher
      }
      const voucher = await buy('before')
      await harbour.mail.idle()
      const opening = await merchant.openVoucher({ ...voucher, origin: aPhone })
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      await merchant.endVoucher({ intent: intentId('before'), session: opening.session })
      await runtime.sleep(dayMs)
      await lantern.nightly()
      await harbour.nightly()
      await settleAll({ lantern, harbour })
      await buy('before, another')
    },
  },
  /** And chooses Mandarin today. */
  'spoke English': {
    caller: cai,
    before: ({ bank }, { account }) => bank.rememberLanguage({ account, language: 'en' }),
  },
  ...Object.fromEntries(Object.entries(careWorlds).map(([name, world]) => [name, { caller: cai, care: world }])),
  penniless: {
    caller: () => penniless,
    before: ({ harbour }, { account, name, pin }) =>
      harbour.teller.openCustomer({ account, name, pin: new Secret(pin) }),
  },
  /** Of the ¥1,500 that may leave in a day, ¥10 are left. */
  'near the limit': {
    caller: cai,
    before: async ({ bank, customers: { bo } }, { account: from }) => {
      for (const whole of [1000n, 490n])
        await bank.transfer({
          intent: intentId(`before ${whole}`),
          from,
          to: bo.account,
          amount: yuan(whole),
          channel: 'telephone',
        })
    },
  },
  'last try': {
    caller: cai,
    before: async ({ bank }, { account }) => {
      await guessWrong(bank, account, simulatedCallerNumber, 2)
    },
  },
  /** For five minutes, of which four and a bit are left. */
  closed: {
    caller: cai,
    before: async ({ bank, runtime }, { account }) => {
      await guessWrong(bank, account, simulatedCallerNumber, 3)
      await runtime.sleep(30_000)
    },
  },
  'closed for a minute': {
    caller: cai,
    before: async ({ bank, runtime }, { account }) => {
      await guessWrong(bank, account, simulatedCallerNumber, 3)
      await runtime.sleep(250_000)
    },
  },
  'closed for hours': {
    caller: cai,
    before: async ({ bank, runtime }, { account }) => {
      for (let closing = 0; closing < 3; closing++) {
        await guessWrong(bank, account, simulatedCallerNumber, 3)
        await runtime.sleep(31 * 60_000)
      }
    },
  },
  /** By strangers, and this telephone has never signed in. */
  'closed today': {
    caller: cai,
    before: async ({ bank }, { account }) => {
      for (let stranger = 0; stranger < 5; stranger++) await guessWrong(bank, account, `3${stranger}`, 2)
    },
  },
  'registered telephone': {
    caller: cai,
    before: ({ bank }, { account }) =>
      bank.registerTelephone({ session: firstPinOf(account), origin: simulatedCaller }),
  },
  /** And has told the bank their language. */
  'registered telephone, in Mandarin': {
    caller: cai,
    before: async ({ bank }, { account }) => {
      await bank.rememberLanguage({ account, language: 'zh' })
      await bank.registerTelephone({ session: firstPinOf(account), origin: simulatedCaller })
    },
  },
  'telephone of nobody': { caller: cai },
  'telephone that nobody vouches for': {
    caller: cai,
    bank: bank => answering(bank, 'telephoneStanding', 'not-attested'),
  },
  'PIN changed before the telephone': {
    caller: cai,
    bank: bank => answering(bank, 'registerTelephone', { outcome: 'session-ended' }),
  },
  stranger: { caller: world => ({ ...world.customers.cai, account: world.unknownAccount }) },
  busy: { caller: cai, bank: bank => answering(bank, 'signIn', { outcome: 'busy' }) },
  'busy later': { caller: cai, bank: bank => answering(bank, 'signIn', { outcome: 'busy' }, { after: 1 }) },
  /** By another telephone, at the page or at a branch: before anything was chosen, or while it was asked for. */
  'PIN changed since': {
    caller: cai,
    bank: bank => answering(answering(bank, 'isSignedIn', false), 'changePin', { outcome: 'session-ended' }),
  },
  'PIN changed meanwhile': {
    caller: ({ customers }) => customers.ada,
    bank: bank => answering(bank, 'isSignedIn', false, { after: 1 }),
  },
  'sold out': { caller: cai, bank: bank => answering(bank, 'sellVoucher', { outcome: 'out-of-stock', nearest: [] }) },
  'at the ceiling': { caller: cai, bank: bank => answering(bank, 'sellVoucher', { outcome: 'payee-ceiling' }) },
  'under review': { caller: cai, bank: bank => answering(bank, 'signIn', { outcome: 'under-review' }) },
  'under review since': {
    caller: cai,
    bank: bank =>
      answering(answering(bank, 'sellVoucher', { outcome: 'under-review' }), 'transfer', { outcome: 'under-review' }),
  },
  /** More than a PIN alone may move. */
  'card needed': {
    caller: cai,
    bank: bank => answering(answering(bank, 'sellVoucher', cardNeeded), 'transfer', cardNeeded),
  },
  'has a card': hasCard,
  ...Object.fromEntries(
    [
      ['wrong personal password', { outcome: 'refused', reason: 'wrong-password', triesLeft: 2 }],
      ['last personal password', { outcome: 'refused', reason: 'wrong-password', triesLeft: 0 }],
      ['an answer of noise', { outcome: 'unreadable-answer' }],
      ['a signature that was used', { outcome: 'refused', reason: 'used-nonce' }],
    ].map(([name, payment]): [string, Scenario] => [
      `card: ${name}`,
      { ...hasCard, terminal: 'signs', bank: bank => answering(bank, 'payByCard', payment) },
    ]),
  ),
  'card: asks first': { ...hasCard, terminal: 'asks first' },
  'card: asks about another account’s': {
    ...{ ...hasCard, terminal: 'asks first' },
    bank: bank => answering(bank, 'becameOfCard', { outcome: 'other-account' }),
  },
  'payee away': { caller: cai, bank: bank => answering(bank, 'sellVoucher', { outcome: 'payee-out-of-reach' }) },
  'account closed': { caller: cai, bank: bank => answering(bank, 'transfer', { outcome: 'unknown-account' }) },
  /** An account of another bank, which does not say in time whether it takes the money. */
  'other bank': {
    caller: cai,
    bank: bank =>
      answering(
        answering(answering(bank, 'nameHolder', elsewhere), 'transfer', {
          ...{ outcome: 'pending', reference: '100009', balance: yuan(100n), bank: otherBank },
        }),
        'resolve',
        { outcome: 'done', kind: 'pending-transfer', amount: yuan(5n), bank: otherBank, reference: '100009' },
      ),
  },
  'other bank refuses': {
    caller: cai,
    bank: bank => answering(bank, 'transfer', { outcome: 'came-back', balance: yuan(100n), bank: otherBank }),
  },
  'other bank away': {
    caller: cai,
    bank: bank => answering(bank, 'nameHolder', { outcome: 'out-of-reach', bank: otherBank }),
  },
  'other bank away since': {
    caller: cai,
    bank: bank => answering(bank, 'transfer', { outcome: 'bank-out-of-reach', bank: otherBank }),
  },
  'other bank at its cap': {
    caller: cai,
    bank: bank => answering(bank, 'transfer', { outcome: 'bank-cap', bank: otherBank }),
  },
  'asks for many': { caller: cai, bank: bank => answering(bank, 'nameHolder', { outcome: 'busy' }) },
  'sent money': { caller: cai, bank: bank => answering(bank, 'transferNews', news()) },
  /** A refund, and what was left of a voucher, since the last call. */
  'money came back': {
    caller: cai,
    bank: bank => ({
      ...bank,
      signIn: async request => {
        const answer = await bank.signIn(request)
        return answer.outcome === 'signed-in' ? { ...answer, returned: cameBack } : answer
      },
    }),
  },
  'may be paid': { caller: cai, hosted: true },
  'is paid': { caller: cai, hosted: true, before: ({ bank }, { account }) => bank.becomePayee(account) },
  'is paid, host away': {
    caller: cai,
    hosted: true,
    before: ({ bank }, { account }) => bank.becomePayee(account),
    bank: bank => answering(bank, 'stopBeingPaid', { outcome: 'out-of-reach' }),
  },
  'host away': { caller: cai, hosted: true, bank: bank => answering(bank, 'becomePayee', { outcome: 'out-of-reach' }) },
  'host slow': { caller: cai, hosted: true, bank: bank => answering(bank, 'becomePayee', { outcome: 'asked' }) },
  'host slow since': { caller: cai, hosted: true, bank: bank => answering(bank, 'beingPaid', { outcome: 'asked' }) },
  'host refuses': { caller: cai, hosted: true, bank: bank => answering(bank, 'becomePayee', { outcome: 'no-payee' }) },
  'blocked since': {
    caller: cai,
    hosted: true,
    bank: bank => answering(bank, 'becomePayee', { outcome: 'account-blocked' }),
  },
  statement: { caller: cai, bank: bank => answering(bank, 'recentTransactions', everyKindOfLine()) },
}

const cardNeeded = { outcome: 'card-needed', limit: yuan(500n) }
const otherBank = { en: 'Harbour Bank', zh: '海港银行' }
const elsewhere = {
  outcome: 'found',
  holder: { account: accountNumber('6300100094'), name: { en: 'Ada Chen', zh: '陈爱达' }, bank: otherBank },
}

function news(): TransferNews[] {
  const sent = { to: accountNumber('6300100094'), bank: otherBank, sentAt: 1_795_312_800_000 }
  return [
    { ...sent, transfer: '1'.repeat(32), state: 'pending', amount: yuan(5n) },
    { ...sent, transfer: '2'.repeat(32), state: 'credited', amount: yuan(6n) },
    { ...sent, transfer: '3'.repeat(32), state: 'came-back', amount: yuan(7n) },
  ]
}

const ofLantern = { at: 1_795_312_800_000, payee: { en: 'Lantern Books', zh: '灯笼书店' } }
const cameBack: readonly CameBack[] = [
  { ...ofLantern, id: 'lost 0123456789abcdef0123456789abcdef', kind: 'lost', amount: yuan(5n) },
  { ...ofLantern, id: 'lantern 1 1', kind: 'refund', amount: yuan(2n) },
  { ...ofLantern, id: 'lantern 1 2', kind: 'remainder', amount: yuan(7n) },
]

async function guessWrong(bank: Bank, account: AccountNumber, number: string, times: number): Promise<void> {
  for (let time = 0; time < times; time++)
    await bank.signIn({ account, pin: new Secret('905318'), origin: phoneOf(number) })
}

function everyKindOfLine(): PastTransaction[] {
  const counterparty = { en: 'Lantern Books', zh: '灯笼书店' }
  const line = { at: 1_795_312_800_000, amount: yuan(3n), counterparty, reference: '100001' }
  return [
    { ...line, kind: 'refund' },
    { ...line, kind: 'voucher', amount: yuan(-3n) },
    { ...line, kind: 'deposit', counterparty: undefined },
    { ...line, kind: 'transfer-in', counterparty: undefined },
    { ...line, kind: 'transfer-in' },
    { ...line, kind: 'transfer-out', amount: yuan(-3n) },
    { ...line, kind: 'transfer-back' },
  ]
}
