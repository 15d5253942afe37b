/** What the bank's line must say and do, step by step. */
import {
  type Blockable,
  type Blocking,
  type HolderNamed,
  type OnSale,
  ofThisTelephone,
  type Payee,
  type Resolution,
} from '../../../src/bank/bank.ts'
import type { Language } from '../../../src/languages.ts'
import type { Money } from '../../../src/money.ts'
import { utterance } from '../../../src/speech/speech.ts'
import {
  readBackup,
  readPasskeyCode,
  readTransactions,
  readVouchers,
  tell,
  tellBackup,
  tellPasskeyCode,
} from './bank-lists.ts'
import {
  access,
  answer,
  type BankMind,
  type BankTurn,
  menu,
  need,
  refusedSentence,
  whileSignedIn,
} from './bank-mind.ts'
import {
  askAmount,
  askedByCard,
  confirmAmount,
  nothingChanged,
  pinChanged,
  sold,
  transferred,
  wanted,
  whatBecame,
} from './bank-money.ts'
import { paidSteps, readBeingPaid } from './bank-paid.ts'
import { signedIn, tooManyPins, wrongPin } from './bank-sign-in.ts'
import { askAboutTelephone, telephoneSteps } from './bank-telephone.ts'
import { askedForClerk, careSteps } from './care-spec.ts'
import { keyedAmount } from './facts.ts'
import { changing, type Expected, type Row, type Spec, type StepSpec, saying, to } from './spec.ts'

export const bankSpec: Spec<BankMind> = {
  clerk: askedForClerk,

  opening(turn, resumed) {
    const { mind } = turn
    if (!resumed) {
      const known = answer<Language | undefined>(turn, 'languageAt')
      if (known !== undefined) {
        mind.language = known
        return saying([utterance('bank.welcome', { institution: mind.bankName })], to('sign-in.account'))
      }
      const welcome = utterance('bank.welcome', { institution: mind.bankName })
      return saying(
        [
          { ...welcome, language: 'en' },
          { ...welcome, language: 'zh' },
        ],
        to('language.choose'),
      )
    }
    mind.language = resumed.language
    const start = resumed.language ? to('sign-in.account') : to('language.choose')
    const restarted = { ...utterance('restarted', {}), language: resumed.language ?? 'en' }
    return saying([restarted, ...(resumed.intent ? whatBecame(answer<Resolution>(turn, 'resolve')) : [])], start)
  },

  steps: {
    'language.choose': {
      inBothLanguages: true,
      rows: { 'key-1': chosen('en'), 'key-2': chosen('zh'), back: () => to('language.choose') },
    },

    'sign-in.account': {
      rows: {
        valid: ({ mind, keyed }) => {
          mind.account = keyed
          return to('sign-in.pin')
        },
        'hash-alone': ({ mind }) => {
          mind.account = ofThisTelephone
          return to('sign-in.pin')
        },
        'refused-check-digits': refusedSentence('sign-in.account', () => utterance('account.check-digits', {})),
        back: ({ mind }) => {
          mind.language = undefined
          return to('language.choose')
        },
      },
    },
    'sign-in.pin': {
      secret: true,
      rows: {
        valid: signedIn,
        'refused-wrong': wrongPin,
        'refused-too-many': tooManyPins('sign-in.pin'),
        back: () => to('sign-in.account'),
      },
    },
    'sign-in.again': {
      secret: true,
      rows: {
        valid: turn => {
          if (turn.keyed.length === 6 && turn.keyed !== turn.mind.account) return signedIn(turn)
          turn.mind.account = turn.keyed
          return to('sign-in.pin')
        },
        'refused-wrong': wrongPin,
        'refused-too-many': tooManyPins('sign-in.again'),
        'refused-check-digits': refusedSentence('sign-in.again', () => utterance('account.check-digits', {})),
        back: () => to('sign-in.account'),
      },
    },

    'bank.menu': {
      help: 'bank.help',
      rows: {
        'key-1': whileSignedIn(turn =>
          saying([utterance('balance.told', { balance: answer<Money>(turn, 'balance') })], menu()),
        ),
        'key-2': whileSignedIn(askWhatToBuy),
        'key-3': whileSignedIn(() => to('transfer.account')),
        'key-4': whileSignedIn(readTransactions),
        'key-5': whileSignedIn(readVouchers),
        'key-6': whileSignedIn(() => to('large.account')),
        'key-7': () => to('access.menu'),
        'key-8': whileSignedIn(() => to('block.menu')),
      },
    },

    'buy.again': {
      question: ({ amount, payee }) => utterance('buy.again', { amount: need(amount), payee: need(payee).name }),
      rows: {
        'key-1': whileSignedIn(sold),
        'key-9': () => to('buy.payee'),
        silence: () => to('buy.payee'),
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
      rows: { 'key-1': whileSignedIn(sold), 'key-9': nothingChanged },
    },
    'voucher.written': {
      rows: {
        'key-1': written,
        'key-2': ({ mind }) => tell(mind, need(mind.telling).voucher, need(mind.telling).afterwards),
        back: ({ mind }) => saying([utterance('voucher.kept', {})], need(mind.telling).afterwards()),
      },
    },

    ...paidSteps,
    ...careSteps,

    'transfer.account': askingForAccount('transfer.account', 'transfer.amount'),
    'transfer.amount': askingForAmount('transfer.amount', () => to('transfer.confirm')),
    'transfer.confirm': {
      question: ({ amount, holder }) =>
        utterance('transfer.confirm', {
          amount: need(amount),
          payee: need(holder).name,
          account: need(holder).account,
        }),
      rows: { 'key-1': whileSignedIn(transferred), 'key-9': nothingChanged },
    },

    'large.account': askingForAccount('large.account', 'large.amount'),
    'large.amount': askingForAmount('large.amount', whileSignedIn(askedByCard)),

    'transactions.more': { rows: { 'key-1': ({ mind }) => need(mind.more)(), back: menu } },
    'vouchers.more': {
      rows: { 'key-1': ({ mind }) => need(mind.more)(), 'key-2': whileSignedIn(readBackup), back: menu },
    },
    'vouchers.last': { rows: { 'key-2': whileSignedIn(readBackup), back: menu } },
    'backup.written': {
      rows: {
        'key-1': ({ mind }) => need(mind.onwards)(),
        'key-2': tellBackup,
        back: ({ mind }) => need(mind.onwards)(),
      },
    },

    'access.menu': {
      help: 'access.help',
      rows: {
        'key-1': ({ mind }) => {
          mind.pinsDiffered = 0
          return to('pin.new')
        },
        'key-2': whileSignedIn(readPasskeyCode),
        'key-3': whileSignedIn(readBeingPaid),
        'key-4': whileSignedIn(askAboutTelephone),
        back: menu,
      },
    },
    ...telephoneSteps,
    'passkey.written': {
      rows: { 'key-1': access, 'key-2': tellPasskeyCode, back: access },
    },

    'block.menu': {
      help: 'block.help',
      rows: {
        'key-1': () => to('block.account'),
        'key-2': () => to('block.vouchers'),
        'key-3': () => to('block.telephone'),
        'key-4': () => to('block.card'),
        back: menu,
      },
    },
    'block.account': askingToBlock('account'),
    'block.vouchers': askingToBlock('vouchers'),
    'block.card': askingToBlock('card'),
    'block.telephone': askingToBlock('telephone'),

    'pin.new': {
      secret: true,
      rows: {
        valid: () => to('pin.repeat'),
        'refused-too-easy': refusedSentence('pin.new', () => utterance('pin.weak', {})),
        back: access,
      },
    },
    'pin.repeat': {
      secret: true,
      rows: {
        valid: pinChanged,
        'refused-different': pinsDiffer,
        back: access,
      },
    },
  },
}

/** A fresh key says yes. What is blocked for the telephone ends the call. */
function askingToBlock(what: Blockable): StepSpec<BankMind> {
  return {
    rows: {
      'key-1': turn => {
        const { mind } = turn
        const change = { method: 'block', facts: { account: mind.account, what, channel: 'telephone' } }
        const { outcome } = answer<Blocking>(turn, 'block')
        if (outcome === 'nothing-to-block')
          return changing(
            change,
            saying([utterance(what === 'card' ? 'block.no-card' : 'block.no-vouchers', {})], to('block.menu')),
          )
        if (what === 'vouchers') mind.vouchers = mind.vouchers.map(known => ({ ...known, isBlocked: true }))
        const done = outcome === 'blocked-once-in-reach' ? 'block.vouchers.waiting' : (`block.${what}.done` as const)
        const next = what === 'telephone' ? 'END said-goodbye' : 'block.menu'
        return changing(change, { says: [utterance(done, {})], inFull: [done], next })
      },
      'key-9': () => saying([utterance('cancelled', {})], to('block.menu')),
    },
  }
}

/** Whose account it is is read back. A large payment asks in the words of a transfer. */
function askingForAccount(step: 'transfer.account' | 'large.account', next: string): StepSpec<BankMind> {
  return {
    question: () => utterance('transfer.account', {}),
    rows: {
      valid: turn => {
        const named = answer<HolderNamed>(turn, 'nameHolder')
        if (named.outcome !== 'found') throw new Error(`an account counted as found after ${named.outcome}`)
        const { holder } = named
        turn.mind.holder = holder
        const { name: payee, bank } = holder
        const told = bank ? utterance('transfer.to.bank', { payee, bank }) : utterance('transfer.to', { payee })
        return saying([told], to(next))
      },
      'refused-bank-out-of-reach': refusedSentence(step, turn => {
        const named = answer<HolderNamed>(turn, 'nameHolder')
        if (named.outcome !== 'out-of-reach') throw new Error(`a bank counted as away after ${named.outcome}`)
        return utterance('transfer.bank-out-of-reach', { bank: named.bank })
      }),
      'refused-too-many': refusedSentence(step, () => utterance('try-again-soon', {})),
      'refused-check-digits': refusedSentence(step, () => utterance('account.check-digits', {})),
      'refused-own': refusedSentence(step, () => utterance('transfer.account.own', {})),
      'refused-unknown': refusedSentence(step, ({ keyed }) =>
        utterance('transfer.account.unknown', { account: keyed }),
      ),
      back: menu,
    },
  }
}

function askingForAmount(step: 'transfer.amount' | 'large.amount', then: Row<BankMind>): StepSpec<BankMind> {
  return {
    question: () => utterance('transfer.amount', {}),
    rows: {
      valid: turn => {
        turn.mind.amount = keyedAmount(turn.keyed)
        return then(turn)
      },
      ...badAmounts(step),
      back: menu,
    },
  }
}

/** What was bought last is offered again. */
function askWhatToBuy(turn: BankTurn): Expected {
  const again = answer<OnSale | undefined>(turn, 'lastBought')
  if (again === undefined) return to('buy.payee')
  Object.assign(turn.mind, again)
  return to('buy.again')
}

function chosen(language: 'en' | 'zh'): Row<BankMind> {
  return ({ mind }) => {
    mind.language = language
    return to('sign-in.account')
  }
}

function badAmounts(step: 'buy.amount' | 'transfer.amount' | 'large.amount') {
  return {
    'refused-unreadable': refusedSentence(step, () => utterance('amount.unreadable', {})),
    'refused-zero': refusedSentence(step, () => utterance('amount.zero', {})),
  }
}

/** A new PIN is asked for anew, three times at most. */
function pinsDiffer({ mind }: BankTurn): Expected {
  mind.pinsDiffered = (mind.pinsDiffered ?? 0) + 1
  const different = utterance('pin.different', {})
  if (mind.pinsDiffered < 3) return saying([different], to('pin.new'))
  return saying([different, utterance('cancelled', {})], access())
}

function written({ mind }: BankTurn): Expected {
  const { voucher, afterwards } = need(mind.telling)
  mind.vouchers = mind.vouchers.map(known =>
    known.id === voucher.id
      ? {
          id: known.id,
          number: known.number,
          payee: known.payee,
          amount: known.amount,
          soldAt: known.soldAt,
          isBlocked: known.isBlocked,
          isEnded: known.isEnded,
          state: 'confirmed',
        }
      : known,
  )
  const change = { method: 'confirmHeard', facts: { buyer: mind.account, voucher: voucher.id } }
  return changing(change, saying([utterance('voucher.confirmed', {})], afterwards()))
}
