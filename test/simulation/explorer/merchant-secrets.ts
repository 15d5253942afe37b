/** What the merchant's line must say and do about passwords: a forgotten one, a locked voucher, a new one. */
import type { PasswordChange, Revealing, Unlocking } from '../../../src/merchant/merchant.ts'
import { utterance } from '../../../src/speech/speech.ts'
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
} from './merchant-mind.ts'
import { changing, type Expected, type StepSpec, saying, to } from './spec.ts'

export const secretSteps: Readonly<Record<string, StepSpec<MerchantMind>>> = {
  'forgot.ask-number': askingNumber('forgot.ask-number', 'forgot.ask-backup'),
  'forgot.ask-backup': askingBackup('forgot.ask-backup', 'revealPassword'),
  'unlock.ask-number': askingNumber('unlock.ask-number', 'unlock.ask-backup'),
  'unlock.ask-backup': askingBackup('unlock.ask-backup', 'unlock'),
  'forgot.written': {
    rows: {
      'key-1': afterTelling,
      'key-2': ({ mind }) => tell(mind),
      back: afterTelling,
    },
  },
  'password.new': {
    secret: true,
    rows: {
      valid: () => to('password.repeat'),
      'refused-too-easy': () => saying([utterance('password.weak', {})], to('password.new')),
      back: voucherMenu,
    },
  },
  'password.repeat': {
    secret: true,
    rows: { valid: changed, 'refused-different': differ, back: voucherMenu },
  },
}

type Proof = 'revealPassword' | 'unlock'

function askingBackup(step: string, method: Proof): StepSpec<MerchantMind> {
  const again = (mind: MerchantMind, sentence: 'backup.refused' | 'try-again-soon') =>
    changing(proving(method, mind), saying([utterance(sentence, {})], to(step)))
  return {
    secret: true,
    question: () => utterance('backup.ask-password', {}),
    rows: {
      valid: turn => changing(proving(method, turn.mind), proved(turn, method)),
      'refused-wrong': ({ mind }) => again(mind, 'backup.refused'),
      'refused-too-many': ({ mind }) => again(mind, 'try-again-soon'),
      back: menu,
    },
  }
}

function proved(turn: MerchantTurn, method: Proof): Expected {
  const { mind } = turn
  const result = answer<Revealing | Unlocking>(turn, method)
  switch (result.outcome) {
    case 'revealed':
      mind.told = {
        says: [utterance('forgot.password', { password: result.password })],
        isLocked: result.isLocked,
      }
      return tell(mind)
    case 'unlocked':
      return saying([utterance('unlock.done', {})], menu())
    case 'not-locked':
      return saying([utterance('unlock.not-locked', {})], menu())
    case 'exhausted':
    case 'terminated':
      return deadAs(result)
    default:
      throw new Error(`an answer counted as valid after ${result.outcome}`)
  }
}

function tell({ told }: MerchantMind): Expected {
  return { says: told?.says ?? [], inFull: ['forgot.password'], next: 'forgot.written' }
}

function afterTelling({ mind }: MerchantTurn): Expected {
  return saying([utterance(mind.told?.isLocked ? 'forgot.locked' : 'forgot.done', {})], menu())
}

/** A new password is asked for anew, three times at most. */
function again(mind: MerchantMind, sentence: 'password.different' | 'password.weak'): Expected {
  mind.passwordsFailed = (mind.passwordsFailed ?? 0) + 1
  if (mind.passwordsFailed < 3) return saying([utterance(sentence, {})], to('password.new'))
  return saying([utterance(sentence, {}), utterance('cancelled', {})], voucherMenu())
}

function differ({ mind }: MerchantTurn): Expected {
  return again(mind, 'password.different')
}

function changed(turn: MerchantTurn): Expected {
  const { mind } = turn
  const change = { method: 'changePassword', facts: { ...mind.session } }
  const result = answer<PasswordChange>(turn, 'changePassword')
  switch (result.outcome) {
    case 'changed':
      mind.session = result.session
      return changing(change, saying([utterance('password.changed', {})], voucherMenu()))
    case 'too-easy':
      return changing(change, again(mind, 'password.weak'))
    case 'session-ended':
      return changing(change, sessionEnded())
  }
}
