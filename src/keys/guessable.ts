/**
 * Digits that a thief tries first; no PIN or password may be one of them, chosen or drawn. People choose dates above all,
 * and a deny-list is what helps most (Bonneau, Preibusch, Anderson, "A birthday present every eleven wallets?", 2012).
 */

/** Common choices that no pattern below covers: keypad columns and shapes, and the digits of π. */
const common = new Set([
  '147258',
  '258369',
  '147852',
  '159357',
  '159753',
  '314159',
  '135790',
  '246800',
  '520131',
  '521521',
  '14725836',
  '31415926',
  '52013140',
])

/**
 * Whether the digits are one of the first that a thief tries: few different digits, runs up or down, a repeated group,
 * a date, a common choice, or part of a number that the thief knows (`known`: the account's, the voucher's).
 */
export function isGuessable(digits: string, known: readonly string[] = []): boolean {
  return (
    new Set(digits).size < 3 ||
    isRun(digits, 1) ||
    isRun(digits, -1) ||
    isRepeatedGroup(digits) ||
    isDate(digits) ||
    common.has(digits) ||
    known.some(number => isPartOf(digits, number))
  )
}

/** Every digit is the one before it plus `step`, with 9 followed by 0. */
function isRun(digits: string, step: 1 | -1): boolean {
  return [...digits].every((digit, i) => i === 0 || Number(digit) === (Number(digits[i - 1]) + step + 10) % 10)
}

/** 123123, 12341234, 121212. */
function isRepeatedGroup(digits: string): boolean {
  for (let size = 1; size <= digits.length / 2; size++) {
    if (digits.length % size === 0 && digits.slice(0, size).repeat(digits.length / size) === digits) return true
  }
  return false
}

/** A day of 1900–2099 written with eight digits, or a day of any year with six, in the orders in use. */
function isDate(digits: string): boolean {
  const day = '(0[1-9]|[12]\\d|3[01])'
  const month = '(0[1-9]|1[0-2])'
  const year = digits.length === 8 ? '(19|20)\\d\\d' : digits.length === 6 ? '\\d\\d' : undefined
  if (year === undefined) return false
  return new RegExp(`^(${year}${month}${day}|${day}${month}${year}|${month}${day}${year})$`).test(digits)
}

function isPartOf(digits: string, number: string): boolean {
  const backwards = [...digits].reverse().join('')
  return number.includes(digits) || number.includes(backwards) || (number.length >= 4 && digits.includes(number))
}
