/** The words are read back by readers that share nothing with the grammars, over their whole range. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { money } from '../../../src/money.ts'
import { english } from '../../../src/speech/grammar/en.ts'
import { type Grammar, readDate, readTime } from '../../../src/speech/grammar/grammar.ts'
import { mandarin } from '../../../src/speech/grammar/zh.ts'
import { readEnglishAmount, readEnglishNumber, readMandarinAmount, readMandarinNumber } from './readers.ts'

const often = { seed: 20261122, numRuns: 3000 }
const limit = 999_999_999_999n

/** Numbers of every length, with zeros in any place: plain random ones have hardly any. */
const numbers = fc.oneof(
  fc.bigInt({ min: 0n, max: limit }),
  fc.bigInt({ min: 0n, max: 9999n }),
  fc
    .array(fc.constantFrom('0', '0', '0', '1', '2', '5', '9'), { minLength: 1, maxLength: 12 })
    .map(digits => BigInt(digits.join(''))),
)

const each: [string, Grammar, (words: readonly string[]) => bigint, (words: readonly string[]) => bigint][] = [
  ['English', english, readEnglishNumber, readEnglishAmount],
  ['Mandarin', mandarin, readMandarinNumber, readMandarinAmount],
]

describe.each(each)('%s', (_, grammar, readNumber, readAmount) => {
  const known = new Set(grammar.vocabulary)
  const inVocabulary = (words: readonly string[]) => expect(words.filter(word => !known.has(word))).toEqual([])

  it('reads every number so that it can be written down again', () => {
    for (let value = 0n; value <= 10_000n; value++) expect(readNumber(grammar.number(value))).toBe(value)
    fc.assert(
      fc.property(numbers, fc.boolean(), (size, negative) => {
        const value = negative ? -size : size
        const words = grammar.number(value)
        inVocabulary(words)
        expect(readNumber(words)).toBe(value)
      }),
      often,
    )
  })

  it('reads every amount so that it can be written down again', () => {
    for (let fen = 0n; fen <= 20_000n; fen++) expect(readAmount(grammar.amount(money(fen)))).toBe(fen)
    fc.assert(
      fc.property(numbers, fc.integer({ min: 0, max: 99 }), fc.boolean(), (yuan, fen, negative) => {
        const minor = (negative ? -1n : 1n) * (yuan * 100n + BigInt(fen))
        const words = grammar.amount(money(minor))
        inVocabulary(words)
        expect(readAmount(words)).toBe(minor)
      }),
      often,
    )
  })

  it('reads digits one by one, each by one word of its own', () => {
    const words = grammar.digits('0123456789')
    inVocabulary(words)
    expect(new Set(words).size).toBe(10)
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,20}$/), digits => {
        expect(
          grammar
            .digits(digits)
            .map(word => words.indexOf(word))
            .join(''),
        ).toBe(digits)
      }),
      often,
    )
  })

  it('says every day of a year and every minute of a day differently', () => {
    const days = new Set<string>()
    for (let month = 1; month <= 12; month++) {
      for (let day = 1; day <= 28; day++) {
        const date = { year: 2026, month, day }
        inVocabulary(grammar.longdate(date))
        days.add(grammar.date(date).join(' '))
      }
    }
    expect(days.size).toBe(12 * 28)
    const minutes = new Set<string>()
    for (let minute = 0; minute < 1440; minute++) {
      const words = grammar.time({ hour: Math.floor(minute / 60), minute: minute % 60 })
      inVocabulary(words)
      minutes.add(words.join(' '))
    }
    expect(minutes.size).toBe(1440)
  })

  it('refuses what it cannot say', () => {
    expect(() => grammar.number(limit + 1n)).toThrow(RangeError)
    expect(() => grammar.amount(money(100n * (limit + 1n)))).toThrow(RangeError)
    expect(() => grammar.amount({ minor: 1n, asset: { code: 'USD', scale: 2 } })).toThrow('USD')
    expect(() => grammar.digits('12a4')).toThrow(RangeError)
  })
})

describe('as people say it', () => {
  const zh = (yuan: string) => mandarin.amount(money(BigInt(yuan.replace('.', '')))).join('')
  const en = (yuan: string) => english.amount(money(BigInt(yuan.replace('.', '')))).join(' ')

  it.each([
    ['0.00', '零元', 'zero yuan'],
    ['0.02', '两分', 'two fen'],
    ['0.20', '两角', 'twenty fen'],
    ['2.00', '两元', 'two yuan'],
    ['2.22', '两元二角二分', 'two yuan and twenty two fen'],
    ['1.05', '一元零五分', 'one yuan and five fen'],
    ['12.50', '十二元五角', 'twelve yuan and fifty fen'],
    ['20.00', '二十元', 'twenty yuan'],
    ['120.50', '一百二十元五角', 'one hundred twenty yuan and fifty fen'],
    ['212.00', '两百一十二元', 'two hundred twelve yuan'],
    ['1010.00', '一千零一十元', 'one thousand ten yuan'],
    ['22000.00', '两万两千元', 'twenty two thousand yuan'],
    ['100005.00', '十万零五元', 'one hundred thousand five yuan'],
    ['200000000.00', '两亿元', 'two hundred million yuan'],
    ['100020000.00', '一亿零两万元', 'one hundred million twenty thousand yuan'],
  ])('%s', (yuan, mandarinWords, englishWords) => {
    expect(zh(yuan)).toBe(mandarinWords)
    expect(en(yuan)).toBe(englishWords)
  })

  it('counts two things as 两, and tells 1 from 7 on the telephone', () => {
    expect(mandarin.number(2n)).toEqual(['两'])
    expect(mandarin.number(102n).join('')).toBe('一百零二')
    expect(mandarin.digits('17').join('')).toBe('幺七')
  })

  it('dates and times', () => {
    expect(mandarin.longdate(readDate('2026-11-22')).join('')).toBe('二零二六年十一月二十二日')
    expect(english.longdate(readDate('2026-02-01')).join(' ')).toBe('February first two thousand twenty six')
    expect(mandarin.time(readTime('02:02')).join('')).toBe('两点零二分')
    expect(english.time(readTime('15:05')).join(' ')).toBe('three oh five p.m.')
    expect(english.time(readTime('00:00')).join(' ')).toBe('twelve a.m.')
    expect(() => readDate('2026-02-29')).toThrow(RangeError)
    expect(() => readTime('24:00')).toThrow(RangeError)
  })
})
