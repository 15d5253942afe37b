/** Checksums, the convolutional code, Reed–Solomon over digits, HDLC and the frame parsers: against published values, and under random damage. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bitsOf, bytesOf } from '../../../src/modem/coded/bits.ts'
import { ConvolutionalDecoder, codedLength, encode } from '../../../src/modem/coded/convolutional.ts'
import { crc16, crc32 } from '../../../src/modem/coded/crc.ts'
import { frameBits, headerBytes, parseBody, parseHeader } from '../../../src/modem/coded/frame.ts'
import { leadIn } from '../../../src/modem/coded/frame-layout.ts'
import { DigitFrameReader, digitFrame, GUESSES_AT_ONCE } from '../../../src/modem/dtmf/frame.ts'
import { checkBytes, correct } from '../../../src/modem/dtmf/reed-solomon.ts'
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

describe('Reed–Solomon over GF(256)', () => {
  test('has the check bytes of the example in ISO/IEC 18004, annex I', () => {
    const data = Uint8Array.from(Buffer.from('10200c566180ec11ec11ec11ec11ec11', 'hex'))
    expect(Buffer.from(checkBytes(data, 10)).toString('hex')).toBe('a524d4c1ed36c7872c55')
  })

  const damage = fc.record({
    data: fc.uint8Array({ minLength: 1, maxLength: 120 }),
    count: fc.integer({ min: 1, max: 20 }),
    wrong: fc.nat(),
    places: fc.uniqueArray(fc.nat(139), { minLength: 20, maxLength: 20 }),
    by: fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 20, maxLength: 20 }),
  })

  test('puts e wrong bytes and n − 2e missing ones right, of n check bytes', () => {
    check(
      fc.property(damage, ({ data, count, wrong, places, by }) => {
        const right = Uint8Array.from([...data, ...checkBytes(data, count)])
        const word = right.slice()
        const errors = wrong % (Math.floor(count / 2) + 1)
        const damaged = [...new Set(places.map(place => place % word.length))].slice(0, count - errors)
        damaged.forEach((place, i) => {
          word[place]! ^= by[i]!
        })
        expect(correct(word, damaged.slice(errors), count)).toBe(true)
        expect(word).toEqual(right)
      }),
      2000,
    )
  })
})

describe('digit frames', () => {
  const payloads = fc.uint8Array({ minLength: 1, maxLength: 96 })
  type Timed = { digit: string; atMs: number }[]
  /** What is told of while digits come, and when it has become quiet. */
  const read = (digits: Timed) => {
    const reader = new DigitFrameReader()
    const told = [...digits.map(({ digit, atMs }) => reader.push(digit, atMs)), reader.finish()]
    return told.filter(result => result.outcome !== 'nothing')
  }
  const timed = (digits: string, fromMs = 0): Timed =>
    Array.from(digits, (digit, i) => ({ digit, atMs: fromMs + i * 90 }))
  const other = (digit: string) => (digit === '5' ? '6' : '5')
  const within = (digits: Timed, at: number) => 1 + (at % (digits.length - 2))

  test('come back as they went, with their last digit', () => {
    check(
      fc.property(payloads, payload => {
        const reader = new DigitFrameReader()
        const told = timed(digitFrame(payload)).map(({ digit, atMs }) => reader.push(digit, atMs))
        expect(told.pop()).toEqual({ outcome: 'frame', payload, missing: 0 })
        expect(told.filter(({ outcome }) => outcome !== 'nothing')).toEqual([])
      }),
    )
  })

  test('are searched for a piece at a time, whatever a caller presses and whenever', () => {
    const presses = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 15 }), fc.constantFrom(0, 50, 90, 139, 151, 180, 240)),
      {
        minLength: 30,
        maxLength: 260,
      },
    )
    const most = { atOnce: GUESSES_AT_ONCE + 12, inAll: 2_600 }
    check(
      fc.property(presses, pressed => {
        const reader = new DigitFrameReader()
        let [atMs, pieces, inAll] = [0, 0, 0]
        for (const [digit, afterMs] of pressed) {
          atMs += afterMs
          reader.push('0123456789*#ABCD'.charAt(digit), atMs)
          expect(reader.tried).toBeLessThanOrEqual(most.atOnce)
        }
        for (let told = reader.quiet(); reader.isSearching; told = reader.goOn()) {
          expect(told.outcome).toBe('nothing')
          expect(reader.tried).toBeLessThanOrEqual(GUESSES_AT_ONCE)
          inAll += reader.tried
          pieces++
        }
        expect(inAll).toBeLessThanOrEqual(most.inAll)
        return pieces <= most.inAll / GUESSES_AT_ONCE
      }),
      60,
    )
  })

  test('are found by the pieces of a search that all of it finds', () => {
    check(
      fc.property(payloads, fc.nat(), (payload, lost) => {
        const digits = timed(digitFrame(payload)).slice(0, -1)
        digits.splice(within(digits, lost), 1)
        const reader = new DigitFrameReader()
        const told = digits.map(({ digit, atMs }) => reader.push(digit, atMs))
        told.push(reader.quiet())
        while (reader.isSearching) told.push(reader.goOn())
        expect(told.filter(({ outcome }) => outcome !== 'nothing')).toEqual([{ outcome: 'frame', payload, missing: 2 }])
      }),
      60,
    )
  })

  test('take two digits for each byte, its checksum and fourteen check bytes', () => {
    expect(digitFrame(new Uint8Array(67))).toHaveLength(2 * (67 + 4 + 14))
    // The example in the protocol.
    expect(digitFrame(Uint8Array.of(1, 2, 3))).toBe('01020355#A801B#4429A#DB9D804202531DD88#87D')
  })

  test('survive the loss of the first and the last digit, three inside, and a wrong one', () => {
    check(
      fc.property(payloads, fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), fc.nat(), (payload, lost, wrong) => {
        const digits = timed(digitFrame(payload))
        const wronged = digits[within(digits, wrong)]!
        wronged.digit = other(wronged.digit)
        const gone = new Set([0, digits.length - 1, ...lost.map(at => within(digits, at))])
        expect(read(digits.filter((_, at) => !gone.has(at)))).toEqual([
          { outcome: 'frame', payload, missing: gone.size },
        ])
      }),
    )
  })

  test('survive a digit that is gone, or there twice, and leaves no trace in the times', () => {
    check(
      fc.property(payloads, fc.nat(), fc.boolean(), (payload, at, isTwice) => {
        const digits = Array.from(digitFrame(payload))
        digits.splice(at % digits.length, isTwice ? 0 : 1, ...(isTwice ? [digits[at % digits.length]!] : []))
        expect(read(timed(digits.join('')))).toMatchObject([{ outcome: 'frame', payload }])
      }),
    )
  })

  test('survive a digit that was split in two, and one heard where none was', () => {
    check(
      fc.property(payloads, fc.nat(), fc.nat(), (payload, split, foreign) => {
        const digits = timed(digitFrame(payload))
        const halved = digits[within(digits, split)]!
        const before = digits[within(digits, foreign)]!
        digits.push({ digit: halved.digit, atMs: halved.atMs + 25 })
        digits.push({ digit: other(before.digit), atMs: before.atMs + 30 })
        digits.sort((a, b) => a.atMs - b.atMs)
        expect(read(digits)).toMatchObject([{ outcome: 'frame', payload }])
      }),
    )
  })

  test('survive holes that deleted packets have made shorter', () => {
    const long = fc.uint8Array({ minLength: 64, maxLength: 96 })
    check(
      fc.property(long, fc.array(fc.nat(), { minLength: 9, maxLength: 9 }), (payload, holes) => {
        const whole = timed(digitFrame(payload))
        const gone = new Map(holes.map((at, i) => [1 + 17 * i + (at % 14), i % 8 === 0 ? 3 : 2]))
        let lateMs = 0
        const digits = whole.map(({ digit, atMs }, at) => {
          lateMs += 20 * (gone.get(at) ?? 0)
          return { digit, atMs: (atMs * 70) / 90 - lateMs }
        })
        expect(read(digits.filter((_, at) => !gone.has(at)))).toMatchObject([{ outcome: 'frame', payload }])
      }),
      20,
    )
  })

  test('survive times that say nothing, and the loss of the last digit besides', () => {
    check(
      fc.property(payloads, payload => {
        const digits = timed(digitFrame(payload)).map(({ digit }, i) => ({ digit, atMs: i - (i % 40) }))
        expect(read(digits.slice(0, -1))).toEqual([{ outcome: 'frame', payload, missing: 1 }])
      }),
    )
  })

  test('are read one after another, behind keys that are nobody’s', () => {
    check(
      fc.property(payloads, payloads, (one, two) => {
        const keys = timed('12', -2000)
        const later = 90 * 230 + 2000
        const digits = [...keys, ...timed(digitFrame(one)), ...timed(digitFrame(two), later)]
        const frames = [one, two].map(payload => ({ outcome: 'frame', payload, missing: 0 }))
        expect(read(digits)).toEqual(frames)
      }),
    )
  })

  test('are told to be garbled where too much is gone, and a few keys are no frame', () => {
    const digits = timed(digitFrame(Uint8Array.from({ length: 64 }, (_, i) => i)))
    expect(read(digits.filter((_, at) => at % 4 !== 1))).toEqual([{ outcome: 'garbled' }])
    expect(read(timed('20031#'))).toEqual([])
  })

  /** Each is read in some hundred ways. */
  test('are never made of random digits', () => {
    const digit = fc.constantFrom(...'0123456789*#ABCD')
    const digits = fc.array(fc.record({ digit, beats: fc.constantFrom(1, 1, 1, 1, 1, 1, 2) }), {
      minLength: 30,
      maxLength: 120,
    })
    check(
      fc.property(digits, random => {
        let atMs = 0
        const heard = random.map(({ digit: one, beats }) => {
          atMs += 90 * beats
          return { digit: one, atMs }
        })
        expect(read(heard)).toEqual([{ outcome: 'garbled' }])
      }),
      60,
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
