/** G.711 A-law (ITU-T G.711, table 1a): 8-bit code words to and from linear samples in -1 … 1. */

/** Linear value of each code word. The largest, 4032/4096 of full scale, is what a clipped sample becomes. */
const linear = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55
  const exponent = (bits >> 4) & 7
  const mantissa = bits & 15
  const size = exponent === 0 ? mantissa * 2 + 1 : (mantissa * 2 + 33) << (exponent - 1)
  return (bits & 0x80 ? size : -size) / 4096
})

/** The code word of silence, +0. */
export const alawSilence = 0xd5

/** The largest magnitude that A-law carries. */
export const alawPeak = 4032 / 4096

export function decodeAlaw(codes: Uint8Array): Float32Array {
  return Float32Array.from(codes, code => linear[code] ?? 0)
}

export function encodeAlaw(samples: Float32Array): Uint8Array {
  return Uint8Array.from(samples, encodeSample)
}

function encodeSample(sample: number): number {
  const size = Math.min(4095, Math.floor(Math.abs(sample) * 4096))
  // Segments 0 and 1 share one step size; each further segment doubles both its start and its step.
  const exponent = size < 32 ? 0 : 27 - Math.clz32(size)
  const mantissa = exponent === 0 ? size >> 1 : (size >> exponent) & 15
  return ((sample >= 0 ? 0x80 : 0) | (exponent << 4) | mantissa) ^ 0x55
}
