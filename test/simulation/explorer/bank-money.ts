/** What the bank's line must say of money: amounts that are asked for, sales, transfers, and what became of them. */
import type {
  AccountHolder,
  CardAsked,
  CardPayment,
  CardResolution,
  Payee,
  PinChange,
  Resolution,
  Sale,
  Transfer,
} from '../../../src/bank/bank.ts'
import type { Money } from '../../../src/money.ts'
import { type Utterance, utterance } from '../../../src/speech/speech.ts'
import { tell } from './bank-lists.ts'
import { access, answer, type BankTurn, menu, need, signedInNoMore } from './bank-mind.ts'
import { insertYourCard, notAccepted, notPaid } from './card-spec.ts'
import { keyedAmount } from './facts.ts'
import { type Change, changing, type Expected, saying, to } from './spec.ts'

export function askAmount({ mind }: BankTurn, onOffer: readonly Money[]): Expected {
  mind.onOffer = onOffer
  return saying([utterance('buy.amount.choice', { amounts: onOffer })], to('buy.amount'))
}

export function wanted(turn: BankTurn): Expected {
  const amount = keyedAmount(turn.keyed)
  const onOffer = need(turn.mind.onOffer)
  if (onOffer.some(({ minor }) => minor === amount.minor)) return confirmAmount(turn, amount)

  const below = onOffer.filter(({ minor }) => minor < amount.minor).at(-1)
  const above = onOffer.filter(({ minor }) => minor > amount.minor).at(0)
  turn.mind.nearest = { below, above }
  turn.mind.amount = amount
  return to(below && above ? 'buy.amount.nearest' : 'buy.amount.nearest-one')
}

export function confirmAmount({ mind }: BankTurn, amount: Money | undefined): Expected {
  mind.amount = need(amount)
  return to('buy.confirm')
}

export function nothingChanged(): Expected {
  return saying([utterance('cancelled', {})], menu())
}

export function sold(turn: BankTurn): Expected {
  const { mind } = turn
  const [payee, amount] = [need(mind.payee), need(mind.amount)]
  const order = { method: 'sellVoucher', facts: { buyer: mind.account, payee: payee.id, amount } }
  return changing(order, soldAs(turn, answer<Sale>(turn, 'sellVoucher'), payee, amount))
}

function soldAs(turn: BankTurn, sale: Sale, payee: Payee, amount: Money): Expected {
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
    case 'card-needed':
      return saying([utterance('account.card-needed', { limit: sale.limit })], menu())
    case 'account-blocked':
      return saying([utterance('account.blocked', {})], menu())
    case 'payee-ceiling':
      return saying([utterance('buy.payee-ceiling', { payee: payee.name })], menu())
    case 'under-review':
      return saying([utterance('account.under-review', {})], menu())
    case 'payee-out-of-reach':
      return saying([utterance('buy.payee-out-of-reach', { payee: payee.name })], menu())
    case 'out-of-stock': {
      const soldOut = utterance('buy.out-of-stock', { amount })
      if (sale.nearest.length === 0) return saying([soldOut, utterance('buy.unavailable', {})], menu())
      return saying([soldOut], askAmount(turn, sale.nearest))
    }
    case 'already-confirmed':
      throw new Error('a voucher that was confirmed was asked for again')
    case 'refused-amount':
      throw new Error('an amount that was asked for in the call was refused as none')
    case 'intent-reused':
      throw new Error('one intent served for two requests')
  }
}

export function transferred(turn: BankTurn): Expected {
  const { mind } = turn
  const [holder, amount] = [need(mind.holder), need(mind.amount)]
  const order = { method: 'transfer', facts: { from: mind.account, to: holder.account, amount } }
  return changing(order, saying([transferredAs(answer<Transfer>(turn, 'transfer'), holder, amount)], menu()))
}

/** Without a terminal the telephone carries neither sound nor data: that is said where a card would sign, and nothing is paid. */
export function askedByCard(turn: BankTurn): Expected {
  const { mind } = turn
  const [{ account: to, name: payee }, amount] = [need(mind.holder), need(mind.amount)]
  const change = { method: 'askByCard', facts: { from: mind.account, to, amount } }
  const asked = answer<CardAsked>(turn, 'askByCard')
  switch (asked.outcome) {
    case 'asked': {
      const insert = [utterance('card.paying', { amount, payee }), ...insertYourCard]
      return { ...afterInsert(turn, change, insert), inFull: ['card.insert'] }
    }
    case 'no-card':
      return changing(change, saying([utterance('large.no-card', {})], menu()))
    case 'busy':
      return changing(change, saying([utterance('try-again-soon', {})], menu()))
    default:
      return changing(change, saying([transferredAs(asked, need(mind.holder), amount)], menu()))
  }
}

function afterInsert(turn: BankTurn, asked: Change, insert: readonly Utterance[]): Expected {
  const { mind } = turn
  if (mind.terminal === undefined) return changing(asked, saying([...insert, ...notPaid('card.unsuitable')], menu()))
  switch (mind.terminal) {
    case 'signs': {
      const paid = { method: 'payByCard', facts: { from: mind.account } }
      const told = refusedPayment(answer<CardPayment>(turn, 'payByCard'))
      return changing(asked, changing(paid, saying([...insert, ...told], menu())))
    }
    case 'asks first': {
      // Three times, each told what became of it; then it is no use to ask on.
      const became = { method: 'becameOfCard', facts: { account: mind.account, counter: 1 } }
      const earlier = answer<CardResolution>(turn, 'becameOfCard')
      if (earlier.outcome === 'other-account')
        return changing(asked, changing(became, saying([...insert, utterance('large.other-account', {})], menu())))
      const settled = [...insert, utterance('card.earlier', {}), ...whatBecame(earlier)]
      const rounds = [1, 2, 3]
      return {
        says: [...rounds.flatMap(() => settled), ...notPaid('card.no-answer')],
        changes: rounds.flatMap(() => [asked, became]),
        next: 'bank.menu',
      }
    }
  }
}

function refusedPayment(payment: CardPayment): Utterance[] {
  if (payment.outcome === 'unreadable-answer' || payment.outcome === 'refused') return notAccepted(payment)
  throw new Error(`no scenario has a payment that ends as ${payment.outcome}`)
}

function transferredAs(result: Transfer, payee: AccountHolder, amount: Money): Utterance {
  switch (result.outcome) {
    case 'transferred': {
      const { reference, balance } = result
      return utterance('transfer.done', { amount, payee: payee.name, reference, balance })
    }
    case 'pending': {
      const { bank, reference, balance } = result
      return utterance('transfer.pending', { amount, bank, reference, balance })
    }
    case 'came-back':
      return utterance('transfer.came-back', { bank: result.bank, balance: result.balance })
    case 'bank-out-of-reach':
      return utterance('transfer.bank-out-of-reach', { bank: result.bank })
    case 'bank-cap':
      return utterance('transfer.bank-cap', { bank: result.bank })
    case 'insufficient-funds':
      return utterance('transfer.insufficient-funds', { balance: result.balance })
    case 'limit-exceeded':
      return utterance('transfer.limit-exceeded', { limit: result.limit })
    case 'card-needed':
      return utterance('account.card-needed', { limit: result.limit })
    case 'account-blocked':
      return utterance('account.blocked', {})
    case 'under-review':
      return utterance('account.under-review', {})
    case 'unknown-account':
      return utterance('transfer.refused', {})
    default:
      throw new Error(`a transfer ended as ${result.outcome}`)
  }
}

export function pinChanged(turn: BankTurn): Expected {
  const change = { method: 'changePin', facts: { account: turn.mind.account } }
  const { outcome } = answer<PinChange>(turn, 'changePin')
  if (outcome === 'changed') return changing(change, saying([utterance('pin.changed', {})], access()))
  if (outcome === 'session-ended') return changing(change, signedInNoMore())
  return changing(change, saying([utterance('pin.weak', {})], to('pin.new')))
}

export function whatBecame(resolution: Resolution): Utterance[] {
  if (resolution.outcome === 'not-done') return [utterance('resumed.not-done', {})]
  const { kind } = resolution
  if (kind === 'block') return [utterance('resumed.blocked', {})]
  if (kind === 'pin-change') return [utterance('resumed.pin-changed', {})]
  if (kind === 'sale') return [utterance('resumed.sold', { amount: resolution.amount, payee: resolution.payee })]
  if (kind === 'pending-transfer') {
    const { amount, bank, reference } = resolution
    return [utterance('resumed.pending-transfer', { amount, bank, reference })]
  }
  const { amount, to: payee, reference } = resolution
  return [utterance('resumed.transferred', { amount, payee, reference })]
}
