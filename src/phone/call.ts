/**
 * The whole telephone as a call script sees it. A script is plain async TypeScript that reads like the conversation:
 * say, ask, choose, sell, tell. Leaving is never an error a script handles: whichever method is waiting throws, and the
 * throw is caught once, where the call began.
 *
 * Keys. A key interrupts a prompt unless the phrase must be heard in full. Keys typed ahead carry over to the next
 * question; they are thrown away when a question is asked again but for silence, after any refusal, before a confirmation that moves
 * money, before a choice that nobody can foresee and after a password was told; from a refusal on also those that still
 * follow each other closely, since their caller has not heard it yet. In a menu `9` goes back, `0` explains, `*` repeats. In an entry `*` as first key
 * repeats; later it is the decimal point of an amount and "start again" elsewhere; `#` ends an entry, and alone it goes
 * back. Silence and wrong answers are counted apart; each retry says more, the third failure says goodbye.
 */
import type { CardResult } from '../card/messages/result.ts'
import type { Frame } from '../modem/coded/frame.ts'
import type { Language, PhraseKey, Utterance, Values } from '../speech/speech.ts'
import type { CardAsked, CardQuestion, FrameReception, FrameSent, ReceiveOptions, SendOptions } from './call-data.ts'
import type { AnswerTimes } from './call-limits.ts'
import type { ClerkLeg, Clerks, Intent, Progress } from './line.ts'

export type * from './call-data.ts'
export type { ClerkLeg, Intent } from './line.ts'

export interface Call {
  readonly id: string
  readonly dialled: string
  /** As the network tells it, undefined when it is withheld. Proof of nothing, unless it is attested. */
  readonly callerNumber: string | undefined
  /** The network knows by a secret of the telephone's own that the number is its. */
  readonly callerAttested: boolean
  readonly language: Language
  /** Whom the caller can be joined to. Undefined: the line joins nobody. */
  readonly clerks: Clerks | undefined
  /** Set when an earlier process died with this call: resolve its open intent and tell the caller first. */
  readonly resumed: Progress | undefined

  /**
   * From now on everything is said in this language.
   *
   *     await call.say('bank.welcome', { institution })
   *     await call.speak('zh')
   *     await call.say('bank.welcome', { institution })   // 欢迎致电海港银行。
   */
  speak(language: Language): Promise<void>

  /**
   * Says a phrase. A key cuts it short and counts as the first key of the next question, unless `inFull`.
   *
   *     const balance = await call.during(bank.balance(account))
   *     await call.say('balance.told', { balance })   // "Your balance is two hundred yuan."
   *     await call.say('voucher.password', { password }, { inFull: true })
   */
  say<K extends PhraseKey>(phrase: K, ...rest: SayArguments<K>): Promise<void>

  /**
   * Says why something is not done. Whatever was keyed ahead was meant for something else, and is thrown away.
   *
   *     if (sale.outcome === 'insufficient-funds')
   *       return call.refuse('buy.insufficient-funds', { balance: sale.balance })
   *     await tellVoucher(call, bank, customer, sale.voucher)
   */
  refuse<K extends PhraseKey>(phrase: K, ...rest: RefuseArguments<K>): Promise<void>

  /**
   * Asks for digits until `accept` accepts them, and returns what it made of them.
   * Throws `WentBack` on an empty `#`, `CallOver` after the third failure.
   *
   *     const digits = { min: 6, max: 6 }
   *     const accept = (keys: string) => (fits(keys) ? accepted(new Secret(keys)) : refused('too-easy', 'pin.weak'))
   *     const pin = await call.ask('pin.new', { phrase: 'pin.new', digits, secret: true, refusals: ['too-easy'], accept })
   */
  ask<K extends PhraseKey, T>(step: string, question: Question<K, T>): Promise<T>

  /**
   * Offers a menu and carries out what is chosen; offers it again afterwards until a choice returns `leave`, or the
   * caller presses 9 (where `back` is offered). A choice that throws `WentBack` returns here.
   *
   *     const choices = { '1': () => pay(call, merchant, session), '2': () => tellWhatIsLeft(call, merchant, session) }
   *     await call.menu('voucher.menu', { phrase: 'voucher.menu', help: 'voucher.help', back: true, choices })
   *     await call.say('cancelled')   // after a 9
   */
  menu<K extends PhraseKey>(step: string, menu: Menu<K>): Promise<void>

  /**
   * One choice among keys, returned rather than carried out. `9` throws `WentBack` where it is not a choice.
   *
   *     const choices = { '1': 'written', '2': 'again' } as const
   *     const answer = await call.choose('voucher.written', { phrase: 'voucher.written', choices })
   *     if (answer === 'again') return tellVoucher(call, bank, customer, voucher)
   */
  choose<K extends PhraseKey, C extends string>(step: string, choice: Choice<K, C>): Promise<C>

  /**
   * Reads something back: 1 is yes, 9 is no. Earlier keys never answer it.
   *
   *     const payee = await askPayee(call, bank)
   *     const amount = await askAmount(call, 'buy.amount')
   *     if (!(await call.confirm('buy.confirm', { amount, payee: payee.name }))) return call.say('cancelled')
   */
  confirm<K extends PhraseKey>(step: K, ...rest: SayArguments<K>): Promise<boolean>

  /**
   * Offers what a regular caller is likely to want, by a sentence that is its own confirmation: `1`, once it has been heard to its end, is
   * yes. It keeps nobody up: a key before its end lets it lapse and answers what is asked next, as does another key after it, or a number
   * that begins with 1.
   *
   *     const again = await call.during(bank.lastBought(customer.account))
   *     if (again && (await call.offer('buy.again', { amount: again.amount, payee: again.payee.name })))
   *       return sell(call, bank, customer, again)
   */
  offer<K extends PhraseKey>(step: K, values: Values<K>): Promise<boolean>

  /**
   * A new 128-bit id for one money request, kept outside this process before it is returned. Asking again after a
   * doubtful answer reuses it; reaching the step again makes another. `principal`: on whose behalf, an account or a voucher.
   *
   *     const intent = await call.intent('transfer', customer.account)
   *     const order = { intent: intent.id, from: customer.account, to, amount, channel: 'telephone' } as const
   *     const moved = await call.during(bank.transfer(order))
   */
  intent(name: string, principal: string): Promise<Intent>

  /**
   * Waits for slow work, with a comfort phrase every few seconds. A caller who leaves never cancels the work.
   *
   *     const work = bank.vouchers(customer.account)
   *     const vouchers = await call.during(work)   // "One moment, please."
   *     await call.say('vouchers.count', { count: vouchers.length })
   */
  during<T>(work: Promise<T>, phrase?: PhraseKey): Promise<T>

  /** How long it takes to say, in milliseconds. */
  lengthOf<K extends PhraseKey>(phrase: K, values: Values<K>): number

  /**
   * Lets the caller hear something that costs money as it is heard, and says how it ended. Any key ends it; what was keyed
   * before does not.
   *
   *     const begun = (unit: number) => payee.unitBegun({ listening, unit })
   *     const meter = { unitMs: 60_000, pay, begun, almostOver: 'listen.almost-over' } as const
   *     const how = await call.hear('listen.work', { work: item.work }, meter)
   *     if (how === 'refused') await call.say('listen.money-over')
   */
  hear<K extends PhraseKey>(phrase: K, values: Values<K>, meter: Meter): Promise<HeardOut>

  /**
   * Sends one frame as a signal, or as digits. It is not repeated: whether it arrived, the other side has to say.
   *
   *     const { outcome } = await call.sendFrame(challenge, { mode: 'v23' })
   *     if (outcome === 'unsuitable line') await call.sendFrame(challenge, { mode: 'dtmf' })
   *     const answer = await call.receiveFrame({ withinMs: 8_000 })
   */
  sendFrame(frame: Frame, options?: SendOptions): Promise<FrameSent>

  /**
   * Waits for one frame. Where it may come as digits, digits are no keys meanwhile. What a garbled frame said is
   * remembered within the call, and helps to read the same frame when it is sent again.
   *
   *     const received = await call.receiveFrame({ withinMs: 8_000, modes: ['v23'] })
   *     if (received.outcome === 'garbled') await call.sendFrame(askAgain(received.sequence))
   *     if (received.outcome === 'frame') return received.frame
   */
  receiveFrame(options: ReceiveOptions): Promise<FrameReception>

  /**
   * Asks the card at the caller's payment terminal, by sound or in digits, and says what came, or why nothing did. It takes seconds, and
   * with the holder's hands up to two minutes; any key that the caller presses ends it. After an answer or an inquiry the terminal waits for
   * `tellCard`.
   *
   *     const asked = await call.askCard({ request: encodeRequest(order), challenge })
   *     if (asked.outcome !== 'answered') return call.refuse('card.no-answer')
   *     const payment = await call.during(bank.payByCard({ ...order, ...asked.answer }))
   */
  askCard(question: CardQuestion): Promise<CardAsked>

  /**
   * Tells the terminal what became of what it sent. True when it has acknowledged that: the caller is told by voice in any case.
   *
   *     const payment = await call.during(bank.payByCard({ ...order, ...asked.answer }))
   *     await call.tellCard({ outcome: 'paid', reference: payment.reference })
   *     await call.say('transfer.done', payment)
   */
  tellCard(result: CardResult): Promise<boolean>

  /**
   * Says goodbye properly: waits until what was said has been heard, then ends the call. Always throws `CallOver`.
   *
   *     await call.say('sign-in.closed.today', {}, { inFull: true })
   *     await call.hangUp()
   *     // Nothing below is ever reached.
   */
  hangUp(): Promise<never>

  /**
   * Waits for what may take minutes, with a sentence now and then; a key leaves it. `9` throws `WentBack`.
   *
   *     const place = desk.queue.join(call.clerks)
   *     const choices = { '1': 'call-back' } as const
   *     const answer = await call.waitFor('care.wait', { phrase: 'care.wait', work: place.served, choices, ... })
   *     if ('chose' in answer) return askForCallBack(call, desk)
   */
  waitFor<K extends PhraseKey, T, C extends string>(step: string, waiting: Waiting<K, T, C>): Promise<Awaited<T, C>>

  /**
   * Caller and clerk hear each other until one of them leaves. At a key of the clerk's they are parted for as long as it takes the caller to
   * answer what it stands for, and the clerk hears no more than the sentence that it returns.
   *
   *     await call.talkWith(clerk, { greeting, toCaller, keys: { '1': () => identify(call, bank) } })
   *     await call.say('care.over')
   */
  talkWith(clerk: ClerkLeg, talk: Talk): Promise<void>
}

export interface Talk {
  /** What the clerk hears first, and the caller meanwhile. */
  readonly greeting: Utterance
  readonly toCaller: Utterance
  /** What each key of the clerk's stands for, and what they are told afterwards. */
  readonly keys: Partial<Record<MenuKey, () => Promise<Utterance>>>
}

export interface Waiting<K extends PhraseKey, T, C extends string> {
  /** Said first, and whenever it is asked for again. */
  readonly phrase: K
  readonly work: Promise<T>
  readonly choices: Partial<Record<MenuKey, C>>
  /** What is said next, each time that nothing has happened for `everyMs`. */
  readonly meanwhile: () => Sentence
  readonly everyMs: number
}

export type Awaited<T, C> = { readonly came: T } | { readonly chose: C }

export interface Meter {
  /** How much sound is paid for at once, in milliseconds; all of it when undefined. */
  readonly unitMs: number | undefined
  /** Pays for the first unit, the second … before it is played; the next while the one before it is still heard. */
  readonly pay: (unit: number) => Promise<UnitPaid>
  /** The unit is being heard. */
  readonly begun: (unit: number) => Promise<unknown>
  /** Said when a minute or less can still be paid and there is more to hear. */
  readonly almostOver: PhraseKey
}

/** `more`: how many units can be paid after it. */
export type UnitPaid = { readonly more: number } | 'refused'

export type HeardOut = 'finished' | 'key' | 'refused'

export interface SayOptions {
  /** The phrase cannot be interrupted, and returns only once its last clip has been heard. Keys meanwhile are lost. */
  readonly inFull?: boolean
  /** Groups of digits with longer pauses, for a caller who could not follow. */
  readonly slowly?: boolean
  /** For `confirm`: how long to wait for the answer, where the caller has something to do first. */
  readonly times?: Partial<AnswerTimes>
}

/** A phrase's values, required only where the phrase has slots; then options. */
export type SayArguments<K extends PhraseKey> = keyof Values<K> extends never
  ? [values?: Values<K>, options?: SayOptions]
  : [values: Values<K>, options?: SayOptions]

/** A phrase's values, required only where the phrase has slots. */
export type RefuseArguments<K extends PhraseKey> = keyof Values<K> extends never
  ? [values?: Values<K>]
  : [values: Values<K>]

export interface Question<K extends PhraseKey, T> {
  readonly phrase: K
  readonly values?: Values<K>
  /** How many digits. `min === max` ends by itself; otherwise `#` or the pause after the last digit ends it. */
  readonly digits: { readonly min: number; readonly max: number }
  /** With this many digits an entry may be whole, or go on: a shorter pause ends it. */
  readonly whole?: number
  /** PINs and passwords: neither the transcript nor any log sees more than that something was keyed. */
  readonly secret?: boolean
  /** `*` within the entry is a decimal point. */
  readonly amount?: boolean
  /** Where the usual pauses do not fit, such as an entry that is read from paper. */
  readonly times?: Partial<AnswerTimes>
  /** What `#` alone stands for here, where it does not go back; `*` alone goes back then. */
  readonly hashAlone?: () => T
  /** The names of the ways in which `accept` may refuse, so that the explorer can try each. */
  readonly refusals?: readonly string[]
  readonly accept: (keys: string) => Promise<Judged<T>> | Judged<T>
}

export type Judged<T> =
  | { readonly verdict: 'accepted'; readonly value: T }
  /** Says the sentence and asks again; counted as a wrong answer unless `free`. */
  | { readonly verdict: 'refused'; readonly refusal: string; readonly sentence: Sentence; readonly free?: boolean }
  /** Says the sentence and does not ask again here: the script goes on with the value, to ask for something else. */
  | { readonly verdict: 'turned-away'; readonly refusal: string; readonly sentence: Sentence; readonly value: T }

/** A phrase with its values, made by `sentence`, to be said later. */
export interface Sentence {
  readonly phrase: PhraseKey
  readonly values: object
}

export const accepted = <T>(value: T): Judged<T> => ({ verdict: 'accepted', value })

export function refused<K extends PhraseKey>(refusal: string, phrase: K, values?: Values<K>): Judged<never> {
  return { verdict: 'refused', refusal, sentence: { phrase, values: values ?? {} } }
}

export function turnedAway<T, K extends PhraseKey>(
  refusal: string,
  value: T,
  phrase: K,
  values?: Values<K>,
): Judged<T> {
  return { verdict: 'turned-away', refusal, sentence: { phrase, values: values ?? {} }, value }
}

export interface Menu<K extends PhraseKey> {
  readonly phrase: K
  readonly values?: Values<K>
  /** What `0` says. */
  readonly help?: PhraseKey
  readonly times?: Partial<AnswerTimes>
  /** `9` leaves this menu. The top menu of a line has nothing to go back to. */
  readonly back?: boolean
  readonly choices: Partial<Record<MenuKey, () => Promise<'leave' | undefined> | Promise<void>>>
}

export interface Choice<K extends PhraseKey, C extends string> {
  readonly phrase: K
  readonly values?: Values<K>
  readonly help?: PhraseKey
  readonly times?: Partial<AnswerTimes>
  /** Said in each of these in turn, for a caller who has not chosen one yet. */
  readonly languages?: readonly Language[]
  /** Nobody can know that this will be asked: a key that was on its way was meant for something else. */
  readonly unforeseen?: boolean
  readonly choices: Partial<Record<MenuKey, C>>
}

export type MenuKey = '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8'

/** The caller went back: the nearest menu above offers its choices again. */
export class WentBack extends Error {
  constructor() {
    super('the caller went back')
    this.name = 'WentBack'
  }
}

/** We ended the call: said goodbye, or gave up after the third failure. */
export class CallOver extends Error {
  constructor() {
    super('the call is over')
    this.name = 'CallOver'
  }
}
