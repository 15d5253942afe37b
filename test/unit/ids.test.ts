import { expect, test } from 'vitest'
import {
  accountNumberShape,
  parseAccountNumber,
  parseInstitutionId,
  parseIntentId,
  parseVoucherNumber,
} from '../../src/ids.ts'
import { accountNumber, voucherNumber } from '../support/ids.ts'

test('an account number has 6 to 12 digits, of which the last two check the others', () => {
  for (const digits of ['1234', '6208741935']) {
    const number = accountNumber(digits)
    expect(parseAccountNumber(number)).toBe(number)
    expect(parseAccountNumber(`${number.slice(0, -1)}${(Number(number.at(-1)) + 1) % 10}`)).toBeUndefined()
  }
  for (const text of ['', '79444', `${voucherNumber('6180123456789')}`, ' 123407', '12340a']) {
    expect(parseAccountNumber(text), text).toBeUndefined()
  }
})

test('a voucher number is longer, so that nobody takes one for the other', () => {
  const number = voucherNumber('61801234567890')
  expect(parseVoucherNumber(number)).toBe(number)
  expect(parseVoucherNumber(accountNumber('123456789'))).toBeUndefined()
  expect(parseVoucherNumber(number.replace('6180', '6810'))).toBeUndefined()
})

test('an institution has a plain name, and an intent 128 bits', () => {
  expect(parseInstitutionId('harbour-2')).toBe('harbour-2')
  for (const text of ['', 'h', 'Harbour', '2harbour', 'har/bour', 'h'.repeat(32)]) {
    expect(parseInstitutionId(text), text).toBeUndefined()
  }
  expect(parseIntentId('0af1'.repeat(8))).toBe('0af1'.repeat(8))
  for (const text of ['', '0AF1'.repeat(8), '0af1'.repeat(7)]) expect(parseIntentId(text), text).toBeUndefined()
})

test('what is read from a file is refused with what it should have been', () => {
  expect(accountNumberShape.safeParse('123456').error?.issues[0]?.message).toContain('not an account number')
})
