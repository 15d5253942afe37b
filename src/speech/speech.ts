/**
 * The speech room's door: phrases in, clips or text out. `openSpeech` joins a catalogue with a voice and proves that the
 * voice can say all of it.
 */

import { type Language, languages, type SpokenName } from '../languages.ts'
import { type Catalogue, isOfPages, type Phrase } from './catalogue.ts'
import { fragmentsOf, grammars, nameText, type Spoken, spoken, wordText } from './spoken.ts'
import type { Clip, Speech, Utterance } from './utterance.ts'
import { silence, silenceOfAtLeast, type Voice } from './voice.ts'
import { type SpokenWork, workTexts } from './work.ts'
import { written } from './written.ts'

export type { Language, SpokenName } from '../languages.ts'
export { type Catalogue, loadCatalogue } from './catalogue.ts'
export {
  type Clip,
  type PhraseKey,
  type Speech,
  type Utterance,
  utterance,
  type Values,
} from './utterance.ts'
export { silence, silentVoice, type Voice } from './voice.ts'
export type { SpokenWork } from './work.ts'

/** Raised at start-up when clips are missing: the prompts were rendered from another catalogue. */
export class VoiceIncomplete extends Error {
  constructor(missing: readonly string[]) {
    super(
      `${missing.length} clip(s) are not rendered, such as ${missing.slice(0, 3).join(' and ')}; render the prompts`,
    )
    this.name = 'VoiceIncomplete'
  }
}

/**
 * Speech from a catalogue and a voice. Throws `VoiceIncomplete` unless every fragment, every word and every sentence of the
 * works has its clip.
 */
export function openSpeech({
  catalogue,
  voice,
  works = [],
}: {
  catalogue: Catalogue
  voice: Voice
  works?: readonly SpokenWork[]
}): Speech {
  const missing = languages.flatMap(language =>
    [...textsOf(catalogue, language), ...works.flatMap(work => workTexts(work[language]))]
      .filter(text => !voice.clip(language, text))
      .map(text => `${language} "${text}"`),
  )
  if (missing.length > 0) throw new VoiceIncomplete(missing)

  return {
    clips: (language, utterance) => {
      const values = utterance.values as Values
      const whole = phraseOf(catalogue, language, utterance)
      const phrase = canName(voice, language, whole, values)
        ? whole
        : (catalogue[language].get(`${whole.key}.unnamed`) ?? whole)
      return spoken(language, phrase, values, utterance.pace).flatMap(piece => clipsOf(voice, language, piece))
    },
    text: (language, utterance, options = {}) =>
      written(language, phraseOf(catalogue, language, utterance), utterance.values as Values, options),
    has: phrase => languages.every(language => catalogue[language].has(phrase)),
  }
}

type Values = Readonly<Record<string, unknown>>

/** Every text that a language's phrases and grammar need a clip for. Proper names come on top. */
export function textsOf(catalogue: Catalogue, language: Language): string[] {
  const phrases = [...catalogue[language].values()].filter(({ key }) => !isOfPages(key))
  const fragments = phrases.flatMap(fragmentsOf)
  return [...new Set([...fragments, ...grammars[language].vocabulary.map(wordText)])]
}

/** Every text that the names need a clip for. */
export function nameTexts(names: readonly SpokenName[], language: Language): string[] {
  return [...new Set(names.map(name => nameText(name[language])))]
}

function phraseOf(catalogue: Catalogue, language: Language, { phrase: key }: Utterance): Phrase {
  const phrase = catalogue[language].get(key)
  if (!phrase) throw new RangeError(`no phrase ${key} in ${language}`)
  return phrase
}

/** Whether every name in the phrase has a clip. Names are rendered while calls go on: one that is new may not have it yet. */
function canName(voice: Voice, language: Language, { parts }: Phrase, values: Values): boolean {
  return parts.every(part => {
    if (!('slot' in part) || part.kind !== 'name') return true
    return voice.clip(language, nameText((values[part.slot] as SpokenName)[language])) !== undefined
  })
}

function clipsOf(voice: Voice, language: Language, piece: Spoken): readonly Clip[] {
  if ('pauseMs' in piece) return [silence(piece.pauseMs)]
  const clip = voice.clip(language, piece.say)
  // Only a proper name can be missing here: everything else was proved when speech was opened.
  if (!clip) return []
  return [clip, ...silenceOfAtLeast((piece.fillMs ?? 0) - clip.durationMs)]
}
