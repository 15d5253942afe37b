/** What the explorer remembers of a call to the bank, and words for looking at one of its turns. */
import type { AccountHolder, Bank, BeingPaid, BoughtVoucher, CameBack, Payee } from '../../../src/bank/bank.ts'
import type { Money } from '../../../src/money.ts'
import { type Utterance, utterance } from '../../../src/speech/speech.ts'
import type { CareWorld } from './care-worlds.ts'
import { type Expected, type Row, type SpokenTo, saying, type Turn, to } from './spec.ts'
import type { Terminal } from './terminal.ts'

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
  /** What their payment terminal does, if they have one. */
  readonly terminal?: Terminal
  /** As a payee. */
  being?: Extract<BeingPaid, { outcome: 'payee' }>
  /** How often a new PIN was keyed differently the second time. */
  pinsDiffered?: number
  /** Which voucher is being told, and what follows once that is over. */
  telling?: { voucher: BoughtVoucher; afterwards: () => Expected }
  /** The voucher that was read last in their list, what follows once all about it is said, and its backup password. */
  listed?: BoughtVoucher
  onwards?: () => Expected
  backup?: Utterance
  /** The code that was asked for last. */
  code?: Utterance
  /** What came back to the account, and they have not heard of. */
  returned?: readonly CameBack[]
  /** Where they asked for a clerk, in a world that has some, and the account that they keyed for one. */
  readonly care?: CareWorld
  cameFrom?: string
  identifying?: string
  /** What "the next one" means, in a list that is read out. */
  more?: () => Expected
}

export type BankTurn = Turn<BankMind>
export const menu = () => to('bank.menu')
/** Whoever's PIN was changed since is told so, and has to call again. */
export const whileSignedIn =
  (row: Row<BankMind>): Row<BankMind> =>
  turn =>
    answer<boolean>(turn, 'isSignedIn') ? row(turn) : signedInNoMore()
export const signedInNoMore = (): Expected => ({
  says: [utterance('sign-in.ended', {})],
  inFull: ['sign-in.ended'],
  next: 'END said-goodbye',
})
export const access = () => to('access.menu')
export const answer = <A>(turn: BankTurn, method: string) => turn.answerOf(method) as A
export const need = <V>(value: V | undefined): V => {
  if (value === undefined) throw new Error('the specification lacks what an earlier step should have told')
  return value
}

export function refusedSentence(step: string, sentence: (turn: BankTurn) => Utterance): Row<BankMind> {
  return turn => saying([sentence(turn)], to(step))
}
