/** The check bytes of a push-button frame: GF(256) of x⁸ + x⁴ + x³ + x² + 1, roots α⁰ to α¹³. It finds errors and mends none. */

const checkBytes = 14
const powers: number[] = []
const logarithms = new Map<number, number>()
for (let exponent = 0, value = 1; exponent < 255; exponent++) {
  powers.push(value)
  logarithms.set(value, exponent)
  value <<= 1
  if (value & 256) value ^= 0x11d
}

function times(a: number, b: number): number {
  const [x, y] = [logarithms.get(a), logarithms.get(b)]
  return x === undefined || y === undefined ? 0 : (powers[(x + y) % 255] ?? 0)
}

/** (x − α⁰)(x − α¹)…, highest coefficient first. */
const generator = productOf(powers.slice(0, checkBytes))

function productOf(roots: readonly number[]): readonly number[] {
  let product = [1]
  for (const root of roots) {
    const before = product
    product = [...before, 0].map((coefficient, at) => coefficient ^ times(before[at - 1] ?? 0, root))
  }
  return product
}

export function withCheckBytes(data: Uint8Array): Uint8Array {
  const word = new Uint8Array(data.length + checkBytes)
  word.set(data)
  for (let at = 0; at < data.length; at++) {
    const factor = word[at] ?? 0
    for (const [offset, coefficient] of generator.entries()) {
      word[at + offset] = (word[at + offset] ?? 0) ^ times(coefficient, factor)
    }
  }
  word.set(data)
  return word
}

/** @returns what stands before the check bytes, undefined where they are not those of it */
export function withoutCheckBytes(word: Uint8Array): Uint8Array | undefined {
  if (word.length <= checkBytes) return undefined
  const data = word.slice(0, -checkBytes)
  return withCheckBytes(data).every((byte, at) => byte === word[at]) ? data : undefined
}
