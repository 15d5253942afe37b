/**
 * What a page says, in one language: phrases of `prompts/`, those under `page.` and those that the telephone speaks, with
 * amounts and dates as readers of that language write them, in the institution's time zone.
 */
import type { Language, SpokenName } from '../languages.ts'
import { type Asset, formatMoney, type Money } from '../money.ts'
import type { Phrase } from '../speech/catalogue.ts'
import type { PagePhrases, Phrases } from '../speech/phrases.ts'
import type { Catalogue } from '../speech/speech.ts'
import { written } from '../speech/written.ts'

type Readable = Phrases & PagePhrases
export type ReadableKey = keyof Readable
/** A phrase without slots is named and nothing more. */
type ValuesOf<K extends ReadableKey> = keyof Readable[K] extends never ? [] : [values: Readable[K]]

/** As HTML's `lang` wants them (RFC 5646). */
const tags: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' }

export class Words {
  readonly language: Language
  readonly tag: string
  readonly #phrases: ReadonlyMap<string, Phrase>
  readonly #money = new Map<string, Intl.NumberFormat>()
  readonly #instant: Intl.DateTimeFormat
  readonly #timeZone: string

  constructor(catalogue: Catalogue, language: Language, timeZone: string) {
    this.language = language
    this.tag = tags[language]
    this.#phrases = catalogue[language]
    this.#timeZone = timeZone
    const instant = { timeZone, dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' } as const
    this.#instant = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : this.tag, instant)
  }

  say<K extends ReadableKey>(key: K, ...[values]: ValuesOf<K>): string {
    const phrase = this.#phrases.get(key)
    if (phrase === undefined) throw new RangeError(`no phrase ${key} in ${this.language}`)
    return written(this.language, phrase, values ?? {}, {}, { amount: (_, amount) => this.amount(amount) })
  }

  /** `¥1,032.50`. */
  amount(amount: Money): string {
    const { code, scale } = amount.asset
    const known = this.#money.get(code)
    const format =
      known ??
      new Intl.NumberFormat(this.tag, {
        style: 'currency',
        currency: code,
        currencyDisplay: 'narrowSymbol',
        minimumFractionDigits: scale,
        maximumFractionDigits: scale,
      })
    this.#money.set(code, format)
    // A text of digits is formatted as exactly as it stands, however long.
    return format.format(formatMoney(amount).split(' ')[0] as `${number}`)
  }

  /** `¥`. */
  symbolOf({ code }: Asset): string {
    const format = new Intl.NumberFormat(this.tag, {
      style: 'currency',
      currency: code,
      currencyDisplay: 'narrowSymbol',
    })
    return format.formatToParts(0).find(({ type }) => type === 'currency')?.value ?? code
  }

  /** A figure, with its unit where `options` name one. */
  number(value: number, options: Intl.NumberFormatOptions = {}): string {
    return new Intl.NumberFormat(this.tag, options).format(value)
  }

  /** `22 Nov 2026, 10:00`, in the institution's zone. */
  instant(at: number): string {
    return this.#instant.format(at)
  }

  /** The zone, as it is named to readers: `China Standard Time`. */
  zone(at: number): string {
    const format = new Intl.DateTimeFormat(this.tag, { timeZone: this.#timeZone, timeZoneName: 'long' })
    return format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? this.#timeZone
  }

  name(name: SpokenName): string {
    return name[this.language]
  }
}
