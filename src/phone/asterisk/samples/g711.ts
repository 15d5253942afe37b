/** G.711, in which a telephone's sound comes and goes: one byte to a sample, A-law or µ-law (ITU-T G.711, tables 1 and 2). */

export interface Law {
  /** Asterisk's name of the format. */
  readonly format: 'alaw' | 'ulaw'
  /** RFC 3551, table 4. */
  readonly payloadType: 8 | 0
  /** The code of nothing to be heard. */
  readonly silence: number
  decode(codes: Uint8Array): Float32Array
  encode(samples: Float32Array): Uint8Array
}

export const laws: Readonly<Record<Law['format'], Law>> = {
  alaw: law('alaw', 8, fromALaw),
  ulaw: law('ulaw', 0, fromMuLaw),
}

/** The encoder is the decoder's table turned round: of all codes the one whose value is nearest. */
function law(format: Law['format'], payloadType: Law['payloadType'], fromCode: (code: number) => number): Law {
  const values = Float32Array.from({ length: 256 }, (_, code) => fromCode(code))
  const ascending = Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const codeOf = (sample: number): number => {
    let low = 0
    let high = 255
    while (low < high) {
      const middle = (low + high) >> 1
      const [here = 0, next = 0] = [ascending[middle], ascending[middle + 1]]
      if (sample > ((values[here] ?? 0) + (values[next] ?? 0)) / 2) low = middle + 1
      else high = middle
    }
    return ascending[low] ?? 0
  }
  return {
    format,
    payloadType,
    silence: codeOf(0),
    decode: codes => Float32Array.from(codes, code => values[code] ?? 0),
    encode: samples => Uint8Array.from(samples, codeOf),
  }
}

/** Table 1: even bits inverted; sign, three bits of segment, four of step. */
function fromALaw(code: number): number {
  const bits = code ^ 0x55
  const segment = (bits >> 4) & 7
  const step = ((bits & 15) << 1) | 1
  const magnitude = segment === 0 ? step : (step + 32) << (segment - 1)
  return ((bits & 0x80 ? 1 : -1) * magnitude) / 4096
}

/** Table 2: all bits inverted. */
function fromMuLaw(code: number): number {
  const bits = ~code & 0xff
  const magnitude = ((((bits & 15) << 1) | 33) << ((bits >> 4) & 7)) - 33
  return ((bits & 0x80 ? -1 : 1) * magnitude) / 8159
}
