/** What the bank's line must say and do, step by step. */
import type {
  AccountHolder,
  Bank,
  BoughtVoucher,
  Payee,
  PinChange,
  Resolution,
  Sale,
  SignIn,
  StatementLine,
  Transfer,
} from '../../../src/bank/bank.ts'
import type { Money } from '../../../src/money.ts'
import { type PhraseKey, type Utterance, utterance } from '../../../src/speech/speech.ts'
import { keyedAmount, shanghaiDate } from './facts.ts'
import {
  askingLanguage,
  changing,
  type Expected,
  type Row,
  type Spec,
  type SpokenTo,
  saying,
  type Turn,
  to,
} from './spec.ts'

/** What the explorer remembers of a call to the bank. */
export interface BankMind extends SpokenTo {
  readonly bankName: Bank['name']
  account?: string
  /** Every voucher of the customer that the explorer knows of, the oldest first. */
  vouchers: BoughtVoucher[]
  payee?: Payee
  onOffer?: readonly Money[]
  amount?: Money
  nearest?: { below: Money | undefined; above: Money | undefined }
  holder?: AccountHolder
  /** Which voucher is being told, and what follows once that is over. */
  telling?: { voucher: BoughtVoucher; afterwards: () => Expected }
  /** What "the next one" means, in a list that is read out. */
  more?: () => Expected
}

type T = Turn<BankMind>
const menu = () => to('bank.menu')
const answer = <A>(turn: T, method: string) => turn.answerOf(method) as A
const need = <V>(value: V | undefined): V => {
  if (value === undefined) throw new Error('the specification lacks what an earlier step should have told')
  return value
}

export const bankSpec: Spec<BankMind> = {
  opening(turn, resumed) {
    const { mind } = turn
    if (!resumed) {
      const welcome = utterance('bank.welcome', { institution: mind.bankName })
      return askingLanguage([
        { ...welcome, language: 'en' },
        { ...welcome, language: 'zh' },
      ])
    }
    mind.language = resumed.language
    const start = resumed.language ? to('sign-in.account') : askingLanguage()
    const restarted = { ...utterance('restarted', {}), language: resumed.language ?? 'en' }
    return saying([restarted, ...(resumed.intent ? whatBecame(answer<Resolution>(turn, 'resolve')) : [])], start)
  },

  steps: {
    'language.choose': { rows: { 'key-1': chosen('en'), 'key-2': chosen('zh'), back: () => askingLanguage() } },

    'sign-in.account': {
      rows: {
        valid: ({ mind, keyed }) => {
          mind.account = keyed
          return to('sign-in.pin')
        },
        back: ({ mind }) => {
          mind.language = undefined
          return askingLanguage()
        },
      },
    },
    'sign-in.pin': {
      secret: true,
      rows: {
        valid: signedIn,
        'refused-wrong': turn => {
          const { triesLeft } = answer<SignIn & { outcome: 'refused' }>(turn, 'signIn')
          const sentence = triesLeft === 1 ? 'sign-in.wrong.last' : 'sign-in.wrong'
          return { says: [utterance(sentence, {})], changes: [signInAs(turn.mind)], next: 'sign-in.pin' }
        },
        'refused-too-many': ({ mind }) => ({
          says: [utterance('try-again-soon', {})],
          changes: [signInAs(mind)],
          next: 'sign-in.pin',
        }),
        back: () => to('sign-in.account'),
      },
    },

    'bank.menu': {
      help: 'bank.help',
      rows: {
        'key-1': turn => saying([utterance('balance.told', { balance: answer<Money>(turn, 'balance') })], menu()),
        'key-2': () => to('buy.payee'),
        'key-3': () => to('transfer.account'),
        'key-4': readTransactions,
        'key-5': readVouchers,
        'key-7': () => to('pin.new'),
      },
    },

    'buy.payee': {
      rows: {
        valid: turn => {
          const payee = answer<Payee>(turn, 'findPayee')
          turn.mind.payee = payee
          return saying([utterance('buy.payee.is', { payee: payee.name })], askAmount(turn, payee.denominations))
        },
        'refused-unknown': refusedSentence('buy.payee', ({ keyed }) =>
          utterance('buy.payee.unknown', { number: keyed }),
        ),
        back: menu,
      },
    },
    'buy.amount': { rows: { valid: wanted, ...badAmounts('buy.amount'), back: menu } },
    'buy.amount.nearest': {
      question: ({ amount, nearest }) =>
        utterance('buy.amount.nearest', {
          wanted: need(amount),
          below: need(nearest?.below),
          above: need(nearest?.above),
        }),
      rows: {
        'key-1': turn => confirmAmount(turn, turn.mind.nearest?.below),
        'key-2': turn => confirmAmount(turn, turn.mind.nearest?.above),
        'key-3': turn => askAmount(turn, need(turn.mind.onOffer)),
        back: menu,
      },
    },
    'buy.amount.nearest-one': {
      question: ({ amount, nearest }) =>
        utterance('buy.amount.nearest-one', { wanted: need(amount), nearest: need(nearest?.below ?? nearest?.above) }),
      rows: {
        'key-1': turn => confirmAmount(turn, turn.mind.nearest?.below ?? turn.mind.nearest?.above),
        'key-3': turn => askAmount(turn, need(turn.mind.onOffer)),
        back: menu,
      },
    },
    'buy.confirm': {
      question: ({ amount, payee }) => utterance('buy.confirm', { amount: need(amount), payee: need(payee).name }),
      rows: { 'key-1': sold, 'key-9': nothingChanged },
    },
    'voucher.written': {
      rows: {
        'key-1': written,
        'key-2': ({ mind }) => tell(mind, need(mind.telling).voucher, need(mind.telling).afterwards),
        back: ({ mind }) => saying([utterance('voucher.kept', {})], need(mind.telling).afterwards()),
      },
    },

    'transfer.account': {
      rows: {
        valid: turn => {
          const holder = answer<AccountHolder>(turn, 'findAccount')
          turn.mind.holder = holder
          return saying([utterance('transfer.to', { payee: holder.name })], to('transfer.amount'))
        },
        'refused-own': refusedSentence('transfer.account', () => utterance('transfer.account.own', {})),
        'refused-unknown': refusedSentence('transfer.account', ({ keyed }) =>
          utterance('transfer.account.unknown', { account: keyed }),
        ),
        back: menu,
      },
    },
    'transfer.amount': {
      rows: {
        valid: turn => {
          turn.mind.amount = keyedAmount(turn.keyed)
          return to('transfer.confirm')
        },
        ...badAmounts('transfer.amount'),
        back: menu,
      },
    },
    'transfer.confirm': {
      question: ({ amount, holder }) =>
        utterance('transfer.confirm', {
          amount: need(amount),
          payee: need(holder).name,
          account: need(holder).account,
        }),
      rows: { 'key-1': transferred, 'key-9': nothingChanged },
    },

    'transactions.more': { rows: { 'key-1': ({ mind }) => need(mind.more)(), back: menu } },
    'vouchers.more': { rows: { 'key-1': ({ mind }) => need(mind.more)(), back: menu } },

    'pin.new': { secret: true, rows: { valid: () => to('pin.repeat'), back: menu } },
    'pin.repeat': {
      secret: true,
      rows: {
        valid: pinChanged,
        'refused-different': refusedSentence('pin.repeat', () => utterance('pin.different', {})),
        back: menu,
      },
    },
  },
}

function chosen(language: 'en' | 'zh'): Row<BankMind> {
  return ({ mind }) => {
    mind.language = language
    return to('sign-in.account')
  }
}

function refusedSentence(step: string, sentence: (turn: T) => Utterance): Row<BankMind> {
  return turn => saying([sentence(turn)], to(step))
}

function badAmounts(step: 'buy.amount' | 'transfer.amount') {
  return {
    'refused-unreadable': refusedSentence(step, () => utterance('amount.unreadable', {})),
    'refused-zero': refusedSentence(step, () => utterance('amount.zero', {})),
  }
}

const signInAs = (mind: BankMind) => ({ method: 'signIn', facts: { account: mind.account } })

/** Vouchers that an earlier call did not bring to the caller come before anything else. */
function signedIn(turn: T): Expected {
  const { mind } = turn
  const result = answer<SignIn>(turn, 'signIn')
  if (result.outcome === 'blocked')
    return { says: [utterance('sign-in.blocked', {})], changes: [signInAs(mind)], next: 'END said-goodbye' }
  if (result.outcome !== 'signed-in') throw new Error(`an answer counted as valid after ${result.outcome}`)

  const { customer } = result
  const hello = utterance('sign-in.hello', { customer: customer.name })
  const untold = mind.vouchers.filter(voucher => voucher.state === 'unconfirmed')
  const first = tellUntold(mind, untold)
  if (customer.language === mind.language) return changing(signInAs(mind), saying([hello], first))

  const remember = { method: 'rememberLanguage', facts: { account: mind.account, language: mind.language } }
  const changed = customer.language ? [utterance('language.changed', {})] : []
  return changing(signInAs(mind), changing(remember, saying([hello, ...changed], first)))
}

function tellUntold(mind: BankMind, [voucher, ...others]: BoughtVoucher[]): Expected {
  if (!voucher) return menu()
  const pending = utterance('buy.pending-first', { amount: voucher.amount, payee: voucher.payee.name })
  return saying(
    [pending],
    tell(mind, voucher, () => tellUntold(mind, others)),
  )
}

const bothInFull: readonly PhraseKey[] = ['voucher.number', 'voucher.password']

function tell(mind: BankMind, voucher: BoughtVoucher, afterwards: () => Expected): Expected {
  if (voucher.state !== 'unconfirmed') throw new Error('a confirmed voucher has no password to tell')
  mind.telling = { voucher, afterwards }
  const { number, password } = voucher
  const says = [utterance('voucher.number', { number }), utterance('voucher.password', { password })]
  return { says, inFull: bothInFull, next: 'voucher.written' }
}

function written({ mind }: T): Expected {
  const { voucher, afterwards } = need(mind.telling)
  mind.vouchers = mind.vouchers.map(known =>
    known.id === voucher.id
      ? {
          id: known.id,
          number: known.number,
          payee: known.payee,
          amount: known.amount,
          soldAt: known.soldAt,
          state: 'confirmed',
        }
      : known,
  )
  const change = { method: 'confirmHeard', facts: { buyer: mind.account, voucher: voucher.id } }
  return changing(change, saying([utterance('voucher.confirmed', {})], afterwards()))
}

function askAmount({ mind }: T, onOffer: readonly Money[]): Expected {
  mind.onOffer = onOffer
  return saying([utterance('buy.amount.choice', { amounts: onOffer })], to('buy.amount'))
}

function wanted(turn: T): Expected {
  const amount = keyedAmount(turn.keyed)
  const onOffer = need(turn.mind.onOffer)
  if (onOffer.some(({ minor }) => minor === amount.minor)) return confirmAmount(turn, amount)

  const below = onOffer.filter(({ minor }) => minor < amount.minor).at(-1)
  const above = onOffer.filter(({ minor }) => minor > amount.minor).at(0)
  turn.mind.nearest = { below, above }
  turn.mind.amount = amount
  return to(below && above ? 'buy.amount.nearest' : 'buy.amount.nearest-one')
}

function confirmAmount({ mind }: T, amount: Money | undefined): Expected {
  mind.amount = need(amount)
  return to('buy.confirm')
}

function nothingChanged(): Expected {
  return saying([utterance('cancelled', {})], menu())
}

function sold(turn: T): Expected {
  const { mind } = turn
  const [payee, amount] = [need(mind.payee), need(mind.amount)]
  const order = { method: 'sellVoucher', facts: { buyer: mind.account, payee: payee.id, amount } }
  return changing(order, soldAs(turn, answer<Sale>(turn, 'sellVoucher'), payee, amount))
}

function soldAs(turn: T, sale: Sale, payee: Payee, amount: Money): Expected {
  switch (sale.outcome) {
    case 'sold': {
      const { voucher } = sale
      if (voucher.amount.minor !== amount.minor || voucher.payee.id !== payee.id)
        throw new Error('another voucher was sold')
      turn.mind.vouchers.push(voucher)
      return saying([utterance('buy.sold', {})], tell(turn.mind, voucher, menu))
    }
    case 'insufficient-funds':
      return saying([utterance('buy.insufficient-funds', { balance: sale.balance })], menu())
    case 'limit-exceeded':
      return saying([utterance('buy.limit-exceeded', { limit: sale.limit })], menu())
    case 'out-of-stock': {
      const soldOut = utterance('buy.out-of-stock', { amount })
      if (sale.nearest.length === 0) return saying([soldOut, utterance('buy.unavailable', {})], menu())
      return saying([soldOut], askAmount(turn, sale.nearest))
    }
    case 'already-confirmed':
      throw new Error('a voucher that was confirmed was asked for again')
    case 'intent-reused':
      throw new Error('one intent served for two requests')
  }
}

function transferred(turn: T): Expected {
  const { mind } = turn
  const [holder, amount] = [need(mind.holder), need(mind.amount)]
  const order = { method: 'transfer', facts: { from: mind.account, to: holder.account, amount } }
  return changing(order, saying([transferredAs(answer<Transfer>(turn, 'transfer'), holder, amount)], menu()))
}

function transferredAs(result: Transfer, payee: AccountHolder, amount: Money): Utterance {
  switch (result.outcome) {
    case 'transferred': {
      const { reference, balance } = result
      return utterance('transfer.done', { amount, payee: payee.name, reference, balance })
    }
    case 'insufficient-funds':
      return utterance('transfer.insufficient-funds', { balance: result.balance })
    case 'limit-exceeded':
      return utterance('transfer.limit-exceeded', { limit: result.limit })
    case 'unknown-account':
      return utterance('transfer.refused', {})
    default:
      throw new Error(`a transfer ended as ${result.outcome}`)
  }
}

function readTransactions(turn: T): Expected {
  const lines = answer<readonly StatementLine[]>(turn, 'recentTransactions')
  if (lines.length === 0) return saying([utterance('transactions.none', {})], menu())

  const readFrom = (start: number): Expected => {
    const page = lines.slice(start, start + 3).map(readTransaction)
    if (start + 3 >= lines.length) return saying([...page, utterance('transactions.end', {})], menu())
    turn.mind.more = () => readFrom(start + 3)
    return saying(page, to('transactions.more'))
  }
  return saying([utterance('transactions.intro', {})], readFrom(0))
}

function readTransaction({ at, amount: signed, kind, counterparty }: StatementLine): Utterance {
  const minor = signed.minor < 0n ? -signed.minor : signed.minor
  const values = { date: shanghaiDate(at), amount: { ...signed, minor } }
  if (!counterparty && kind !== 'deposit') return utterance('transactions.other', values)
  switch (kind) {
    case 'deposit':
      return utterance('transactions.deposit', values)
    case 'voucher':
      return utterance('transactions.bought', { ...values, payee: need(counterparty) })
    case 'transfer-out':
      return utterance('transactions.sent', { ...values, payee: need(counterparty) })
    case 'transfer-in':
      return utterance('transactions.received', { ...values, payer: need(counterparty) })
    case 'refund':
      return utterance('transactions.refund', { ...values, payee: need(counterparty) })
  }
}

function readVouchers({ mind }: T): Expected {
  const list = mind.vouchers.toReversed()
  const count = list.length
  if (count === 0) return saying([utterance('vouchers.none', {})], menu())

  const readFrom = (index: number): Expected => {
    const voucher = need(list[index])
    const onwards = () => {
      if (index + 1 === count) return saying([utterance('vouchers.end', {})], menu())
      mind.more = () => readFrom(index + 1)
      return to('vouchers.more')
    }
    const { number, payee, amount } = voucher
    const item = utterance('vouchers.item', { number, payee: payee.name, amount })
    if (voucher.state === 'confirmed') return saying([item], onwards())
    return saying([item, utterance('vouchers.unconfirmed', {})], tell(mind, voucher, onwards))
  }
  return saying([count === 1 ? utterance('vouchers.one', {}) : utterance('vouchers.count', { count })], readFrom(0))
}

function pinChanged(turn: T): Expected {
  const change = { method: 'changePin', facts: { account: turn.mind.account } }
  const { outcome } = answer<PinChange>(turn, 'changePin')
  if (outcome === 'changed') return changing(change, saying([utterance('pin.changed', {})], menu()))
  return changing(change, saying([utterance('pin.weak', {})], to('pin.new')))
}

function whatBecame(resolution: Resolution): Utterance[] {
  if (resolution.outcome === 'not-done') return [utterance('resumed.not-done', {})]
  const { kind } = resolution
  if (kind === 'pin-change') return [utterance('resumed.pin-changed', {})]
  if (kind === 'sale') return [utterance('resumed.sold', { amount: resolution.amount, payee: resolution.payee })]
  const { amount, to: payee, reference } = resolution
  return [utterance('resumed.transferred', { amount, payee, reference })]
}
