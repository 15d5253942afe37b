/** Seeded chance for signals: the same seed gives the same noise on every machine. */

export interface Random {
  /** Uniform in 0…1. */
  uniform(): number
  /** Zero mean, unit variance. */
  gauss(): number
  bytes(length: number): Uint8Array
}

/** sfc32 (PractRand's small fast counting generator), Gauss by the polar method. */
export function seeded(seed: number): Random {
  let a = seed | 0
  let b = 0x9e3779b9
  let c = 0x243f6a88
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let i = 0; i < 16; i++) next()

  const uniform = () => next() / 2 ** 32
  let spare: number | undefined
  const gauss = () => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    for (;;) {
      const x = 2 * uniform() - 1
      const y = 2 * uniform() - 1
      const r = x * x + y * y
      if (r >= 1 || r === 0) continue
      const scale = Math.sqrt((-2 * Math.log(r)) / r)
      spare = y * scale
      return x * scale
    }
  }
  return { uniform, gauss, bytes: length => Uint8Array.from({ length }, () => next() & 255) }
}
