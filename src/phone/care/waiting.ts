/** Waits for something that may take minutes: a sentence now and then, and keys by which the caller goes their own way. As `Call.waitFor`. */
import type { PhraseKey, Utterance } from '../../speech/speech.ts'
import { say } from '../asking.ts'
import { type Awaited, type Waiting, WentBack } from '../call.ts'
import type { Session } from '../session.ts'
import type { AnswerClass } from '../transcript.ts'

type Work<T> = { readonly value: T } | { readonly failure: unknown }

export async function waitFor<K extends PhraseKey, T, C extends string>(
  session: Session,
  step: string,
  { phrase, work, choices, meanwhile, everyMs }: Waiting<K, T, C>,
): Promise<Awaited<T, C>> {
  let done: Work<T> | undefined
  const note = (what: Work<T>) => {
    done = what
    session.ring()
  }
  work.then(
    value => note({ value }),
    failure => note({ failure }),
  )
  const isOver = () => done !== undefined
  const isReady = () => isOver() || session.keypad.next !== undefined
  const keys = Object.keys(choices).map((key): AnswerClass => `key-${key}`)
  const classes: readonly AnswerClass[] = [...keys, 'back', 'repeat', 'came']

  session.loseBurst()
  for (let round = 0; ; round++) {
    if (round === 0) session.tell({ event: 'asked', step, classes, secret: false })
    const utterance = round === 0 ? say(phrase) : (meanwhile() as Utterance)
    await session.play([utterance], { interruptible: true, isOver })
    await session.settle(isReady, everyMs)
    if (done !== undefined) {
      session.tell({ event: 'answered', step, answer: 'came' })
      if ('failure' in done) throw (done as { failure: unknown }).failure
      return { came: (done as { value: T }).value }
    }
    const press = session.keypad.take()
    if (press === undefined) continue
    const choice = (choices as Readonly<Record<string, C>>)[press.key]
    const answer = choice !== undefined ? (`key-${press.key}` as AnswerClass) : press.key === '9' ? 'back' : 'repeat'
    session.tell({ event: 'answered', step, answer })
    if (choice !== undefined) return { chose: choice }
    if (answer === 'back') throw new WentBack()
    round = -1
  }
}
