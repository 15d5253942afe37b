/**
 * Offers what one key accepts, in a sentence that is its own confirmation. Nobody has to hear it: whoever keys before it has been said to its
 * end is keying what they came for, so the offer lapses and their keys stay for the question that follows. So does whoever keys on after the
 * `1`: it was the first digit of a number.
 */
import type { PhraseKey, Utterance } from '../speech/speech.ts'
import { say } from './asking.ts'
import type { KeyPress } from './line.ts'
import type { Session } from './session.ts'
import type { AnswerClass } from './transcript.ts'

/** `keyed-on` is no answer to the offer, but the beginning of one to what is asked next. */
type Reply = 'key-1' | 'key-9' | 'repeat' | 'silence' | 'keyed-on' | 'held'

const classes: readonly AnswerClass[] = ['key-1', 'key-9', 'repeat', 'silence']

/** As `Call.offer`. */
export async function offer<K extends PhraseKey>(session: Session, step: K, values: object): Promise<boolean> {
  for (let round = 0; round < session.limits.rounds; round++) {
    if (session.isTooOld) await session.end('gave-up', say('goodbye.time'))
    session.tell({ event: 'asked', step, classes, secret: false })
    const reply = await put(session, { phrase: step, values } as Utterance)
    if (reply === 'held') continue
    session.tell({ event: 'answered', step, answer: reply })
    if (reply !== 'repeat') return reply === 'key-1'
  }
  return false
}

async function put(session: Session, utterance: Utterance): Promise<Reply> {
  const played = await session.play([utterance], { interruptible: true })
  if (played !== 'finished') return played === 'cut' ? 'keyed-on' : played
  const saidAtMs = session.nowMs
  const { timesHeld } = session
  await session.settle(() => next(session) !== undefined || session.isOnHold, session.limits.answer.offerMs)
  if (session.timesHeld !== timesHeld) {
    await session.untilBack()
    return 'held'
  }
  const press = next(session)
  if (press === undefined) return 'silence'
  const reply = press.beganAtMs < saidAtMs ? 'keyed-on' : (replies.get(press.key) ?? 'keyed-on')
  if (reply === 'keyed-on' || (reply === 'key-1' && (await keysOn(session)))) return 'keyed-on'
  session.keypad.take()
  session.keypad.fixedLengthEntryEnded(press)
  return reply
}

/** Whether another digit follows. A `#` is the habit of ending whatever one keys. */
async function keysOn(session: Session): Promise<boolean> {
  await session.settle(() => session.keypad.second !== undefined, session.limits.answer.wholeMs)
  const { second } = session.keypad
  return second !== undefined && second.key !== '#'
}

const replies: ReadonlyMap<string, Reply> = new Map([
  ['1', 'key-1'],
  ['9', 'key-9'],
  ['*', 'repeat'],
])

const next = ({ keypad }: Session): KeyPress | undefined => keypad.next
