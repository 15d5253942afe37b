/**
 * What can be said to a caller, and what saying it yields: the public types of the speech room. A script names a phrase
 * of the catalogue and gives its values; the compiler checks both against `prompts/en.yaml` through `phrases.ts`.
 */

import type { Language } from '../languages.ts'
import type { Phrases } from './phrases.ts'

export type { Language } from '../languages.ts'

export type PhraseKey = keyof Phrases

/** One phrase and what to put into its slots. Plain data, but for `Secret`. */
export type Utterance = {
  [K in PhraseKey]: { readonly phrase: K; readonly values: Phrases[K]; readonly pace?: Pace }
}[PhraseKey]

/** How fast groups of digits are told: so that one can write them down, or slower, for whoever could not. */
export type Pace = 'to write' | 'slow'

/** What a phrase's slots take: `{ readonly balance: Money }`; no keys at all for a phrase without slots. */
export type Values<K extends PhraseKey> = Phrases[K]

/** `utterance('balance.told', { balance })`. A phrase without slots takes `{}`. */
export function utterance<K extends PhraseKey>(phrase: K, values: Values<K>): Utterance {
  // The pair is consistent by the signature; TypeScript cannot see a generic member of a union as the union.
  return { phrase, values } as unknown as Utterance
}

/** A rendered sound. */
export interface Clip {
  /** Below the `tonebank/` sound folder, without extension: `en/4f09ab12cd`. */
  readonly name: string
  readonly durationMs: number
}

export interface TextOptions {
  /** Writes secrets out. Only for the console, which has no other way to tell them; never for a log or a transcript. */
  readonly reveal?: boolean
}

export interface Speech {
  /**
   * The clips to play, in order. A name that has no clip yet is left out: `….unnamed` is said instead, where the catalogue has
   * it. Throws when a value is outside what can be spoken.
   */
  clips(language: Language, utterance: Utterance): readonly Clip[]
  /** What a person would read: numbers in figures, secrets as `•••` unless `reveal` is set. */
  text(language: Language, utterance: Utterance, options?: TextOptions): string
  /** Whether the catalogue has this phrase: a question may have an `….again` that says more. */
  has(phrase: string): boolean
}
