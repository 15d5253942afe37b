import { describe, expect, test } from 'vitest'
import { isGuessable } from '../../../src/keys/guessable.ts'

describe('what a thief tries first', () => {
  test.each([
    '000000',
    '111112',
    '123456',
    '654321',
    '890123',
    '121212',
    '147147',
    '19900512',
    '120590',
    '147258',
    '31415926',
    '88888888',
  ])('%s is guessable', digits => {
    expect(isGuessable(digits)).toBe(true)
  })

  test.each(['739164', '502938', '73916405', '99371642'])('%s is not', digits => {
    expect(isGuessable(digits)).toBe(false)
  })

  test('a number that the thief knows is guessable, forwards and backwards', () => {
    expect(isGuessable('730184', ['730184'])).toBe(true)
    expect(isGuessable('481037', ['730184'])).toBe(true)
    expect(isGuessable('730184', ['6180730184991207'])).toBe(true)
    expect(isGuessable('99730184', ['730184'])).toBe(true)
  })
})
