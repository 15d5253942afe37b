/**
 * Asks one question until it is answered. Silence and wrong answers are counted apart, each retry says more, the third
 * failure of a kind says goodbye.
 *
 *   asked ──▶ listen ──1 settled──────────────────────▶ its value
 *     ▲         ├─2 back ─────────────────────────────▶ WentBack
 *     │         ├─3 turned away ──▶ sentence ──────────▶ its value
 *     │         ├─4 repeat, help, start again, unhold, a talk with a clerk ──┐
 *     │         ├─5 silence ──▶ third? ──▶ goodbye      │
 *     │         └─6 mistake ──▶ third? ──▶ goodbye      │
 *     └─7────────── keypad emptied, sentence first ◀────┘
 *
 * After silence the keypad is left as it is: who was a moment late is answered, and not asked again. After a mistake, and before a question that no caller can foresee, the rest of a burst of keys is lost, too.
 */
import type { Language, PhraseKey, Utterance } from '../speech/speech.ts'
import { type Sentence, WentBack } from './call.ts'
import type { Played, Session } from './session.ts'
import type { AnswerClass } from './transcript.ts'

export interface Asked {
  readonly step: string
  readonly phrase: PhraseKey
  readonly values: object
  /** What explains the question after two failures. */
  readonly help: PhraseKey
  /** Every way in which it can be answered, each time that it is put. */
  readonly classes: () => readonly AnswerClass[]
  readonly secret?: boolean
  /** Only a key pressed after the prompt began counts, and none that follows closely on earlier ones. */
  readonly freshKeys?: boolean
  /** Only a key pressed after the prompt ended counts. */
  readonly inFull?: boolean
  /** All that belongs to this question is said in each of these in turn; in the call's language otherwise. */
  readonly languages?: readonly Language[] | undefined
}

/** What came of listening once. */
export type Heard<T> =
  | { readonly answer: AnswerClass; readonly settled: T }
  /** Refused, and not asked again here: after the sentence the script goes on with this value. */
  | { readonly answer: AnswerClass; readonly settled: T; readonly sentence: Sentence }
  | { readonly answer: AnswerClass; readonly again: 'silence' | 'mistake' | 'free'; readonly sentences: Escalation }
  /** Something else comes first, and then the question again. */
  | { readonly answer: AnswerClass; readonly aside: () => Promise<void> }
  | { readonly answer: 'back'; readonly back: true }
  | 'held'

/** What is said before the question is put again, by how often this has happened: 1 or 2. */
export type Escalation = (times: 1 | 2) => readonly Sentence[]

export const nothing: Escalation = () => []

/** `silence.1`, then `silence.2`. */
export const escalating =
  (phrase: 'silence' | 'wrong-key' | 'too-short' | 'too-long'): Escalation =>
  times => [{ phrase: `${phrase}.${times}`, values: {} }]

export async function untilAnswered<T>(session: Session, asked: Asked, listen: () => Promise<Heard<T>>): Promise<T> {
  const { step, classes, secret = false, inFull = false, freshKeys = false } = asked
  const failures = { silence: 0, mistake: 0 }
  let first: readonly Sentence[] = []
  let isBurstLost = false
  let wasSilent = false

  for (let round = 0; round < session.limits.rounds; round++) {
    if (session.isTooOld) await session.end('gave-up', say('goodbye.time'))
    if (isBurstLost || freshKeys || inFull) session.loseBurst()
    // A key that came just after the time was up is an answer to this question, which is the same one.
    else if (round > 0 && !wasSilent) session.emptyKeypad()
    session.tell({ event: 'asked', step, classes: classes(), secret })

    const utterances = [...first, ...wording(session, asked, failures.silence + failures.mistake)] as Utterance[]
    first = []
    if ((await put(session, asked, utterances)) === 'held') continue
    if (inFull) session.loseBurst()

    const heard = await listen()
    if (heard === 'held') continue
    session.tell({ event: 'answered', step, answer: heard.answer })
    isBurstLost = isMistake(heard.answer)
    wasSilent = heard.answer === 'silence'
    if ('sentence' in heard) await refuse(session, heard.sentence)
    if ('settled' in heard) return heard.settled
    if ('back' in heard) throw new WentBack()
    if ('aside' in heard) {
      await heard.aside()
      isBurstLost = true
      continue
    }
    if (heard.again === 'free') {
      first = heard.sentences(1)
      continue
    }
    const times = ++failures[heard.again]
    if (times >= session.limits.failures) return giveUp(session, asked, heard.again, heard.sentences(2))
    first = heard.sentences(times === 1 ? 1 : 2)
    if (heard.again === 'silence' && times > 1 && mayHaveLostKeys(session))
      first = [{ phrase: 'silence.no-keys', values: {} }]
  }
  return giveUp(session, asked, 'mistake', [])
}

/** Says why something is not done. Whatever was keyed before the caller could hear it was meant for something else. */
export async function refuse(session: Session, sentence: Sentence): Promise<void> {
  session.loseBurst()
  while ((await session.play([sentence as Utterance], { interruptible: true })) === 'held') {
    // Said to nobody: say it again now that the caller is back.
  }
}

function isMistake(answer: AnswerClass): boolean {
  return /^(too-|wrong-key|refused-)/.test(answer)
}

/** A key cuts it short in whichever language it is being said, and in those that would follow. */
async function put(session: Session, { languages, inFull }: Asked, utterances: readonly Utterance[]): Promise<Played> {
  for (const language of languages ?? [session.language]) {
    session.language = language
    const played = await session.play(utterances, { interruptible: !inFull })
    if (played !== 'finished') return played
  }
  return 'finished'
}

/** First the question; after a failure `….again`, which says more; after two failures the help and the question. */
function wording(session: Session, { phrase, values, help }: Asked, failures: number): Sentence[] {
  if (failures === 0) return [{ phrase, values }]
  const again = `${phrase}.again`
  if (failures === 1) return [{ phrase: session.speech.has(again) ? (again as PhraseKey) : phrase, values }]
  return [
    { phrase: help, values: {} },
    { phrase, values },
  ]
}

async function giveUp(
  session: Session,
  { languages = [session.language] }: Asked,
  kind: 'silence' | 'mistake',
  because: readonly Sentence[],
): Promise<never> {
  // A refusal of the bank's or merchant's own (blocked, too little) must be heard before we say goodbye.
  const own = because.filter(({ phrase }) => !/^(silence|wrong-key|too-short|too-long)\.2$/.test(phrase))
  session.loseBurst()
  if (session.isAside) {
    for (const sentence of own) await refuse(session, sentence)
    throw new WentBack()
  }
  const goodbye = say(kind === 'silence' ? silenceGoodbye(session) : 'goodbye.mistakes')
  for (const language of languages) {
    session.language = language
    if (own.length > 0) await session.play(own as Utterance[], { interruptible: false })
    if (language !== languages.at(-1)) await session.play([goodbye], { interruptible: false })
  }
  return session.end('gave-up', goodbye)
}

function silenceGoodbye(session: Session): PhraseKey {
  return mayHaveLostKeys(session) ? 'phone.no-keys' : 'goodbye.silence'
}

/** From a telephone that may lose its keys, and has not sent one in this call, silence is rather a wrong setting. */
function mayHaveLostKeys({ line, keysSoFar }: Session): boolean {
  return line.mayLoseKeys === true && keysSoFar === 0
}

export function say(phrase: PhraseKey): Utterance {
  return { phrase, values: {} } as Utterance
}
