/** English numbers, amounts, dates and times as words to be played one after another. */
import { toCardinal } from 'n2words/en-US'
import { assertSpeakable, eachDigit, type Grammar, yuanAndFen } from './grammar.ts'

const upToNineteen = Array.from({ length: 20 }, (_, value) => toCardinal(value))
const tens = [20, 30, 40, 50, 60, 70, 80, 90].map(value => toCardinal(value))
const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
]
const ordinals = [
  ...['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth'],
  ...['eleventh', 'twelfth', 'thirteenth', 'fourteenth', 'fifteenth', 'sixteenth', 'seventeenth', 'eighteenth'],
  ...['nineteenth', 'twentieth', 'twenty-first', 'twenty-second', 'twenty-third', 'twenty-fourth', 'twenty-fifth'],
  ...['twenty-sixth', 'twenty-seventh', 'twenty-eighth', 'twenty-ninth', 'thirtieth', 'thirty-first'],
]

/** `1234n`: one thousand two hundred thirty four. */
function number(value: bigint): string[] {
  assertSpeakable(value)
  const words = toCardinal(value < 0n ? -value : value).split(/[ -]/)
  return value < 0n ? ['minus', ...words] : words
}

/** The n-th of a list that starts with `first`; the lists above are complete, so a miss is a fault of ours. */
function pick(list: readonly string[], index: number): string {
  const word = list[index]
  if (word === undefined) throw new RangeError(`no word number ${index}`)
  return word
}

export const english: Grammar = {
  number,

  digits: digits => eachDigit(digits).map(digit => pick(upToNineteen, digit)),

  amount(amount) {
    const { negative, yuan, fen } = yuanAndFen(amount)
    const whole = yuan > 0n || fen === 0 ? [...number(yuan), 'yuan'] : []
    const part = fen > 0 ? [...number(BigInt(fen)), 'fen'] : []
    const joined = whole.length && part.length ? [...whole, 'and', ...part] : [...whole, ...part]
    return negative ? ['minus', ...joined] : joined
  },

  date: ({ month, day }) => [pick(months, month - 1), pick(ordinals, day - 1)],

  longdate(date) {
    return [...english.date(date), ...number(BigInt(date.year))]
  },

  time({ hour, minute }) {
    const hourWords = number(BigInt(hour % 12 === 0 ? 12 : hour % 12))
    const minuteWords = minute === 0 ? [] : minute < 10 ? ['oh', pick(upToNineteen, minute)] : number(BigInt(minute))
    return [...hourWords, ...minuteWords, hour < 12 ? 'a.m.' : 'p.m.']
  },

  or: 'or',

  vocabulary: [
    ...upToNineteen,
    ...tens,
    ...['hundred', 'thousand', 'million', 'billion', 'minus', 'yuan', 'fen', 'and', 'or', 'oh', 'a.m.', 'p.m.'],
    ...months,
    ...ordinals,
  ],
}
