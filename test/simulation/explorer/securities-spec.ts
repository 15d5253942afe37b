/** What a securities firm's line must say and do, step by step. */
import type { ReceiverBecame, ReceiverPayment } from '../../../src/card-receiver/edge.ts'
import type { Money } from '../../../src/money.ts'
import type { Standing } from '../../../src/securities/positions.ts'
import type {
  PaidOut,
  Security,
  SignedIn,
  TradeCancelled,
  TradeLine,
  TradeTaken,
} from '../../../src/securities/securities.ts'
import { type Utterance, utterance } from '../../../src/speech/speech.ts'
import { keyedAmount, shanghaiDate, shanghaiTime } from './facts.ts'
import {
  answer,
  customer,
  earlierAs,
  nothingDone,
  type SecuritiesMind,
  type SecuritiesTurn,
  signing,
  start,
} from './securities-mind.ts'
import { client } from './securities-scenarios.ts'
import { type Expected, type Row, type Spec, saying, to } from './spec.ts'

export type { SecuritiesMind } from './securities-mind.ts'

export const securitiesSpec: Spec<SecuritiesMind> = {
  opening(turn, resumed) {
    const { mind } = turn
    if (!resumed) {
      const welcome = utterance('merchant.welcome', { institution: mind.firmName })
      return saying(
        [
          { ...welcome, language: 'en' },
          { ...welcome, language: 'zh' },
        ],
        to('language.choose'),
      )
    }
    mind.language = resumed.language
    const restarted = { ...utterance('restarted', {}), language: resumed.language ?? 'en' }
    const isAsked = resumed.intent !== undefined && resumed.intent.name !== 'sign-in'
    const became = isAsked ? [resumedAs(answer<ReceiverBecame | { outcome: 'decided' }>(turn, 'becameOf'))] : []
    return saying([restarted, ...became], resumed.language ? start() : to('language.choose'))
  },

  steps: {
    'language.choose': {
      inBothLanguages: true,
      rows: { 'key-1': chosen('en'), 'key-2': chosen('zh'), back: () => to('language.choose') },
    },
    'securities.menu': {
      help: 'securities.help',
      rows: { 'key-1': signedIn, 'key-2': turn => saying(prices(turn), start()) },
    },
    'customer.menu': {
      help: 'customer.help',
      rows: {
        'key-1': holdings,
        'key-2': turn => saying(prices(turn), customer()),
        'key-3': trading('buy'),
        'key-4': trading('sell'),
        'key-5': orders,
        'key-6': () => to('funds.in.amount'),
        'key-7': () => to('funds.out.amount'),
        back: start,
      },
    },
    'trade.security': {
      rows: {
        valid: ({ mind, keyed }) => {
          const found = mind.listed?.find(({ number }) => number === keyed)
          if (found === undefined) throw new Error(`nothing is listed as ${keyed}`)
          mind.security = found
          const { name: security, price } = found
          return saying(
            [
              price
                ? utterance('trade.security.is', { security, price })
                : utterance('trade.security.is.unpriced', { security }),
            ],
            to('trade.shares'),
          )
        },
        'refused-unknown': ({ keyed: number }) =>
          saying([utterance('trade.security.unknown', { number })], to('trade.security')),
        back: customer,
      },
    },
    'trade.shares': {
      rows: {
        valid: ({ mind, keyed }) => {
          mind.shares = BigInt(keyed)
          return to('trade.price.menu')
        },
        'refused-zero': () => saying([utterance('trade.shares.zero', {})], to('trade.shares')),
        back: customer,
      },
    },
    'trade.price.menu': {
      help: 'trade.price.help',
      rows: { 'key-1': turn => traded(turn), 'key-2': () => to('trade.limit'), back: customer },
    },
    'trade.limit': { rows: { valid: turn => traded(turn, keyedAmount(turn.keyed)), ...amountRows('trade.limit') } },
    'funds.in.amount': {
      question: () => utterance('funds.amount', {}),
      rows: { valid: broughtIn, ...amountRows('funds.in.amount') },
    },
    'funds.out.amount': {
      question: () => utterance('funds.amount', {}),
      rows: { valid: takenHome, ...amountRows('funds.out.amount') },
    },
    'orders.next.menu': {
      rows: {
        'key-1': ({ mind }) => {
          mind.order = (mind.order ?? 0) + 1
          return nextOrder(mind)
        },
        'key-2': cancelled,
        back: customer,
      },
    },
    'orders.last.menu': { rows: { 'key-2': cancelled, back: customer } },
  },
}

function amountRows(step: string): Record<'refused-unreadable' | 'refused-zero' | 'back', Row<SecuritiesMind>> {
  return {
    'refused-unreadable': () => saying([utterance('amount.unreadable', {})], to(step)),
    'refused-zero': () => saying([utterance('amount.zero', {})], to(step)),
    back: customer,
  }
}

function chosen(language: 'en' | 'zh'): Row<SecuritiesMind> {
  return ({ mind }) => {
    mind.language = language
    return start()
  }
}

function signedIn(turn: SecuritiesTurn): Expected {
  const { account } = client
  return signing(turn, {
    ask: { method: 'askSignIn', facts: {} },
    act: { method: 'signIn', facts: {} },
    announced: utterance('customer.signing-in', {}),
    back: start(),
    told: () => {
      const became = answer<SignedIn>(turn, 'signIn')
      if (became.outcome === 'signed-in') {
        if (became.client.account !== account) throw new Error('somebody else has signed in')
        return saying([utterance('customer.signed-in', {})], customer())
      }
      if (became.outcome === 'bank-out-of-reach') return saying([utterance('securities.bank-away', {})], start())
      return saying(nothingDone(became), start())
    },
  })
}

function prices(turn: SecuritiesTurn): Utterance[] {
  const each = answer<readonly Security[]>(turn, 'securities').map(({ name: security, number, price }) =>
    price === undefined
      ? utterance('prices.none', { security, number })
      : utterance('prices.one', { security, number, price }),
  )
  return [utterance('prices.intro', {}), ...each]
}

function holdings(turn: SecuritiesTurn): Expected {
  const { cash, positions } = answer<Standing>(turn, 'standing')
  const ofCash = [utterance('holdings.cash', { amount: cash.available })]
  if (cash.reserved.minor > 0n) ofCash.push(utterance('holdings.cash.reserved', { amount: cash.reserved }))
  if (cash.toCome.minor > 0n) ofCash.push(utterance('holdings.cash.to-come', { amount: cash.toCome }))
  if (positions.length === 0) return saying([...ofCash, utterance('holdings.no-shares', {})], customer())
  const names = answer<readonly Security[]>(turn, 'securities')
  const ofShares = positions.flatMap(({ isin, available, reserved, toCome }) => {
    const security = names.find(each => each.isin === isin)?.name ?? { en: '', zh: '' }
    const told: Utterance[] = [utterance('holdings.shares', { security, shares: available.minor })]
    if (reserved.minor > 0n) told.push(utterance('holdings.shares.reserved', { shares: reserved.minor }))
    if (toCome.minor > 0n) told.push(utterance('holdings.shares.to-come', { shares: toCome.minor }))
    return told
  })
  return saying([...ofCash, ...ofShares], customer())
}

function trading(side: 'buy' | 'sell'): Row<SecuritiesMind> {
  return turn => {
    turn.mind.side = side
    turn.mind.listed = answer<readonly Security[]>(turn, 'securities')
    return to('trade.security')
  }
}

function traded(turn: SecuritiesTurn, limit?: Money): Expected {
  const { side, security, shares } = turn.mind
  if (side === undefined || security === undefined || shares === undefined) throw new Error('nothing was to be traded')
  const order = { security: security.name, shares }
  const way = side === 'buy' ? 'buying' : 'selling'
  return signing(turn, {
    ask: {
      method: 'askTrade',
      facts: {
        account: client.account,
        side,
        quantity: { minor: shares, asset: { code: security.isin, scale: 0 } },
        limit,
      },
    },
    act: { method: 'trade', facts: { account: client.account } },
    announced: limit ? utterance(`trade.${way}.limit`, { ...order, limit }) : utterance(`trade.${way}`, order),
    back: customer(),
    told: () => saying(takenAs(answer<TradeTaken>(turn, 'trade')), customer()),
  })
}

function takenAs(taken: TradeTaken): Utterance[] {
  switch (taken.outcome) {
    case 'executed':
      return [utterance('trade.executed', { number: taken.number, price: taken.price, date: taken.settlesOn })]
    case 'taken': {
      const { number, goodUntil: at } = taken
      return [utterance('trade.taken', { number, date: shanghaiDate(at), time: shanghaiTime(at) })]
    }
    case 'insufficient-funds':
      return [utterance('funds.insufficient', { available: taken.available })]
    case 'insufficient-shares':
      return [utterance('trade.insufficient-shares', { shares: taken.available.minor })]
    case 'market-closed': {
      const { opensAt: at } = taken
      return [utterance('trade.market-closed', { date: shanghaiDate(at), time: shanghaiTime(at) })]
    }
    case 'no-counterparty':
      return [utterance('trade.no-counterparty', {})]
    default:
      return [utterance('securities.refused', {})]
  }
}

function orders(turn: SecuritiesTurn): Expected {
  const { mind } = turn
  const open = answer<readonly TradeLine[]>(turn, 'trades').filter(({ state }) => state === 'open')
  if (open.length === 0) return saying([utterance('orders.none', {})], customer())
  Object.assign(mind, { open, order: 0, listed: answer(turn, 'securities') })
  return nextOrder(mind)
}

function nextOrder({ open = [], order = 0, listed }: SecuritiesMind): Expected {
  const told = open[order]
  if (told?.limit === undefined) throw new Error('there is no such order')
  const { number, side, quantity, limit, isin } = told
  const security = listed?.find(each => each.isin === isin)?.name ?? { en: '', zh: '' }
  const values = { number, security, shares: quantity.minor, limit }
  return saying(
    [utterance(`orders.${side}`, values)],
    to(order === open.length - 1 ? 'orders.last.menu' : 'orders.next.menu'),
  )
}

function cancelled(turn: SecuritiesTurn): Expected {
  const { open = [], order = 0 } = turn.mind
  const number = open[order]?.number ?? ''
  return signing(turn, {
    ask: { method: 'askCancel', facts: { account: client.account, trade: number } },
    act: { method: 'cancel', facts: { account: client.account } },
    announced: utterance('orders.cancelling', { number }),
    back: customer(),
    told: () => {
      const became = answer<TradeCancelled | { outcome: 'refused' }>(turn, 'cancel')
      if (became.outcome === 'refused') return saying(nothingDone(became), customer())
      if (became.outcome === 'cancelled')
        return saying([utterance('orders.cancelled', { number: became.number })], customer())
      return saying([utterance('orders.too-late', {})], customer())
    },
  })
}

function broughtIn(turn: SecuritiesTurn): Expected {
  const amount = keyedAmount(turn.keyed)
  return signing(turn, {
    ask: { method: 'askPayIn', facts: { account: client.account, amount } },
    act: { method: 'payIn', facts: { account: client.account } },
    announced: utterance('funds.bringing-in', { amount }),
    back: customer(),
    told: () => saying(paidInAs(answer<ReceiverPayment>(turn, 'payIn')), customer()),
  })
}

function paidInAs(payment: ReceiverPayment): Utterance[] {
  switch (payment.outcome) {
    case 'paid':
      return [utterance('funds.came-in', { amount: payment.amount, reference: payment.reference })]
    case 'on-its-way':
      return [utterance('funds.on-its-way', { amount: payment.amount, reference: payment.reference })]
    case 'came-back':
      return [utterance('card.came-back', { amount: payment.amount })]
    case 'unknown':
      return [utterance('funds.unknown', {})]
    default:
      return nothingDone(payment)
  }
}

function takenHome(turn: SecuritiesTurn): Expected {
  const amount = keyedAmount(turn.keyed)
  return signing(turn, {
    ask: { method: 'askPayOut', facts: { account: client.account, amount } },
    act: { method: 'payOut', facts: { account: client.account } },
    announced: utterance('funds.taking-home', { amount }),
    back: customer(),
    told: () => {
      const became = answer<PaidOut | { outcome: 'intent-reused' | 'refused' }>(turn, 'payOut')
      return saying(sentAs(became), customer())
    },
  })
}

function sentAs(became: PaidOut | { readonly outcome: 'intent-reused' | 'refused' }): Utterance[] {
  switch (became.outcome) {
    case 'sent':
      return [utterance('funds.sent-home', { amount: became.amount })]
    case 'insufficient-funds':
      return [utterance('funds.insufficient', { available: became.available })]
    case 'bank-out-of-reach':
      return [utterance('securities.bank-away', {})]
    case 'intent-reused':
      return [utterance('securities.refused', {})]
    case 'refused':
      return nothingDone(became)
  }
}

/** To a caller whose call outlived its process. */
function resumedAs(became: ReceiverBecame | { readonly outcome: 'decided' }): Utterance {
  switch (became.outcome) {
    case 'decided':
      return utterance('resumed.decided', {})
    case 'paid':
      return utterance('resumed.paid-by-card', { amount: became.amount, reference: became.reference })
    case 'on-its-way':
      return utterance('resumed.card-on-its-way', { amount: became.amount, reference: became.reference })
    case 'refused':
    case 'not-done':
      return utterance('resumed.not-done', {})
    default:
      return earlierAs(became)
  }
}
