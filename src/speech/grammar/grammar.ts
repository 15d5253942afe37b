/**
 * What a language must be able to say besides its phrases. A grammar turns a value into words of a small closed
 * vocabulary; each word is rendered once, so that no value, and no secret, is ever rendered or cached.
 */
import { type Asset, CNY, type Money } from '../../money.ts'

export interface Grammar {
  /** Whole numbers with at most 12 digits, either sign. */
  number(value: bigint): readonly string[]
  /** Digit by digit, as a telephone number is read. */
  digits(digits: string): readonly string[]
  /** An amount in yuan, at most 12 whole digits, either sign. */
  amount(amount: Money): readonly string[]
  /** Month and day. */
  date(date: CalendarDate): readonly string[]
  /** Month, day and year. */
  longdate(date: CalendarDate): readonly string[]
  time(time: TimeOfDay): readonly string[]
  /** The word before the last of several choices. */
  readonly or: string
  /** Every word that the functions above can use. */
  readonly vocabulary: readonly string[]
}

export interface CalendarDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

export interface TimeOfDay {
  readonly hour: number
  readonly minute: number
}

const limit = 1_000_000_000_000n

/** Throws a RangeError unless the grammars can say `value`. */
export function assertSpeakable(value: bigint): void {
  if (value >= limit || value <= -limit) throw new RangeError('a number of more than 12 digits cannot be spoken')
}

/** Splits an amount into sign, whole yuan and fen (0–99). Other assets have no spoken form yet. */
export function yuanAndFen({ minor, asset }: Money): { negative: boolean; yuan: bigint; fen: number } {
  assertCny(asset)
  const size = minor < 0n ? -minor : minor
  assertSpeakable(size / 100n)
  return { negative: minor < 0n, yuan: size / 100n, fen: Number(size % 100n) }
}

function assertCny(asset: Asset): void {
  if (asset.code !== CNY.code || asset.scale !== CNY.scale) throw new RangeError(`no words for ${asset.code}`)
}

/** Splits `12345` into its digits; throws when anything else is in it, without repeating what it was. */
export function eachDigit(digits: string): number[] {
  if (!/^\d+$/.test(digits)) throw new RangeError('only decimal digits can be spoken digit by digit')
  return Array.from(digits, Number)
}

/** Reads `2026-11-22`. */
export function readDate(iso: string): CalendarDate {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso)
  if (!match) throw new RangeError(`not a date: ${iso}`)
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) throw new RangeError(`no such date: ${iso}`)
  return { year, month, day }
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** Reads `15:05`. */
export function readTime(iso: string): TimeOfDay {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(iso)
  if (!match) throw new RangeError(`not a time of day: ${iso}`)
  return { hour: Number(match[1]), minute: Number(match[2]) }
}
