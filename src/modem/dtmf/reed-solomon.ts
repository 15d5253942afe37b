/**
 * Reed–Solomon over GF(16), one symbol per push-button digit: code words of up to 15 digits with 4 for checking, which put right two wrong digits, or
 * four missing ones whose places are known, or one wrong and two missing.
 *
 * Field: x⁴ + x + 1; generator with roots α¹…α⁴. Decoding after Blahut, "Theory and Practice of Error Control Codes", ch. 9: syndromes, Berlekamp–Massey
 * started from the erasure locator, Chien search, Forney.
 */
const CODE_DIGITS = 15
export const CHECK_DIGITS = 4
export const DATA_DIGITS = CODE_DIGITS - CHECK_DIGITS

const EXP = new Uint8Array(30)
const LOG = new Uint8Array(16)
for (let i = 0, x = 1; i < 15; i++) {
  EXP[i] = x
  EXP[i + 15] = x
  LOG[x] = i
  x = x & 8 ? ((x << 1) ^ 0b10011) & 15 : x << 1
}

function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : EXP[LOG[a]! + LOG[b]!]!
}

/** α^power, for any whole power. */
function alpha(power: number): number {
  return EXP[((power % 15) + 15) % 15]!
}

function inverse(a: number): number {
  return EXP[15 - LOG[a]!]!
}

function product(a: readonly number[], b: readonly number[]): number[] {
  const result = new Array<number>(a.length + b.length - 1).fill(0)
  a.forEach((x, i) => {
    b.forEach((y, j) => {
      result[i + j]! ^= times(x, y)
    })
  })
  return result
}

/** Value of a polynomial (lowest coefficient first) at `x`. */
function valueAt(polynomial: readonly number[], x: number): number {
  return polynomial.reduceRight((sum, coefficient) => times(sum, x) ^ coefficient, 0)
}

const GENERATOR = [1, 2, 3, 4].reduce((polynomial, root) => product(polynomial, [alpha(root), 1]), [1])

/** Appends the four check digits to at most eleven data digits (0…15). */
export function addCheckDigits(data: readonly number[]): number[] {
  const register = new Array<number>(CHECK_DIGITS).fill(0)
  for (const digit of data) {
    const feedback = digit ^ register[CHECK_DIGITS - 1]!
    for (let i = CHECK_DIGITS - 1; i >= 0; i--)
      register[i] = times(feedback, GENERATOR[i]!) ^ (i > 0 ? register[i - 1]! : 0)
  }
  return [...data, ...register.reverse()]
}

/** The data digits of a received code word (−1 for a digit known to be missing), or undefined if it cannot be put right. */
export function correct(received: readonly number[]): number[] | undefined {
  const length = received.length
  const word = received.map(digit => Math.max(digit, 0))
  // The first digit is the highest coefficient.
  const missing = received.flatMap((digit, i) => (digit < 0 ? [length - 1 - i] : []))
  if (missing.length > CHECK_DIGITS) return undefined
  const syndromes = [1, 2, 3, 4].map(root => word.reduce((sum, digit) => times(sum, alpha(root)) ^ digit, 0))
  if (syndromes.every(syndrome => syndrome === 0)) return word.slice(0, length - CHECK_DIGITS)

  const erased = missing.reduce((polynomial, place) => product(polynomial, [1, alpha(place)]), [1])
  const locator = berlekampMassey(syndromes, erased, missing.length)
  const places = Array.from({ length }, (_, place) => place).filter(place => valueAt(locator, alpha(-place)) === 0)
  const degree = locator.findLastIndex(coefficient => coefficient !== 0)
  if (places.length !== degree) return undefined

  const evaluator = product(syndromes, locator).slice(0, CHECK_DIGITS)
  const derivative = locator.map((coefficient, i) => (i % 2 === 1 ? coefficient : 0)).slice(1)
  for (const place of places) {
    const x = alpha(-place)
    const slope = valueAt(derivative, x)
    if (slope === 0) return undefined
    word[length - 1 - place]! ^= times(valueAt(evaluator, x), inverse(slope))
  }
  const right = [1, 2, 3, 4].every(root => word.reduce((sum, digit) => times(sum, alpha(root)) ^ digit, 0) === 0)
  return right ? word.slice(0, length - CHECK_DIGITS) : undefined
}

function berlekampMassey(syndromes: readonly number[], erased: readonly number[], erasures: number): number[] {
  let locator = [...erased]
  let previous = [...erased]
  let size = erasures
  for (let n = erasures; n < CHECK_DIGITS; n++) {
    let discrepancy = 0
    for (let i = 0; i <= Math.min(n, locator.length - 1); i++) discrepancy ^= times(locator[i]!, syndromes[n - i]!)
    previous = [0, ...previous]
    if (discrepancy === 0) continue
    const next = Array.from(
      { length: Math.max(locator.length, previous.length) },
      (_, i) => (locator[i] ?? 0) ^ times(discrepancy, previous[i] ?? 0),
    )
    if (2 * size <= n + erasures) {
      size = n + 1 + erasures - size
      previous = locator.map(coefficient => times(coefficient, inverse(discrepancy)))
    }
    locator = next
  }
  return locator
}
