/** Checksums, the convolutional code, Reed–Solomon over digits, HDLC and the frame parsers: against published values, and under random damage. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bitsOf, bytesOf } from '../../../src/modem/coded/bits.ts'
import { ConvolutionalDecoder, codedLength, encode } from '../../../src/modem/coded/convolutional.ts'
import { crc16, crc32 } from '../../../src/modem/coded/crc.ts'
import { frameBits, headerBytes, parseBody, parseHeader } from '../../../src/modem/coded/frame.ts'
import { leadIn } from '../../../src/modem/coded/frame-layout.ts'
import { DigitFrameReader, digitFrame } from '../../../src/modem/dtmf/frame.ts'
import { addCheckDigits, correct } from '../../../src/modem/dtmf/reed-solomon.ts'
import { LINE_MODES } from '../../../src/modem/line/modes.ts'
import { HdlcReader, hdlcBits } from '../../../src/modem/plain/hdlc.ts'

const seed = 20261122
const check = (property: fc.IRawProperty<unknown>, numRuns = 300) => fc.assert(property, { seed, numRuns })
const ascii = (text: string) => Uint8Array.from(text, character => character.charCodeAt(0))

describe('checksums', () => {
  test('are those of the catalogue for "123456789"', () => {
    expect(crc16(ascii('123456789'))).toBe(0x906e)
    expect(crc32(ascii('123456789'))).toBe(0xcbf43926)
  })
})

describe('convolutional code', () => {
  test('an impulse shows both generators, 171 and 133 octal', () => {
    const coded = encode(Uint8Array.of(1))
    const generator = (which: number) => parseInt(Array.from({ length: 7 }, (_, i) => coded[2 * i + which]).join(''), 2)
    expect([generator(0), generator(1)]).toEqual([0o171, 0o133])
  })

  test('puts right any four wrong channel bits (free distance 10)', () => {
    const decoder = new ConvolutionalDecoder(80)
    const wrong = fc.uniqueArray(fc.nat(codedLength(80) - 1), { maxLength: 4 })
    check(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), wrong, (bytes, places) => {
        const soft = Float64Array.from(encode(bitsOf(bytes)), bit => (bit ? 3 : -3))
        for (const place of places) soft[place]! *= -1
        const bits = new Uint8Array(80)
        decoder.decode(soft, bits, new Float64Array(soft.length))
        expect(bytesOf(bits)).toEqual(bytes)
      }),
    )
  })
})

describe('Reed–Solomon over GF(16)', () => {
  const damage = fc.record({
    data: fc.array(fc.nat(15), { minLength: 1, maxLength: 11 }),
    errors: fc.nat(2),
    places: fc.uniqueArray(fc.nat(14), { minLength: 4, maxLength: 4 }),
    by: fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 4, maxLength: 4 }),
  })

  test('puts right e wrong and 4 − 2e missing digits', () => {
    check(
      fc.property(damage, ({ data, errors, places, by }) => {
        const word = addCheckDigits(data)
        places
          .map(place => place % word.length)
          .filter((place, i, all) => all.indexOf(place) === i)
          .slice(0, 4 - errors)
          .forEach((place, i) => {
            word[place] = i < errors ? word[place]! ^ by[i]! : -1
          })
        expect(correct(word)).toEqual(data)
      }),
      2000,
    )
  })
})

describe('digit frames', () => {
  const payloads = fc.uint8Array({ minLength: 1, maxLength: 96 })
  const read = (digits: { digit: string; atMs: number }[]) => {
    const reader = new DigitFrameReader()
    return digits.map(({ digit, atMs }) => reader.push(digit, atMs)).filter(result => result.outcome !== 'nothing')
  }
  const timed = (digits: string) => Array.from(digits, (digit, i) => ({ digit, atMs: i * 90 }))

  test('come back as they went', () => {
    check(
      fc.property(payloads, payload => {
        expect(read(timed(digitFrame(payload)))).toEqual([{ outcome: 'frame', payload, missing: 0 }])
      }),
    )
  })

  test('survive a swallowed digit and a wrong one', () => {
    check(
      fc.property(payloads, fc.nat(), fc.nat(), (payload, lost, wrong) => {
        const digits = timed(digitFrame(payload))
        const inside = digits.length - 8
        const other = digits[4 + (wrong % inside)]!
        other.digit = other.digit === '5' ? '6' : '5'
        digits.splice(4 + (lost % inside), 1)
        expect(read(digits)).toMatchObject([{ outcome: 'frame', payload }])
      }),
    )
  })

  test('no random digits between the patterns make a frame', () => {
    const digit = fc.constantFrom(...'0123456789*#ABCD')
    check(
      fc.property(fc.array(digit, { maxLength: 60 }), digits => {
        const results = read(timed(`A*D#${digits.join('')}#D*A`))
        expect(results.filter(result => result.outcome === 'frame')).toEqual([])
      }),
      2000,
    )
  })
})

describe('HDLC', () => {
  const push = (bits: Uint8Array, nrzi: boolean) => {
    const reader = new HdlcReader(nrzi)
    return Array.from(bits, bit => reader.push(bit).payload).filter(payload => payload !== undefined)
  }

  test('frames come back, with and without NRZI, two after another', () => {
    check(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 200 }), fc.boolean(), (payload, nrzi) => {
        const bits = hdlcBits(payload, { nrzi, openingFlags: 3 })
        expect(push(bits, nrzi)).toEqual([payload])
      }),
    )
  })

  test('six ones never stand in a row but in a flag', () => {
    const bits = hdlcBits(new Uint8Array(50).fill(0xff), { openingFlags: 1, closingFlags: 1 }).subarray(8, -8)
    expect(Array.from(bits).join('')).not.toContain('111111')
  })

  test('a wrong bit loses the frame, and after two flags in a row asks for a second look', () => {
    const bits = hdlcBits(
      Uint8Array.from({ length: 40 }, (_, i) => i),
      { openingFlags: 4 },
    )
    bits[100]! ^= 1
    const reader = new HdlcReader(false)
    const results = Array.from(bits, bit => reader.push(bit))
    expect(results.every(result => result.payload === undefined)).toBe(true)
    expect(results.some(result => result.suspectBits !== undefined)).toBe(true)
  })
})

describe('frame parsers', () => {
  test('a header says what was put in, and no changed bit passes', () => {
    const fields = fc.record({
      type: fc.nat(31),
      sequence: fc.nat(255),
      keyId: fc.nat(255),
      length: fc.nat(255),
      flip: fc.nat(39),
    })
    check(
      fc.property(fields, ({ type, sequence, keyId, length, flip }) => {
        const bytes = headerBytes({ type, sequence, keyId }, length)
        expect(parseHeader(bytes)).toMatchObject({ type, sequence, keyId })
        bytes[flip >> 3]! ^= 1 << (flip & 7)
        expect(parseHeader(bytes)).toBeUndefined()
      }),
    )
  })

  test('random bytes are no body, and nothing throws', () => {
    const header = parseHeader(headerBytes({ type: 1, sequence: 2, keyId: 3 }, 20))!
    check(
      fc.property(
        fc.uint8Array({ minLength: header.bodyBytes, maxLength: header.bodyBytes }),
        fc.uint8Array({ minLength: 5, maxLength: 5 }),
        (body, random) => {
          expect(parseBody(header, body)).toBeUndefined()
          parseHeader(random)
        },
      ),
      2000,
    )
  })

  test('150 bytes last no longer than 2.8 s at 1200 baud, a lead-in of 160 ms included', () => {
    const bits = frameBits({ type: 1, sequence: 1, keyId: 1, payload: new Uint8Array(150) }, LINE_MODES.v23)
    expect(bits.length / 1200).toBeLessThanOrEqual(2.8)
    for (const mode of Object.values(LINE_MODES)) expect(leadIn(mode).length / mode.baud).toBeGreaterThanOrEqual(0.16)
  })

  test('what does not fit is refused by name', () => {
    const frame = { type: 1, sequence: 1, keyId: 1, payload: new Uint8Array(256) }
    expect(() => frameBits(frame, LINE_MODES.v23)).toThrow('frame payload length 256 is not in 0…255')
    expect(() => frameBits({ ...frame, type: 32 }, LINE_MODES.v23)).toThrow('frame type 32')
  })
})
