/** Makes a `Call` of a `Line`: the verbs of a call script, on top of one `Session`. */
import { type CardResult, encodeResult } from '../card/messages/result.ts'
import { drawIntentId } from '../ids.ts'
import type { Frame } from '../modem/coded/frame.ts'
import { DeadlineExceeded } from '../runtime.ts'
import type { Language, PhraseKey, Utterance, Values } from '../speech/speech.ts'
import { refuse, say } from './asking.ts'
import type {
  Awaited,
  Call,
  CardAsked,
  CardQuestion,
  Choice,
  ClerkLeg,
  FrameReception,
  FrameSent,
  HeardOut,
  Intent,
  Menu,
  Meter,
  Question,
  ReceiveOptions,
  RefuseArguments,
  SayArguments,
  SendOptions,
  Talk,
  Waiting,
} from './call.ts'
import { talk } from './care/talking.ts'
import { waitFor } from './care/waiting.ts'
import { CardExchanges } from './frames/card-exchange.ts'
import { receiveFrame, sendFrame } from './frames/one-frame.ts'
import { Hearing } from './hearing.ts'
import type { Clerks, Progress } from './line.ts'
import { choose, confirm, menu } from './menu.ts'
import { offer } from './offer.ts'
import { ask } from './question.ts'
import type { Session } from './session.ts'

export class Conversation implements Call {
  readonly #session: Session
  readonly #card: CardExchanges
  readonly #unsettled = new Set<Promise<unknown>>()
  #progress: Progress
  /** What the line was last told to remember, and the order in which it is told. */
  #remembered: Progress
  #remembering: Promise<void> = Promise.resolve()

  constructor(session: Session) {
    this.#session = session
    this.#card = new CardExchanges(session)
    this.#progress = session.line.resumed ?? {}
    this.#remembered = this.#progress
  }

  get id(): string {
    return this.#session.line.callId
  }

  get dialled(): string {
    return this.#session.line.dialled
  }

  get callerNumber(): string | undefined {
    return this.#session.line.callerNumber
  }

  get callerAttested(): boolean {
    return this.#session.line.callerAttested ?? false
  }

  get clerks(): Clerks | undefined {
    return this.#session.line.clerks
  }

  get language(): Language {
    return this.#session.language
  }

  get resumed(): Progress | undefined {
    return this.#session.line.resumed
  }

  async speak(language: Language): Promise<void> {
    this.#session.assertTalking()
    this.#session.language = language
    this.#progress = { ...this.#progress, language }
  }

  async say<K extends PhraseKey>(phrase: K, ...[values, options = {}]: SayArguments<K>): Promise<void> {
    const utterance = { phrase, values: values ?? {}, ...(options.slowly && { pace: 'slow' }) } as Utterance
    const interruptible = !options.inFull
    while ((await this.#session.play([utterance], { interruptible })) === 'held') {
      // Said to nobody: say it again now that the caller is back.
    }
    if (options.inFull) this.#session.loseBurst()
  }

  async refuse<K extends PhraseKey>(phrase: K, ...[values]: RefuseArguments<K>): Promise<void> {
    return refuse(this.#session, { phrase, values: values ?? {} })
  }

  async ask<K extends PhraseKey, T>(step: string, question: Question<K, T>): Promise<T> {
    this.#rememberChanges()
    return ask(this.#session, step, question)
  }

  async menu<K extends PhraseKey>(step: string, offered: Menu<K>): Promise<void> {
    return menu(this.#session, step, offered, () => this.#closeIntent())
  }

  async choose<K extends PhraseKey, C extends string>(step: string, choice: Choice<K, C>): Promise<C> {
    return choose(this.#session, step, choice)
  }

  async confirm<K extends PhraseKey>(step: K, ...[values, options = {}]: SayArguments<K>): Promise<boolean> {
    return confirm(this.#session, step, values ?? {}, options)
  }

  async offer<K extends PhraseKey>(step: K, values: Values<K>): Promise<boolean> {
    return offer(this.#session, step, values)
  }

  async intent(name: string, principal: string): Promise<Intent> {
    this.#session.assertTalking()
    const intent = { id: drawIntentId(this.#session.runtime), name, principal }
    this.#progress = { ...this.#progress, intent }
    await this.#remember()
    this.#session.assertTalking()
    this.#session.tell({ event: 'intent', id: intent.id, name })
    return intent
  }

  async during<T>(work: Promise<T>, phrase: PhraseKey = 'one-moment'): Promise<T> {
    const session = this.#session
    const { comfortFirstMs, comfortAgainMs, workMs } = session.limits
    let isSettled = false
    this.#track(work, () => {
      isSettled = true
      session.ring()
    })

    const beganAtMs = session.nowMs
    for (let turn = 0; !(await session.settle(() => isSettled, turn === 0 ? comfortFirstMs : comfortAgainMs)); turn++) {
      const forMs = session.nowMs - beganAtMs
      if (forMs >= workMs) throw new DeadlineExceeded('work in a call', workMs)
      session.tell({ event: 'waiting', forMs })
      if (!session.isOnHold) await session.play([say(comfort(phrase, turn))], { interruptible: false })
    }
    return work
  }

  lengthOf<K extends PhraseKey>(phrase: K, values: Values<K>): number {
    const { speech, language } = this.#session
    return speech.clips(language, { phrase, values } as Utterance).reduce((sumMs, clip) => sumMs + clip.durationMs, 0)
  }

  async hear<K extends PhraseKey>(phrase: K, values: Values<K>, meter: Meter): Promise<HeardOut> {
    const hearing = new Hearing({
      session: this.#session,
      utterance: { phrase, values } as Utterance,
      meter,
      during: work => this.during(work),
      track: work => this.#track(work),
    })
    return hearing.run()
  }

  async sendFrame(frame: Frame, options: SendOptions = {}): Promise<FrameSent> {
    return sendFrame(this.#session, frame, options)
  }

  async receiveFrame(options: ReceiveOptions): Promise<FrameReception> {
    return receiveFrame(this.#session, options)
  }

  async askCard(question: CardQuestion): Promise<CardAsked> {
    this.#session.emptyKeypad()
    return this.#card.ask(question)
  }

  async tellCard(result: CardResult): Promise<boolean> {
    return this.#card.tell(encodeResult(result))
  }

  async waitFor<K extends PhraseKey, T, C extends string>(
    step: string,
    waiting: Waiting<K, T, C>,
  ): Promise<Awaited<T, C>> {
    return waitFor(this.#session, step, waiting)
  }

  async talkWith(clerk: ClerkLeg, how: Talk): Promise<void> {
    return talk(this.#session, clerk, how)
  }

  async hangUp(): Promise<never> {
    return this.#session.end('said-goodbye')
  }

  /** Resolves once nothing that the call began is under way any more. A caller who left never cancels a request. */
  async settled(): Promise<void> {
    await Promise.all([this.#remembering.catch(() => {}), ...this.#unsettled])
  }

  /** The call is not over before it is settled, one way or the other. */
  #track(work: Promise<unknown>, settled = () => {}): void {
    const watched: Promise<unknown> = work
      .catch(() => {})
      .then(() => {
        this.#unsettled.delete(watched)
        settled()
      })
    this.#unsettled.add(watched)
  }

  /** Back at a menu: the outcome of the last request was told, and need not be told again after a crash. */
  #closeIntent(): void {
    const { intent: _, ...rest } = this.#progress
    this.#progress = rest
    this.#rememberChanges()
  }

  /** Only a change costs a request, and nobody waits for it. */
  #rememberChanges(): void {
    const { language, intent } = this.#remembered
    if (this.#progress.language === language && this.#progress.intent?.id === intent?.id) return
    // A caller who left has nothing to remember; any other failure shows at the next `intent`, which is waited for.
    this.#remember().catch(() => {})
  }

  /** Kept in order: the newest progress is the one that stays. */
  #remember(): Promise<void> {
    const progress = this.#progress
    this.#remembered = progress
    this.#remembering = this.#remembering.catch(() => {}).then(() => this.#session.line.remember(progress))
    return this.#remembering
  }
}

function comfort(first: PhraseKey, turn: number): PhraseKey {
  return turn === 0 ? first : turn < 4 ? 'still-working' : 'taking-long'
}
