/**
 * Asks for digits. How an entry is keyed in and how it ends:
 *
 *   prompt ──▶ first key ┬─1 none ────────────────────▶ silence
 *                        ├─2 * ───────────────────────▶ repeat, or back where # is an answer
 *                        ├─3 # ───────────────────────▶ back, or an answer of its own
 *                        └─4 digit ▶ ┌────────────┐
 *                          ┌────────▶│  keying in │─6 * (no amount) ─▶ start again
 *                          └5 digit, * in an amount┘
 *                                     │ 7 the last of a fixed length, #, a pause, or the overall limit
 *                                     ▼
 *                       too short / too long / the entry
 */
import type { PhraseKey } from '../speech/speech.ts'
import { escalating, type Heard, nothing, untilAnswered } from './asking.ts'
import type { Judged, Question } from './call.ts'
import type { AnswerTimes } from './call-limits.ts'
import type { Session } from './session.ts'
import type { AnswerClass } from './transcript.ts'

type Entry = { readonly keys: string } | 'held' | 'silence' | 'star' | 'hash' | 'start-again'

/** What is asked for, whatever is made of the answer. */
type Shape = Pick<
  Question<PhraseKey, unknown>,
  'digits' | 'whole' | 'amount' | 'secret' | 'hashAlone' | 'refusals' | 'times'
>

export function ask<K extends PhraseKey, T>(session: Session, step: string, question: Question<K, T>): Promise<T> {
  assertAskable(step, question)
  const { phrase, values = {}, secret = false } = question
  const classes = classesOf(question)
  const asked = { step, phrase, values, secret, help: 'help.keys' as const, classes: () => classes }
  return untilAnswered(session, asked, () => listen(session, question))
}

async function listen<K extends PhraseKey, T>(session: Session, question: Question<K, T>): Promise<Heard<T>> {
  const entry = await keyIn(session, question)
  switch (entry) {
    case 'held':
      return 'held'
    case 'silence':
      return { answer: entry, again: 'silence', sentences: escalating('silence') }
    case 'hash':
      return question.hashAlone ? { answer: 'hash-alone', settled: question.hashAlone() } : goneBack
    case 'star':
      return question.hashAlone ? goneBack : { answer: 'repeat', again: 'free', sentences: nothing }
    case 'start-again':
      return { answer: entry, again: 'free', sentences: nothing }
    default:
      return judge(entry.keys, question)
  }
}

const goneBack = { answer: 'back', back: true } as const

/** An entry of the wrong length never reaches `accept`: it is a slip of the finger, not a try. */
async function judge<K extends PhraseKey, T>(keys: string, question: Question<K, T>): Promise<Heard<T>> {
  const { min, max } = question.digits
  const length = keys.replaceAll('*', '').length
  if (length < min) return { answer: 'too-short', again: 'mistake', sentences: escalating('too-short') }
  if (length > max) return { answer: 'too-long', again: 'mistake', sentences: escalating('too-long') }

  const verdict: Judged<T> = await question.accept(keys)
  if (verdict.verdict === 'accepted') return { answer: 'valid', settled: verdict.value }
  const { refusal, sentence } = verdict
  if (verdict.verdict === 'turned-away') return { answer: `refused-${refusal}`, settled: verdict.value, sentence }
  const { free } = verdict
  return { answer: `refused-${refusal}`, again: free ? 'free' : 'mistake', sentences: () => [sentence] }
}

async function keyIn(session: Session, { digits, whole, amount = false, times }: Shape): Promise<Entry> {
  const { firstKeyMs, interKeyMs, wholeMs, overallMs }: AnswerTimes = { ...session.limits.answer, ...times }
  const endsAtMs = session.nowMs + overallMs
  const isFixed = digits.min === digits.max && !amount
  let keys = ''

  for (;;) {
    const pauseMs = keys === '' ? firstKeyMs : keys.length === whole ? wholeMs : interKeyMs
    const press = await session.nextKey(Math.min(session.nowMs + pauseMs, endsAtMs))
    if (press === 'held') return 'held'
    if (press === 'timeout') return keys === '' ? 'silence' : { keys }

    const { key } = press
    if (key === '#') return keys === '' ? 'hash' : { keys }
    if (key === '*' && keys === '') return 'star'
    if (key === '*' && !amount) return 'start-again'
    keys += key
    if (isFixed && keys.length === digits.max) {
      session.keypad.fixedLengthEntryEnded(press)
      return { keys }
    }
    // Far too long already: no need to remember more of it, but it still ends as any entry does.
    keys = keys.slice(0, 2 * digits.max + 8)
  }
}

/** Every way in which this question can be answered, and none that cannot happen. */
function classesOf({ digits: { min, max }, amount = false, hashAlone, refusals = [] }: Shape): AnswerClass[] {
  const classes: AnswerClass[] = ['valid', 'silence', hashAlone ? 'hash-alone' : 'repeat', 'back']
  if (min > 1) classes.push('too-short')
  if (min !== max || amount) classes.push('too-long')
  if (!amount && max > 1) classes.push('start-again')
  return [...classes, ...refusals.map(refusal => `refused-${refusal}` as const)]
}

function assertAskable(step: string, { digits: { min, max } }: Shape): void {
  if (!(min >= 1 && max >= min && max <= 40)) throw new RangeError(`${step}: cannot ask for ${min} to ${max} digits`)
}
