import { expect, test } from 'vitest'
import { areTwoPeople } from '../../../src/keys/two-people.ts'

test.each([
  ['mei', 'mei'],
  ['Sun Mei', ' sun  mei '],
  ['Mei', 'Ｍｅｉ'],
  ['mei', ''],
  ['', 'mei'],
  ['mei', '  '],
])('%j and %j are not two people', (maker, checker) => expect(areTwoPeople(maker, checker)).toBe(false))

test('two names are two people', () => expect(areTwoPeople('Sun Mei', '孙眉')).toBe(true))
