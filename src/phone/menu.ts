/** Questions that one key answers: a choice, a menu that is offered until the caller has had enough, yes or no. */
import type { PhraseKey } from '../speech/speech.ts'
import { type Asked, escalating, type Heard, nothing, say, untilAnswered } from './asking.ts'
import { type Choice, type Menu, type MenuKey, type SayOptions, WentBack } from './call.ts'
import type { AnswerTimes } from './call-limits.ts'
import type { Session } from './session.ts'
import type { AnswerClass } from './transcript.ts'

/** One key: what it leads to, and which class of answer it is. */
type Keys<T> = ReadonlyMap<string, Heard<T>>

/** As `Call.choose`. */
export function choose<K extends PhraseKey, C extends string>(
  session: Session,
  step: string,
  { phrase, values, help = 'help.keys', choices, times, languages, unforeseen = false }: Choice<K, C>,
): Promise<C> {
  const keys = new Map<string, Heard<C>>([['9', { answer: 'back', back: true }]])
  for (const [key, choice] of entries(choices)) keys.set(key, { answer: `key-${key}`, settled: choice })
  const asked = { step, phrase, values: values ?? {}, help, languages, freshKeys: unforeseen }
  return oneKey(session, asked, keys, times)
}

/** As `Call.menu`. `onOffered` is told each time that the menu is put: whatever was chosen before is done with. */
export async function menu<K extends PhraseKey>(
  session: Session,
  step: string,
  offered: Menu<K>,
  onOffered: () => void,
): Promise<void> {
  const { phrase, values, help = 'help.keys', back = false, choices, times } = offered
  const keys = new Map<string, Heard<() => Promise<unknown>>>()
  for (const [key, action] of entries(choices)) keys.set(key, { answer: `key-${key}`, settled: action })
  if (back) keys.set('9', { answer: 'back', settled: async () => 'leave' })

  for (;;) {
    onOffered()
    const action = await oneKey(session, { step, phrase, values: values ?? {}, help }, keys, times)
    try {
      if ((await action()) === 'leave') return
    } catch (left) {
      if (!(left instanceof WentBack)) throw left
    }
  }
}

/** As `Call.confirm`: keys pressed before the reading back began, or before its end if `inFull`, never answer it. */
export function confirm<K extends PhraseKey>(
  session: Session,
  step: K,
  values: object,
  { inFull = false, times }: SayOptions,
): Promise<boolean> {
  const keys = new Map<string, Heard<boolean>>([
    ['1', { answer: 'key-1', settled: true }],
    ['9', { answer: 'key-9', settled: false }],
  ])
  return oneKey(session, { step, phrase: step, values, help: 'help.keys', freshKeys: true, inFull }, keys, times)
}

function oneKey<T>(
  session: Session,
  asked: Omit<Asked, 'classes'> & { help: PhraseKey },
  keys: Keys<T>,
  times: Partial<AnswerTimes> | undefined,
): Promise<T> {
  // Whoever has not chosen a language yet could not be spoken to.
  const assistance = asked.languages === undefined ? session.assistance : undefined
  let isHelped = false
  const meanings = () =>
    new Map<string, Heard<T>>([
      ['*', { answer: 'repeat', again: 'free', sentences: nothing }],
      ['0', assistance && isHelped ? { answer: 'clerk', aside: assistance } : helping(asked.help, assistance)],
      ...keys,
    ])
  const classes = (): AnswerClass[] => {
    const known = [...meanings().values()].flatMap(heard => (heard === 'held' ? [] : [heard.answer]))
    return [...known, 'silence', 'wrong-key']
  }
  const { firstKeyMs } = { ...session.limits.answer, ...times }

  return untilAnswered(session, { ...asked, classes }, async () => {
    const press = await session.nextKey(session.nowMs + firstKeyMs)
    if (press === 'held') return 'held'
    if (press === 'timeout') return { answer: 'silence', again: 'silence', sentences: escalating('silence') }
    session.keypad.fixedLengthEntryEnded(press)
    const wrong = { answer: 'wrong-key', again: 'mistake', sentences: escalating('wrong-key') } as const
    const heard = meanings().get(press.key) ?? wrong
    isHelped = heard !== 'held' && heard.answer === 'help'
    return heard
  })
}

/** Where there are clerks the explanation ends with how one is reached. */
function helping(help: PhraseKey, assistance: unknown): Heard<never> {
  const sentences = assistance === undefined ? [say(help)] : [say(help), say('care.offer')]
  return { answer: 'help', again: 'free', sentences: () => sentences }
}

function entries<V>(choices: Partial<Record<MenuKey, V>>): [MenuKey, V][] {
  return Object.entries(choices) as [MenuKey, V][]
}
