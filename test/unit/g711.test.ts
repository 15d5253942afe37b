/** G.711 against the numbers of the recommendation, which the receivers of every telephone call agree on. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aLaw, muLaw } from '../../src/g711.ts'

const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code)
const sample = fc.double({ min: -1, max: 1, noNaN: true })

describe('A-law', () => {
  it('has the values of table 1: silence, the largest, and some between', () => {
    expect(aLaw.decode(Uint8Array.of(aLaw.silence))[0]).toBeCloseTo(1 / 4096, 9)
    expect(aLaw.decode(Uint8Array.of(0xaa, 0x2a))).toEqual(Float32Array.of(4032 / 4096, -4032 / 4096))
    expect(aLaw.decode(Uint8Array.of(0x00, 0x05))).toEqual(Float32Array.of(-5504 / 32768, -4224 / 32768))
  })

  it('decides at the values of table 1: 62, 64 and 68 of 4096 begin a step, and what is too loud is the largest', () => {
    const codes = aLaw.encode(Float32Array.of(62 / 4096, 63.9 / 4096, 64 / 4096, 67.9 / 4096, 68 / 4096, 1.5, -7))
    const values = Array.from(aLaw.decode(codes), value => value * 4096)
    expect(values).toEqual([63, 63, 66, 66, 70, 4032, -4032])
  })

  it('takes each of its 256 values back to its own code', () => {
    expect(aLaw.encode(aLaw.decode(everyCode))).toEqual(everyCode)
  })
})

describe('µ-law', () => {
  it('has the values of table 2: silence, the first step, and the largest', () => {
    const values = Array.from(muLaw.decode(Uint8Array.of(muLaw.silence, 0xfe, 0x80, 0x00)), value => value * 8159)
    expect(values.map(Math.round)).toEqual([0, 2, 8031, -8031])
  })

  it('decides at the values of table 2: 31 and 35 of 8159 begin a step, and what is too loud is the largest', () => {
    const codes = muLaw.encode(Float32Array.of(30.9 / 8159, 31.1 / 8159, 34.9 / 8159, 35.1 / 8159, 1.5, -7))
    const values = Array.from(muLaw.decode(codes), value => Math.round(value * 8159))
    expect(values).toEqual([30, 33, 33, 37, 8031, -8031])
  })

  it('takes each of its values back to its own code, but for its second zero', () => {
    const back = muLaw.encode(muLaw.decode(everyCode))
    expect([...everyCode].filter(code => back[code] !== code)).toEqual([0x7f])
  })
})

describe.each([
  { name: 'A-law', law: aLaw, bias: 0 },
  { name: 'µ-law', law: muLaw, bias: 33 / 8159 },
])('$name', ({ law, bias }) => {
  it('takes the nearest value there is within a segment, and changes from one to the next where both steps end', () => {
    const values = [...new Set(law.decode(everyCode))].filter(value => value > 0).sort((a, b) => a - b)
    // Zero itself is µ-law's first step, from −1 to 1.
    let from = law === aLaw ? 0 : 1 / 8159
    for (const value of values) {
      const until = 2 * value - from
      const inside = Float32Array.of(from + 1e-6, value, until - 1e-6)
      expect([...law.decode(law.encode(inside))]).toEqual([value, value, value])
      from = until
    }
    expect(from).toBeCloseTo(1, 6)
  })

  it('errs by less than 1/31 of any sample, a bias counted in', () => {
    const errs = (value: number) => Math.abs((law.decode(law.encode(Float32Array.of(value)))[0] ?? Number.NaN) - value)
    fc.assert(
      fc.property(sample, value => {
        expect(errs(value)).toBeLessThanOrEqual(Math.max(1 / 4096, (Math.abs(value) + bias) / 31))
      }),
      { seed: 20261122, numRuns: 5000 },
    )
  })

  it('is as loud below zero as above, and keeps the order of samples', () => {
    fc.assert(
      fc.property(sample, sample, (one, other) => {
        const [low = 0, high = 0, mirrored = 0] = law.decode(
          law.encode(Float32Array.of(Math.min(one, other), Math.max(one, other), -Math.min(one, other))),
        )
        expect(low).toBeLessThanOrEqual(high)
        expect(Math.abs(mirrored)).toBe(Math.abs(low))
      }),
      { seed: 20261125, numRuns: 5000 },
    )
  })
})
