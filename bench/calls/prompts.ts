/** The prompts that a caller of the benchmark hears at the bank, as clips: the reference plays the very same files. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Money } from '../../src/money.ts'
import {
  type Clip,
  type Language,
  type PhraseKey,
  type Speech,
  type SpokenName,
  silence,
  type Utterance,
} from '../../src/speech/speech.ts'

/** What is heard after each answer, and before the first. */
export interface HeardPrompts {
  readonly greeting: readonly Clip[]
  /** By the step whose answer it follows. */
  readonly after: Readonly<Record<'language' | 'account' | 'pin' | 'menu', readonly Clip[]>>
}

export interface Told {
  readonly bank: SpokenName
  /** All customers of the benchmark share a name and a balance, so that the dialplan can say them. */
  readonly customer: SpokenName
  readonly balance: Money
}

/** As `ivr/bank/bank-line.ts` says them: if that changes, calls fail here because a prompt is never heard. */
export function heardPrompts(speech: Speech, { bank, customer, balance }: Told): HeardPrompts {
  const say = (language: Language, phrase: PhraseKey, values: object = {}) =>
    speech.clips(language, { phrase, values } as Utterance)
  const menu = say('en', 'bank.menu')
  return {
    greeting: [
      silence(500),
      ...say('en', 'bank.welcome', { institution: bank }),
      ...say('zh', 'bank.welcome', { institution: bank }),
      ...say('en', 'language.choose'),
      ...say('zh', 'language.choose'),
    ],
    after: {
      language: say('en', 'sign-in.account'),
      account: say('en', 'sign-in.pin'),
      pin: [...say('en', 'sign-in.hello', { customer }), ...menu],
      menu: [...say('en', 'balance.told', { balance }), ...menu],
    },
  }
}

/**
 * How each prompt begins, in A-law: what shows in a capture that it has begun. Throws when two begin alike within `bytes`,
 * as one would be taken for the other.
 */
export function beginnings(prompts: HeardPrompts, soundsFolder: string, bytes: number): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>()
  for (const [step, clips] of Object.entries(prompts.after)) {
    const file = join(soundsFolder, `${clips[0]?.name}.alaw`)
    found.set(step, readFileSync(file).subarray(0, bytes))
  }
  if (new Set([...found.values()].map(bytes => bytes.toString('hex'))).size < found.size) {
    throw new Error('two prompts begin alike: what a caller heard could not be told apart')
  }
  return found
}
