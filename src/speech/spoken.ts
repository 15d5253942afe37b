/** From a phrase and its values to what is spoken in order: texts that each have a clip, and the pauses between them. */

import type { Language } from '../languages.ts'
import type { Part, Phrase } from './catalogue.ts'
import { english } from './grammar/en.ts'
import { type Grammar, readDate, readTime } from './grammar/grammar.ts'
import { mandarin } from './grammar/zh.ts'
import type { SlotKind, SlotValues } from './slot-values.ts'
import type { Pace } from './utterance.ts'
import type { silence } from './voice.ts'
import { workTexts } from './work.ts'

type PauseMs = Parameters<typeof silence>[0]

export type Spoken =
  /** `fillMs`: with the silence that follows it, the clip lasts at least this long. */
  { readonly say: string; readonly fillMs?: number } | { readonly pauseMs: PauseMs }

export const grammars: Readonly<Record<Language, Grammar>> = { en: english, zh: mandarin }

const breathMs = 100
const commaMs = 200
const sentenceMs = 350

/**
 * From the start of a digit to that of the next within a group of four, and the silences after a group: a hand writes
 * about two digits a second, and then looks up.
 */
const paces: Readonly<Record<Pace, { readonly digitMs: number; readonly groupMs: readonly PauseMs[] }>> = {
  'to write': { digitMs: 450, groupMs: [1000] },
  slow: { digitMs: 750, groupMs: [1000, 1000] },
}

/**
 * What a stretch of text between two slots is rendered as: its words, ended so that the voice stays up before a slot and
 * comes down at the end; and the pauses that its outer punctuation asks for. Undefined when it is punctuation only.
 */
function fragment(text: string, beforeSlot: boolean): { before?: PauseMs; say?: string; after?: PauseMs } {
  const [, lead = '', words = '', tail = ''] = /^([\s\p{P}]*)(.*?)([\s.,:;!?。，：；！？、]*)$/su.exec(text) ?? []
  const before = pauseOf(lead)
  if (words === '') return before || pauseOf(tail) ? { before: before ?? pauseOf(tail) ?? breathMs } : {}
  const after = beforeSlot ? pauseOf(tail) : undefined
  const say = words + (beforeSlot ? ',' : tail.trim() || '.')
  return { ...(before && { before }), say, ...(after && { after }) }
}

function pauseOf(punctuation: string): PauseMs | undefined {
  if (/[.!?。！？]/.test(punctuation)) return sentenceMs
  return /[,:;，：；、]/.test(punctuation) ? commaMs : undefined
}

/** The parts of a phrase that are rendered for it alone, in the order in which they are spoken. */
export function fragmentsOf(phrase: Phrase): string[] {
  return phrase.parts.flatMap((part, index) => {
    const say = 'text' in part ? fragment(part.text, index < phrase.parts.length - 1).say : undefined
    return say === undefined ? [] : [say]
  })
}

/** How a proper name is rendered: with the contour of something that goes on, as names stand in mid-sentence. */
export const nameText = (name: string): string => `${name},`

/** How a word of a grammar is rendered: level, as it may stand anywhere in a number. */
export const wordText = (word: string): string => `${word},`

/** Everything to speak for `phrase`, in order. `values` holds one value per slot, of the slot's kind. */
export function spoken(
  language: Language,
  phrase: Phrase,
  values: Readonly<Record<string, unknown>>,
  pace: Pace = 'to write',
): Spoken[] {
  return phrase.parts.flatMap((part, index) => {
    if ('slot' in part) return speakers[part.kind](language, slotValue(part, values) as never, pace)
    const { before, say, after } = fragment(part.text, index < phrase.parts.length - 1)
    return [...pause(before), ...(say === undefined ? [] : [{ say }]), ...pause(after)]
  })
}

function pause(ms: PauseMs | undefined): Spoken[] {
  return ms === undefined ? [] : [{ pauseMs: ms }]
}

export function slotValue(part: Extract<Part, { slot: string }>, values: Readonly<Record<string, unknown>>): unknown {
  const value = values[part.slot]
  if (value === undefined) throw new TypeError(`no value for slot ${part.slot}`)
  return value
}

const words = (list: readonly string[]): { readonly say: string }[] => list.map(word => ({ say: wordText(word) }))

type Speakers = { readonly [K in SlotKind]: (language: Language, value: SlotValues[K], pace: Pace) => Spoken[] }

const speakers: Speakers = {
  amount: (language, value) => words(grammars[language].amount(value)),
  amounts: speakAmounts,
  digits: (language, value) => words(grammars[language].digits(plain(value))),
  groups: speakGroups,
  number: (language, value) => words(grammars[language].number(BigInt(value))),
  date: (language, value) => words(grammars[language].date(readDate(value))),
  longdate: (language, value) => words(grammars[language].longdate(readDate(value))),
  time: (language, value) => words(grammars[language].time(readTime(value))),
  name: (language, value) => [{ say: nameText(value[language]) }],
  work: (language, value) =>
    workTexts(value[language]).flatMap((say, index) => [...pause(index === 0 ? undefined : sentenceMs), { say }]),
}

function speakAmounts(language: Language, amounts: SlotValues['amounts']): Spoken[] {
  if (amounts.length < 1 || amounts.length > 12) throw new RangeError('one to twelve amounts can be spoken as a choice')
  const grammar = grammars[language]
  return amounts.flatMap((amount, index) => [
    ...pause(index === 0 ? undefined : commaMs),
    ...words(index > 0 && index === amounts.length - 1 ? [grammar.or] : []),
    ...words(grammar.amount(amount)),
  ])
}

function speakGroups(language: Language, value: SlotValues['groups'], pace: Pace): Spoken[] {
  const { digitMs, groupMs } = paces[pace]
  return groupsOf(plain(value)).flatMap((group, index) => [
    ...(index === 0 ? [] : groupMs.map(pauseMs => ({ pauseMs }))),
    ...words(grammars[language].digits(group)).map(word => ({ ...word, fillMs: digitMs })),
  ])
}

/** `123456` → `1234`, `56`. */
export function groupsOf(digits: string): string[] {
  return digits.match(/.{1,4}/gs) ?? []
}

/** The one place where a secret is opened to be spoken: it becomes digit clips, and nothing is kept. */
function plain(value: SlotValues['digits']): string {
  return typeof value === 'string' ? value : value.reveal()
}
