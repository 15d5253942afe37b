/** From a phrase and its values to what a person reads on a console or a caption. Secrets stay masked unless asked for. */

import type { Language } from '../languages.ts'
import { formatMoney, type Money } from '../money.ts'
import type { Phrase } from './catalogue.ts'
import { assertSpeakable, readDate, readTime } from './grammar/grammar.ts'
import type { SlotKind, SlotValues } from './slot-values.ts'
import { groupsOf, slotValue } from './spoken.ts'
import type { TextOptions } from './utterance.ts'

/** The text of `phrase` with its values filled in. `own`: how the reader wants values of some kinds written. */
export function written(
  language: Language,
  phrase: Phrase,
  values: Readonly<Record<string, unknown>>,
  options: TextOptions,
  own: Partial<Writers> = {},
): string {
  return phrase.parts
    .map(part =>
      'slot' in part
        ? (own[part.kind] ?? writers[part.kind])(language, slotValue(part, values) as never, options)
        : withoutPinyin(part.text),
    )
    .join('')
}

/** Takes out the readings that only the synthesiser needs: `重[chong2]新` → `重新`. */
function withoutPinyin(text: string): string {
  return text.replace(/\[[a-z]+[1-5]\]/g, '')
}

export type Writers = {
  readonly [K in SlotKind]: (language: Language, value: SlotValues[K], options: TextOptions) => string
}

const writers: Writers = {
  amount: writeAmount,
  amounts: (language, values) =>
    choice(
      language,
      values.map(value => writeAmount(language, value)),
    ),
  digits: (_, value, options) => shown(value, options),
  groups: (_, value, options) =>
    typeof value === 'string' || options.reveal ? groupsOf(shown(value, options)).join(' ') : shown(value, options),
  number: (_, value) => {
    assertSpeakable(BigInt(value))
    return String(value)
  },
  date: (language, value) => writeDate(language, value, false),
  longdate: (language, value) => writeDate(language, value, true),
  time: (_, value) => {
    readTime(value)
    return value
  },
  name: (language, value) => value[language],
  work: (language, value) => withoutPinyin(value[language].text),
}

function writeAmount(language: Language, amount: Money): string {
  const figures = formatMoney(amount).replace(/ CNY$/, '').replace(/\.00$/, '')
  return language === 'en' ? `${figures} yuan` : `${figures}元`
}

function choice(language: Language, texts: readonly string[]): string {
  if (texts.length < 2) return texts.join('')
  const [comma, or] = language === 'en' ? [', ', ' or '] : ['、', '或']
  return `${texts.slice(0, -1).join(comma)}${or}${texts.at(-1)}`
}

function shown(value: SlotValues['digits'], { reveal }: TextOptions): string {
  return typeof value !== 'string' && reveal ? value.reveal() : String(value)
}

function writeDate(language: Language, iso: string, withYear: boolean): string {
  const { year, month, day } = readDate(iso)
  if (language === 'zh') return `${withYear ? `${year}年` : ''}${month}月${day}日`
  return `${day} ${monthNames[month - 1]}${withYear ? ` ${year}` : ''}`
}

const monthNames = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
]
