/** G.711, in which a telephone's sound comes and goes: one byte to a sample, A-law or µ-law (ITU-T G.711, tables 1 and 2). */

export interface Law {
  /** The code of nothing to be heard. */
  readonly silence: number
  /** The largest magnitude that it carries, where full scale is 1. What is louder becomes this. */
  readonly peak: number
  decode(codes: Uint8Array): Float32Array
  encode(samples: Float32Array): Uint8Array
}

/** Even bits inverted; sign, three bits of segment, four of step. Segments 0 and 1 share one size of step, each further one doubles it. */
export const aLaw = law({
  full: 4096,
  silence: 0xd5,
  toValue(code) {
    const bits = code ^ 0x55
    const segment = (bits >> 4) & 7
    const step = ((bits & 15) << 1) | 1
    const magnitude = segment === 0 ? step : (step + 32) << (segment - 1)
    return bits & 0x80 ? magnitude : -magnitude
  },
  toCode(magnitude, sign) {
    const size = Math.min(4095, magnitude)
    const segment = size < 32 ? 0 : 27 - Math.clz32(size)
    const step = segment === 0 ? size >> 1 : (size >> segment) & 15
    return ((sign < 0 ? 0 : 0x80) | (segment << 4) | step) ^ 0x55
  },
})

/** All bits inverted; a bias of 33 makes each segment twice the one before it, so that there is a second zero. */
export const muLaw = law({
  full: 8159,
  silence: 0xff,
  toValue(code) {
    const bits = ~code & 0xff
    const magnitude = ((((bits & 15) << 1) | 33) << ((bits >> 4) & 7)) - 33
    return bits & 0x80 ? -magnitude : magnitude
  },
  toCode(magnitude, sign) {
    const size = Math.min(8158, magnitude) + 33
    const segment = 26 - Math.clz32(size)
    const step = (size >> (segment + 1)) & 15
    return ~((sign < 0 ? 0x80 : 0) | (segment << 4) | step) & 0xff
  },
})

interface Table {
  /** The magnitude in whole steps of the table that full scale stands for. */
  readonly full: number
  readonly silence: number
  /** The signed value of a code, in the table's steps. */
  toValue(code: number): number
  toCode(magnitude: number, sign: number): number
}

function law({ full, silence, toValue, toCode }: Table): Law {
  const values = Float32Array.from({ length: 256 }, (_, code) => toValue(code) / full)
  return {
    silence,
    peak: Math.max(...values),
    // A loop each: every sample that is said or heard comes by here, and `from`, which takes any iterable, is ten times as slow.
    decode(codes) {
      const samples = new Float32Array(codes.length)
      for (let at = 0; at < codes.length; at++) samples[at] = values[codes[at] ?? 0] ?? 0
      return samples
    },
    encode(samples) {
      const codes = new Uint8Array(samples.length)
      for (let at = 0; at < samples.length; at++) {
        const sample = samples[at] ?? 0
        codes[at] = toCode(Math.floor(Math.abs(sample) * full), sample)
      }
      return codes
    },
  }
}
