/** A radix-2 fast Fourier transform of one fixed length, in place on separate real and imaginary parts. */

export interface Fft {
  readonly size: number
  forward(re: Float64Array, im: Float64Array): void
  /** Not scaled: divide by `size`. */
  inverse(re: Float64Array, im: Float64Array): void
}

export function makeFft(size: number): Fft {
  if (size < 2 || (size & (size - 1)) !== 0) throw new RangeError('the length of an FFT is a power of two')
  const cos = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size))
  const sin = Float64Array.from({ length: size / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / size))
  const reversed = bitReversal(size)

  const forward = (re: Float64Array, im: Float64Array): void => {
    for (let i = 0; i < size; i++) {
      const j = reversed[i] as number
      if (j > i) {
        swap(re, i, j)
        swap(im, i, j)
      }
    }
    for (let half = 1; half < size; half *= 2) {
      const step = size / (2 * half)
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) {
          const a = start + k
          const b = a + half
          const c = cos[k * step] as number
          const s = sin[k * step] as number
          const bRe = re[b] as number
          const bIm = im[b] as number
          const turnedRe = bRe * c + bIm * s
          const turnedIm = bIm * c - bRe * s
          re[b] = (re[a] as number) - turnedRe
          im[b] = (im[a] as number) - turnedIm
          re[a] = (re[a] as number) + turnedRe
          im[a] = (im[a] as number) + turnedIm
        }
      }
    }
  }

  // Exchanging real and imaginary parts conjugates twice, which turns the forward transform around.
  return { size, forward, inverse: (re, im) => forward(im, re) }
}

function bitReversal(size: number): Uint32Array {
  const bits = Math.log2(size)
  return Uint32Array.from({ length: size }, (_, index) => {
    let reversed = 0
    for (let bit = 0; bit < bits; bit++) if (index & (1 << bit)) reversed |= 1 << (bits - 1 - bit)
    return reversed
  })
}

function swap(list: Float64Array, i: number, j: number): void {
  const held = list[i] as number
  list[i] = list[j] as number
  list[j] = held
}
