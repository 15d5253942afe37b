/** What the explorer remembers of a call to a merchant, and words for looking at one of its turns. */
import type { Dead, Merchant, VoucherSession } from '../../../src/merchant/merchant.ts'
import type { Money } from '../../../src/money.ts'
import { utterance } from '../../../src/speech/speech.ts'
import { simulatedCaller } from '../../support/simulated-line.ts'
import { type Expected, type Row, type SpokenTo, type StepSpec, saying, type Turn, to } from './spec.ts'
import type { Terminal } from './terminal.ts'

export interface MerchantMind extends SpokenTo {
  readonly merchantName: Merchant['name']
  number?: string
  /** The one in which the call goes on. */
  session?: VoucherSession
  amount?: Money
  /** What was left when it was asked whether to end the voucher. */
  left?: Money
  /** What the caller's payment terminal does, where they have one. */
  readonly terminal?: Terminal
  /** What is being told, until it is written down. */
  told?: { says: Expected['says']; isLocked: boolean }
  /** How often a new password was keyed differently the second time, or turned out too easy. */
  passwordsFailed?: number
}

export type MerchantTurn = Turn<MerchantMind>
export const answer = <A>(turn: MerchantTurn, method: string) => turn.answerOf(method) as A
export const menu = () => to('merchant.menu')
export const voucherMenu = () => to('voucher.menu')

/** A request that proves a secret of the voucher whose number was keyed. */
export const proving = (method: string, { number }: MerchantMind) => ({
  method,
  facts: { number, origin: simulatedCaller },
})

export const deadAs = ({ outcome }: Dead): Expected => saying([utterance(`voucher.${outcome}`, {})], menu())

/** A voucher that was given another password, or was ended, since it was opened has to be opened again. */
export function whileOpen(method: string, row: Row<MerchantMind>): Row<MerchantMind> {
  return turn => {
    const { outcome } = answer<{ outcome?: string }>(turn, method)
    return outcome === 'session-ended' ? sessionEnded() : row(turn)
  }
}

export const sessionEnded = (): Expected => saying([utterance('session.ended', {})], menu())

/** The voucher's number is asked, for the errand that `next` goes on with. */
export function askingNumber(step: string, next: string): StepSpec<MerchantMind> {
  return {
    question: () => utterance('voucher.ask-number', {}),
    rows: {
      valid: ({ mind, keyed }) => {
        mind.number = keyed
        return to(next)
      },
      'refused-check-digits': () => saying([utterance('voucher.bad-check-digit', {})], to(step)),
      back: menu,
    },
  }
}
