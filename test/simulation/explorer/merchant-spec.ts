/** What the merchant's line must say and do, step by step. */
import type { ReceiverBecame } from '../../../src/card-receiver/edge.ts'
import type {
  GivenBack,
  Opening,
  PastPayments,
  Payment,
  Resolution,
  Termination,
  VoucherBalance,
} from '../../../src/merchant/merchant.ts'
import { type Money, money } from '../../../src/money.ts'
import { type Utterance, utterance } from '../../../src/speech/speech.ts'
import { keyedAmount, shanghaiDate, shanghaiTime } from './facts.ts'
import { cardSteps, resumedAs } from './merchant-card.ts'
import {
  answer,
  askingNumber,
  deadAs,
  type MerchantMind,
  type MerchantTurn,
  menu,
  proving,
  sessionEnded,
  voucherMenu,
  whileOpen,
} from './merchant-mind.ts'
import { secretSteps } from './merchant-secrets.ts'
import { changing, type Expected, type Resumed, type Row, type Spec, type StepSpec, saying, to } from './spec.ts'

/** Of a payee that takes no cards. */
export const menuWithoutCards: StepSpec<MerchantMind> = {
  help: 'merchant.help',
  rows: {
    'key-1': () => to('voucher.ask-number'),
    'key-2': () => to('forgot.ask-number'),
    'key-3': () => to('unlock.ask-number'),
  },
}

export const merchantSpec: Spec<MerchantMind> = {
  opening(turn, resumed) {
    const { mind } = turn
    if (!resumed) {
      const welcome = utterance('merchant.welcome', { institution: mind.merchantName })
      return saying(
        [
          { ...welcome, language: 'en' },
          { ...welcome, language: 'zh' },
        ],
        to('language.choose'),
      )
    }
    mind.language = resumed.language
    const start = resumed.language ? to('merchant.menu') : to('language.choose')
    const restarted = { ...utterance('restarted', {}), language: resumed.language ?? 'en' }
    return saying([restarted, ...whatBecameOf(turn, resumed)], start)
  },

  steps: {
    'language.choose': {
      inBothLanguages: true,
      rows: { 'key-1': chosen('en'), 'key-2': chosen('zh'), back: () => to('language.choose') },
    },
    'merchant.menu': {
      question: () => utterance('merchant.menu.card', {}),
      help: 'merchant.help.card',
      rows: { ...menuWithoutCards.rows, 'key-5': () => to('card.amount') },
    },
    'voucher.ask-number': askingNumber('voucher.ask-number', 'voucher.ask-password'),
    'voucher.ask-password': {
      secret: true,
      rows: {
        valid: opened,
        'refused-wrong': ({ mind }) => tried(mind, 'voucher.refused'),
        'refused-too-many': ({ mind }) => tried(mind, 'try-again-soon'),
        back: menu,
      },
    },
    'voucher.menu': {
      help: 'voucher.help',
      rows: {
        'key-1': () => to('pay.amount'),
        'key-2': whileOpen('balance', turn => {
          const { remaining: left, givenBack } = balanceIn(turn)
          return saying([utterance('left.told', { left })], tellGivenBack(turn.mind, givenBack))
        }),
        'key-3': whileOpen('lastPayments', readPayments),
        'key-4': ({ mind }) => {
          mind.passwordsFailed = 0
          return to('password.new')
        },
        'key-6': whileOpen('balance', askWhetherToEnd),
        back: menu,
      },
    },
    'end.confirm': {
      question: ({ left }) => utterance('end.confirm', { left: left ?? nothing }),
      rows: { 'key-1': ended, 'key-9': () => saying([utterance('cancelled', {})], voucherMenu()) },
    },
    'pay.amount': {
      rows: {
        valid: ({ mind, keyed }) => {
          mind.amount = keyedAmount(keyed)
          return to('pay.confirm')
        },
        'refused-unreadable': () => saying([utterance('amount.unreadable', {})], to('pay.amount')),
        'refused-zero': () => saying([utterance('amount.zero', {})], to('pay.amount')),
        back: voucherMenu,
      },
    },
    'pay.confirm': {
      question: ({ amount, merchantName }) => {
        if (!amount) throw new Error('a payment is read back before its amount was asked')
        return utterance('pay.confirm', { amount, payee: merchantName })
      },
      rows: { 'key-1': paid, 'key-9': () => saying([utterance('cancelled', {})], voucherMenu()) },
    },
    ...secretSteps,
    ...cardSteps,
  },
}

function whatBecameOf(turn: MerchantTurn, { intent }: Resumed): Utterance[] {
  if (intent === undefined) return []
  if (intent.name === 'card-payment') return [resumedAs(answer<ReceiverBecame>(turn, 'becameOfCardIntent'))]
  return [whatBecame(answer<Resolution>(turn, 'resolve'))]
}

function chosen(language: 'en' | 'zh'): Row<MerchantMind> {
  return ({ mind }) => {
    mind.language = language
    return menu()
  }
}

const opening = (mind: MerchantMind) => proving('openVoucher', mind)

function tried(mind: MerchantMind, sentence: 'voucher.refused' | 'try-again-soon'): Expected {
  return changing(opening(mind), saying([utterance(sentence, {})], to('voucher.ask-password')))
}

function opened(turn: MerchantTurn): Expected {
  const { mind } = turn
  const result = answer<Opening>(turn, 'openVoucher')
  if (result.outcome === 'exhausted' || result.outcome === 'terminated') return changing(opening(mind), deadAs(result))
  if (result.outcome === 'under-review')
    return changing(opening(mind), saying([utterance('voucher.under-review', {})], menu()))
  if (result.outcome !== 'open') throw new Error(`an answer counted as valid after ${result.outcome}`)
  mind.session = result.session
  return changing(
    opening(mind),
    saying([utterance('voucher.opened', { left: result.remaining })], tellGivenBack(mind, result.givenBack)),
  )
}

const nothing = money(0n)

function paid(turn: MerchantTurn): Expected {
  const { amount, session } = turn.mind
  if (!amount) throw new Error('a payment was confirmed before its amount was asked')
  const change = { method: 'pay', facts: { ...session, amount } }
  const result = answer<Payment>(turn, 'pay')
  if (result.outcome === 'session-ended') return changing(change, sessionEnded())
  if (result.outcome === 'under-review')
    return changing(change, saying([utterance('voucher.under-review', {})], menu()))
  return changing(change, saying([paidAs(result, amount)], voucherMenu()))
}

function paidAs(result: Exclude<Payment, { outcome: 'session-ended' | 'under-review' }>, amount: Money): Utterance {
  switch (result.outcome) {
    case 'paid': {
      if (result.amount.minor !== amount.minor) throw new Error('another amount was paid')
      const { remaining: left, reference } = result
      if (left.minor === 0n) return utterance('pay.done.exhausted', { amount, reference })
      return utterance('pay.done', { amount, left, reference })
    }
    case 'insufficient-value':
      return utterance('pay.too-much', { left: result.remaining })
    case 'refused-amount':
    case 'intent-reused':
      return utterance('pay.refused', {})
  }
}

function balanceIn(turn: MerchantTurn): Extract<VoucherBalance, { outcome: 'open' }> {
  const balance = answer<VoucherBalance>(turn, 'balance')
  if (balance.outcome !== 'open') throw new Error('the session had ended')
  return balance
}

/** Once each, before the menu. */
function tellGivenBack(mind: MerchantMind, givenBack: readonly GivenBack[]): Expected {
  if (givenBack.length === 0) return voucherMenu()
  const says = givenBack.map(({ at, amount, reference }) =>
    utterance('given-back', { date: shanghaiDate(at), time: shanghaiTime(at), amount, reference }),
  )
  const references = givenBack.map(({ reference }) => reference)
  const heard = { method: 'heardOf', facts: { ...mind.session, references } }
  return { ...changing(heard, saying(says, voucherMenu())), inFull: ['given-back'] }
}

/** Of a voucher on which nothing is left nobody is asked. */
function askWhetherToEnd(turn: MerchantTurn): Expected {
  const { remaining } = balanceIn(turn)
  turn.mind.left = remaining
  return remaining.minor > 0n ? to('end.confirm') : ended(turn)
}

function ended(turn: MerchantTurn): Expected {
  const result = answer<Termination>(turn, 'endVoucher')
  return changing({ method: 'endVoucher', facts: { ...turn.mind.session } }, endedAs(result, turn.mind))
}

function endedAs(result: Termination, { left }: MerchantMind): Expected {
  switch (result.outcome) {
    case 'ended': {
      const { amount, reference } = result
      if (amount.minor !== left?.minor) throw new Error('another amount goes back than was read back')
      return saying([utterance('end.done', { amount, reference })], menu())
    }
    case 'nothing-left':
      return deadAs({ outcome: 'exhausted' })
    case 'not-now':
    case 'intent-reused':
      return saying([utterance('end.not-now', {})], voucherMenu())
    case 'session-ended':
      return sessionEnded()
  }
}

function readPayments(turn: MerchantTurn): Expected {
  const past = answer<PastPayments>(turn, 'lastPayments')
  if (past.outcome !== 'open') throw new Error('the session had ended')
  const { payments } = past
  if (payments.length === 0) return saying([utterance('payments.none', {})], voucherMenu())
  const items = payments.map(({ kind, at, amount, reference }) =>
    utterance(kind === 'payment' ? 'payments.item' : 'payments.reversal', {
      date: shanghaiDate(at),
      time: shanghaiTime(at),
      amount,
      reference,
    }),
  )
  return saying([utterance('payments.intro', {}), ...items], voucherMenu())
}

export function whatBecame(resolution: Resolution): Utterance {
  if (resolution.outcome === 'not-done') return utterance('resumed.not-done', {})
  if (resolution.kind === 'termination') {
    const { amount, reference } = resolution
    return utterance('resumed.ended', { amount, reference })
  }
  if (resolution.kind === 'password-change') return utterance('resumed.password-changed', {})
  const { amount, remaining: left, reference } = resolution
  if (resolution.kind === 'listening') return utterance('resumed.listened', { amount, left, reference })
  return utterance('resumed.paid', { amount, left, reference })
}
