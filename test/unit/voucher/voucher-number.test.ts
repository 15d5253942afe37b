import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkDigitsFit, withCheckDigits } from '../../../src/check-digits.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { drawVoucherNumber, parseByPlan } from '../../../src/voucher/voucher-number.ts'

const plan = { prefix: '6180', randomDigits: 10 }
const digits = fc.stringMatching(/^\d{8,20}$/)
const seed = { seed: 20260331 }

describe('voucher numbers', () => {
  test('a number that was drawn fits its plan, and no other payee’s', () => {
    for (let i = 0; i < 200; i++) {
      const number = drawVoucherNumber(systemRuntime, plan)
      expect(parseByPlan(number, plan)).toBe(number)
      expect(number).toMatch(/^6180\d{12}$/)
      expect(parseByPlan(number, { ...plan, prefix: '6181' })).toBeUndefined()
      expect(parseByPlan(number.slice(0, -1), plan)).toBeUndefined()
      expect(parseByPlan(`${number.slice(0, -1)}${(Number(number.at(-1)) + 1) % 10}`, plan)).toBeUndefined()
    }
  })

  test('at its own payee a number is known without the prefix, and checked with it', () => {
    const number = drawVoucherNumber(systemRuntime, plan)
    const short = number.slice(plan.prefix.length)
    expect(parseByPlan(short, plan)).toBe(number)
    expect(parseByPlan(short, { ...plan, prefix: '6181' })).toBeUndefined()
    expect(parseByPlan(`${short.slice(0, -1)}${(Number(short.at(-1)) + 1) % 10}`, plan)).toBeUndefined()
  })

  test('the check digits are those of ISO 7064 MOD 97-10: the standard’s example 794 has 44', () => {
    expect(withCheckDigits('794')).toBe('79444')
  })

  test('every wrong digit is found', () => {
    fc.assert(
      fc.property(digits, fc.nat(), fc.integer({ min: 1, max: 9 }), (plain, where, by) => {
        const number = [...withCheckDigits(plain)]
        const i = where % number.length
        number[i] = String((Number(number[i]) + by) % 10)
        expect(checkDigitsFit(number.join(''))).toBe(false)
      }),
      seed,
    )
  })

  test.each([
    ['adjacent', 1],
    ['jump', 2],
  ])('every %s transposition is found', (_name, distance) => {
    fc.assert(
      fc.property(digits, fc.nat(), (plain, where) => {
        const number = [...withCheckDigits(plain)]
        const i = where % (number.length - distance)
        const [a, b] = [number[i] ?? '', number[i + distance] ?? '']
        fc.pre(a !== b)
        number[i] = b
        number[i + distance] = a
        expect(checkDigitsFit(number.join(''))).toBe(false)
      }),
      { ...seed, numRuns: 1000 },
    )
  })
})
