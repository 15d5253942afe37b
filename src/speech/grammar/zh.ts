/**
 * Mandarin numbers, amounts, dates and times as words to be played one after another. Written here because every library
 * tried failed on 两 or on 十二; `test/unit/speech/grammar.test.ts` reads the words back over the whole range.
 */
import { assertSpeakable, eachDigit, type Grammar, yuanAndFen } from './grammar.ts'

const figures = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九']
/** On the telephone 1 is 幺: yī and qī (7) differ in nothing that survives a narrow band and a noisy line. */
const digitWords = ['零', '幺', '二', '三', '四', '五', '六', '七', '八', '九']
/** Before a unit that counts, 2 is 两. */
const counted = ['零', '一', '两', '三', '四', '五', '六', '七', '八', '九']

const figure = (value: number): string => figures[value] ?? ''

/** 1–9999, without the leading 零 that a higher section may ask for. */
function section(value: number): string[] {
  const words: string[] = []
  let gap = false
  for (const [size, unit] of [
    [1000, '千'],
    [100, '百'],
    [10, '十'],
  ] as const) {
    const count = Math.floor(value / size) % 10
    if (count === 0) {
      gap = words.length > 0
      continue
    }
    if (gap) words.push('零')
    gap = false
    words.push((unit === '十' ? figure(count) : counted[count]) + unit)
  }
  const ones = value % 10
  if (ones > 0) words.push(...(gap ? ['零'] : []), figure(ones))
  return words
}

/** `alone` says how 2 by itself is spoken: 两 before something counted, 二 elsewhere. */
function cardinal(value: bigint, alone: '两' | '二'): string[] {
  assertSpeakable(value)
  if (value < 0n) return ['负', ...cardinal(-value, alone)]
  if (value === 0n) return ['零']
  if (value === 2n) return [alone]
  const words: string[] = []
  for (const [size, unit] of [
    [100_000_000n, '亿'],
    [10_000n, '万'],
    [1n, ''],
  ] as const) {
    const count = Number((value / size) % 10_000n)
    if (count === 0) continue
    // 一亿零五, 一万零五百: a section that does not fill its thousands is set off by one 零.
    if (words.length > 0 && count < 1000) words.push('零')
    words.push(...(count === 2 && unit ? ['两'] : section(count)), ...(unit ? [unit] : []))
  }
  // 十二, not 一十二; but 一百一十二.
  if (words[0] === '一十') words[0] = '十'
  return words
}

/** 1–31 as one word each, since day and hour are said in one breath. */
const compact = (value: number): string => cardinal(BigInt(value), '二').join('')

const tensWords = ['十', ...figures.slice(1).map(word => `${word}十`)]
const hours = Array.from({ length: 24 }, (_, hour) => `${hour === 2 ? '两' : compact(hour)}点`)
const months = Array.from({ length: 12 }, (_, month) => `${compact(month + 1)}月`)
const days = Array.from({ length: 31 }, (_, day) => `${compact(day + 1)}日`)

const pick = (list: readonly string[], index: number): string => {
  const word = list[index]
  if (word === undefined) throw new RangeError(`no word number ${index}`)
  return word
}

export const mandarin: Grammar = {
  number: value => cardinal(value, '两'),

  digits: digits => eachDigit(digits).map(digit => pick(digitWords, digit)),

  amount(amount) {
    const { negative, yuan, fen } = yuanAndFen(amount)
    const jiao = Math.floor(fen / 10)
    const rest = fen % 10
    const words: string[] = []
    // Only the first coefficient is counted with 两: 两元二角二分.
    const count = (value: number): string => (words.length === 0 ? pick(counted, value) : figure(value))
    if (yuan > 0n || fen === 0) words.push(...cardinal(yuan, '两'), '元')
    if (jiao > 0) words.push(count(jiao), '角')
    // 一元零五分: the missing jiao is heard.
    if (jiao === 0 && rest > 0 && words.length > 0) words.push('零')
    if (rest > 0) words.push(count(rest), '分')
    return negative ? ['负', ...words] : words
  },

  date: ({ month, day }) => [pick(months, month - 1), pick(days, day - 1)],

  longdate(date) {
    const year = Array.from(String(date.year).padStart(4, '0'), digit => figure(Number(digit)))
    return [...year, '年', ...mandarin.date(date)]
  },

  time({ hour, minute }) {
    if (minute === 0) return [pick(hours, hour)]
    const minuteWords = minute < 10 ? ['零', figure(minute)] : cardinal(BigInt(minute), '二')
    return [pick(hours, hour), ...minuteWords, '分']
  },

  or: '或者',

  vocabulary: [
    ...new Set([...figures, ...digitWords, ...counted]),
    ...tensWords,
    ...counted.slice(1).map(word => `${word}百`),
    ...counted.slice(1).map(word => `${word}千`),
    ...['万', '亿', '元', '角', '分', '年', '负', '或者'],
    ...hours,
    ...months,
    ...days,
  ],
}
