/** The day-end file's bytes: one encoding for each line, one root for each list of lines, one hash for each header. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeCanonical } from '../../../src/canonical.ts'
import { decodeHeader, encodeHeader, fileHash, type Header, noFile, noTotals } from '../../../src/clearing/header.ts'
import { decodeLines, encodeLine, type Line, lineKinds, NoLine } from '../../../src/clearing/lines.ts'
import { leafHash, MerkleTree } from '../../../src/clearing/merkle.ts'
import { decodeResult, encodeResult, type Result, wrongIn } from '../../../src/clearing/result.ts'
import { intentIdShape } from '../../../src/ids.ts'
import { tooMuch } from '../../../src/money.ts'
import { institutionId, voucherNumber } from '../../support/ids.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()

/** MTH of RFC 9162, written as the standard has it. */
function rootByDefinition(lines: readonly Uint8Array[]): Uint8Array {
  const [only] = lines
  if (only === undefined) return sha256()
  if (lines.length === 1) return sha256(Uint8Array.of(0), only)
  let split = 1
  while (split * 2 < lines.length) split *= 2
  return sha256(Uint8Array.of(1), rootByDefinition(lines.slice(0, split)), rootByDefinition(lines.slice(split)))
}

describe('the root of a file', () => {
  const lines = Array.from({ length: 70 }, (_, i) => Buffer.from(`line ${i}`))

  test('is that of RFC 9162, for any number of lines', () => {
    const tree = new MerkleTree()
    for (let count = 0; count <= lines.length; count++) {
      expect(hex(tree.root()), `${count}`).toBe(hex(rootByDefinition(lines.slice(0, count))))
      const next = lines[count]
      if (next) tree.addLeaf(leafHash(next))
    }
  })

  test('of nothing is the hash of nothing', () => {
    expect(hex(new MerkleTree().root())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })
})

const ofVoucher = fc
  .record<Line>({
    kind: fc.constantFrom(...lineKinds),
    ref: fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }),
    number: fc
      .tuple(fc.integer({ min: 0, max: 9_999_999_999 }), fc.integer({ min: 10, max: 18 }))
      .map(([n, digits]) => voucherNumber(`6180${`${n}`.padStart(digits, '0')}`)),
    minor: fc.bigInt({ min: 1n, max: tooMuch - 1n }),
    intent: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: undefined }),
  })
  .map(({ intent, ...line }): Line => (intent === undefined ? line : { ...line, intent }))

/** Of what a card paid. */
const aLine = fc.oneof(
  ofVoucher,
  fc
    .tuple(ofVoucher, fc.uint8Array({ minLength: 16, maxLength: 16 }))
    .map(([line, payment]): Line => ({ ...line, kind: 'refund', number: intentIdShape.parse(hex(payment)) })),
)

describe('lines', () => {
  test('one after another are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(aLine), lines => {
        const read = [...decodeLines(Buffer.concat(lines.map(encodeLine)))]
        expect(read.map(({ encoded, ...line }) => line)).toEqual(lines)
        expect(read.map(({ encoded }) => hex(encoded))).toEqual(lines.map(line => hex(encodeLine(line))))
      }),
    )
  })

  test('are written in the one canonical encoding', () => {
    fc.assert(
      fc.property(aLine, line => {
        const { kind, ref, number, minor, intent } = line
        const fields = [lineKinds.indexOf(kind), ref, number, minor, ...(intent === undefined ? [] : [intent])]
        expect(hex(encodeLine(line))).toBe(hex(encodeCanonical(fields)))
      }),
    )
  })

  test('with any byte changed are other lines in that same encoding, or none', () => {
    fc.assert(
      fc.property(fc.array(aLine, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255), (lines, place, byte) => {
        const bytes = Buffer.concat(lines.map(encodeLine))
        bytes[place % bytes.length] = byte
        const read = (() => {
          try {
            return [...decodeLines(bytes)]
          } catch (error) {
            expect(error).toBeInstanceOf(NoLine)
            return undefined
          }
        })()
        if (read) expect(hex(Buffer.concat(read.map(encodeLine)))).toBe(hex(bytes))
      }),
      { numRuns: 2_000 },
    )
  })

  const good = [0, 1, voucherNumber('61800000000001'), 100]
  const numberOf = (bytes: Uint8Array) => [...decodeLines(bytes)].length

  test.each([
    ['another kind', [4, ...good.slice(1)]],
    ['row 0', [0, 0, ...good.slice(2)]],
    ['no amount', [...good.slice(0, 3), 0]],
    ['less than nothing', [...good.slice(0, 3), -1]],
    ['a fraction', [...good.slice(0, 3), 1.5]],
    ['more than a row holds', [...good.slice(0, 3), 1n << 63n]],
    ['more than anybody may tell of', [...good.slice(0, 3), tooMuch]],
    ['a number whose check digits are wrong', [0, 1, '6180000000000100', 100]],
    ['a card’s payment where none can be', [0, 1, 'ab'.repeat(16), 100]],
    ['no card’s payment', [3, 1, 'AB'.repeat(16), 100]],
    ['a card’s payment that is too short', [3, 1, 'ab'.repeat(15), 100]],
    ['a fifth field that is no digest', [...good, 1]],
    ['a digest that is too short', [...good, new Uint8Array(15)]],
    ['a digest that is too long', [...good, new Uint8Array(17)]],
    ['a sixth field', [...good, new Uint8Array(16), 1]],
    ['a map', { kind: 0 }],
  ])('with %s are none', (_, value) => {
    expect(numberOf(encodeCanonical(good))).toBe(1)
    expect(() => numberOf(encodeCanonical(value))).toThrow(NoLine)
  })

  test('have one encoding: a longer one of the same numbers is none', () => {
    const bytes = Buffer.from(encodeCanonical(good))
    // 84 00 01 …: the row as two bytes.
    const longer = Buffer.concat([bytes.subarray(0, 2), Buffer.from([0x18, 0x01]), bytes.subarray(3)])
    expect(() => numberOf(longer)).toThrow(NoLine)
  })

  test('cut off in the middle are none', () => {
    expect(() => numberOf(encodeCanonical(good).subarray(0, -1))).toThrow(NoLine)
  })
})

const header: Header = {
  format: 'tonebank day end 1',
  network: 'tonebank',
  from: institutionId('lantern'),
  to: institutionId('harbour'),
  number: 1n,
  date: '2026-11-22',
  cutOff: { at: 1_795_359_600_000n, timeZone: 'Asia/Shanghai' },
  previous: noFile,
  asset: { code: 'CNY', scale: 2 },
  sections: [
    {
      tenant: institutionId('lantern'),
      totals: { ...noTotals(), capture: { count: 2n, minor: 300n } },
      root: new Uint8Array(32),
      head: {
        chain: 'main',
        seq: 9n,
        hash: 'ab'.repeat(32),
        at: 1n,
        signature: { keyId: 'k', bytes: new Uint8Array(64) },
      },
    },
  ],
}

describe('a header', () => {
  test('is read as it was written', () => expect(decodeHeader(encodeHeader(header))).toEqual(header))

  test('has another hash as soon as anything in it is another', () => {
    const others: Header[] = [
      { ...header, number: 2n },
      { ...header, date: '2026-11-23' },
      { ...header, previous: new Uint8Array(32).fill(1) },
      { ...header, sections: [{ ...header.sections[0], root: new Uint8Array(32).fill(1) }] },
    ]
    const hashes = [header, ...others].map(each => hex(fileHash(encodeHeader(each))))
    expect(new Set(hashes).size).toBe(5)
  })

  test('with a field too many is none', () => {
    expect(() => decodeHeader(encodeCanonical({ ...header, buyer: '6200100007' }))).toThrow()
  })
})

describe('a result', () => {
  const result: Result = {
    format: 'tonebank day-end result 1',
    number: 1n,
    date: '2026-11-22',
    file: new Uint8Array(fileHash(encodeHeader(header))),
    postedOn: '2026-11-23',
    accepted: {
      capture: { count: 3n, minor: 900n },
      reversal: { count: 1n, minor: 100n },
      termination: { count: 1n, minor: 50n },
      refund: { count: 1n, minor: 30n },
    },
    breaks: 0n,
    float: { opening: 1_000n, sales: 500n, captures: 800n, terminations: 50n, closing: 650n },
    settlement: { opening: 10n, captures: 800n, fee: 8n, refunds: 30n, paidOut: 2n, closing: 770n },
    head: { chain: 'main', seq: 3n, hash: 'cd'.repeat(32) },
  }

  test('is read as it was written, and adds up', () => {
    expect(decodeResult(encodeResult(result))).toEqual(result)
    expect(wrongIn(result)).toEqual([])
  })

  test.each([
    ['closing float', { ...result, float: { ...result.float, closing: 651n } }],
    ['sales', { ...result, float: { ...result.float, sales: 499n } }],
    ['fee', { ...result, settlement: { ...result.settlement, fee: 7n } }],
    ['captures', { ...result, accepted: { ...result.accepted, capture: { count: 3n, minor: 901n } } }],
    ['terminations', { ...result, accepted: { ...result.accepted, termination: { count: 1n, minor: 51n } } }],
    ['refunds', { ...result, accepted: { ...result.accepted, refund: { count: 1n, minor: 31n } } }],
  ])('that is wrong in its %s does not', (_, wrong) => expect(wrongIn(wrong)).not.toEqual([]))
})
