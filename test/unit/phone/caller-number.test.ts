import { expect, test } from 'vitest'
import { toldNumber } from '../../../src/phone/asterisk/asterisk-line.ts'

test.each([
  ['2001', '2001'],
  ['', undefined],
  ['anonymous', undefined],
  ['Anonymous', undefined],
  ['anonymous7', 'anonymous7'],
])('a caller whom Asterisk calls %j has the number %s', (told, number) => {
  expect(toldNumber(told)).toBe(number)
})
