/**
 * Reed–Solomon over GF(256): code words of up to 255 bytes with `n` check bytes, which put right e wrong bytes and s missing ones whose places are
 * known, as long as 2e + s ≤ n.
 *
 * Field: x⁸ + x⁴ + x³ + x² + 1; generator with roots α⁰…αⁿ⁻¹. Both are those of QR codes (ISO/IEC 18004), so that their examples are ours. Decoding
 * after Blahut, "Theory and Practice of Error Control Codes", ch. 9: syndromes, Berlekamp–Massey started from the erasure locator, Chien search, Forney.
 */

const EXP = new Uint8Array(510)
const LOG = new Uint8Array(256)
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = x
  EXP[i + 255] = x
  LOG[x] = i
  x = x & 0x80 ? (x << 1) ^ 0x11d : x << 1
}

function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : EXP[LOG[a]! + LOG[b]!]!
}

function inverse(a: number): number {
  return EXP[255 - LOG[a]!]!
}

/** Product of two polynomials, lowest coefficient first. */
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
  let value = 0
  for (let i = polynomial.length - 1; i >= 0; i--) value = times(value, x) ^ polynomial[i]!
  return value
}

/** The `count` check bytes of `data`: at most 255 bytes together. */
export function checkBytes(data: Uint8Array, count: number): Uint8Array {
  const generator = Array.from({ length: count }, (_, root) => EXP[root]!).reduce(
    (polynomial, root) => product(polynomial, [root, 1]),
    [1],
  )
  const register = new Uint8Array(count)
  for (const byte of data) {
    const feedback = byte ^ register[count - 1]!
    for (let i = count - 1; i >= 0; i--) register[i] = times(feedback, generator[i]!) ^ (i > 0 ? register[i - 1]! : 0)
  }
  return register.reverse()
}

/**
 * Puts a received code word with `count` check bytes right, in place. `missing` are the places in it of which nothing is known.
 * False if it cannot be put right; then its content is worth nothing.
 */
export function correct(word: Uint8Array, missing: readonly number[], count: number): boolean {
  if (missing.length > count) return false
  const syndromes = syndromesOf(word, count)
  if (syndromes.every(syndrome => syndrome === 0)) return true
  // The first byte is the highest coefficient.
  const erased = missing.reduce((polynomial, at) => product(polynomial, [1, EXP[word.length - 1 - at]!]), [1])
  const locator = berlekampMassey(syndromes, erased, missing.length)
  const degree = locator.findLastIndex(coefficient => coefficient !== 0)
  if (2 * degree - missing.length > count) return false
  const places: number[] = []
  for (let place = 0; place < word.length; place++) if (valueAt(locator, EXP[255 - place]!) === 0) places.push(place)
  if (places.length !== degree) return false

  const evaluator = product(syndromes, locator).slice(0, count)
  const derivative = locator.map((coefficient, i) => (i % 2 === 1 ? coefficient : 0)).slice(1)
  for (const place of places) {
    const x = EXP[255 - place]!
    const slope = valueAt(derivative, x)
    if (slope === 0) return false
    word[word.length - 1 - place]! ^= times(EXP[place]!, times(valueAt(evaluator, x), inverse(slope)))
  }
  return syndromesOf(word, count).every(syndrome => syndrome === 0)
}

function syndromesOf(word: Uint8Array, count: number): number[] {
  return Array.from({ length: count }, (_, root) => {
    let value = 0
    for (const byte of word) value = (value === 0 ? 0 : EXP[LOG[value]! + root]!) ^ byte
    return value
  })
}

function berlekampMassey(syndromes: readonly number[], erased: readonly number[], erasures: number): number[] {
  let locator = [...erased]
  let previous = [...erased]
  let size = erasures
  for (let n = erasures; n < syndromes.length; n++) {
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
