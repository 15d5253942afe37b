/** Messages up and down: counted byte by byte, the same in `docs/protocol.md`, there and back, and fuzzed. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/bytes.ts'
import { openerWith } from '../../../src/card/cose/hpke.ts'
import {
  type Answer,
  answerLayouts,
  decryptAnswer,
  encodeDigitAnswer,
  encryptAnswer,
  parseDigitAnswer,
} from '../../../src/card/messages/answer.ts'
import {
  type Challenge,
  challengeLayout,
  encodeChallenge,
  fitsChallenge,
  parseChallenge,
} from '../../../src/card/messages/challenge.ts'
import { frameTypes } from '../../../src/card/messages/frame-types.ts'
import { bytesOf } from '../../../src/card/messages/layout.ts'
import { digitFrameBytes, PartJoiner, splitForDigits } from '../../../src/card/messages/parts.ts'
import { encodeRequest, parseRequest, typeNumbers } from '../../../src/card/messages/request.ts'
import {
  issuerOf,
  makeCardNumber,
  packAccountNumber,
  packCardNumber,
  unpackAccountNumber,
  unpackCardNumber,
} from '../../../src/card/numbers.ts'
import type { Matter, OrderRequest } from '../../../src/card/order.ts'
import { money, yuan } from '../../../src/money.ts'
import hpke3 from '../../fixtures/card/cose-hpke-3.json' with { type: 'json' }
import {
  account,
  asked,
  bank,
  bankNumber,
  card,
  holder,
  institution,
  institutionNumber,
  matters,
  seeded,
  shop,
} from './cast.ts'

const seed = 20_261_126
const receiverKey = fromHex(hpke3.public)
const open = openerWith(fromHex(hpke3.private))
const random = seeded(7)

const answer = (form: 'hpke' | 'agreed', algorithm: Answer['algorithm'] = 'Ed25519'): Answer => ({
  algorithm,
  card,
  account: holder.account,
  witness: { counter: 0xffff_ffff, verified: 'pin' },
  signature: random(64),
  password: { form, bytes: random(form === 'hpke' ? 56 : 24) },
})

/** Rows of the table under a heading of the page, each as its cells. */
function tableIn(section: string, column: string): string[][] {
  const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
  const text = page.split(/^#+ /m).find(part => part.startsWith(`${section}\n`)) ?? ''
  const tables = text.split(/\n\n+/).filter(block => block.startsWith('|') && block.includes(column))
  return (tables[0] ?? '')
    .split('\n')
    .slice(2)
    .map(row =>
      row
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim()),
    )
}

describe('the table of bytes', () => {
  test('each message has a frame type of its own', () => {
    const { request, challenge, answer: sound, digitAnswer, result, inquiry, decline } = frameTypes
    expect(tableIn('Messages', 'travels as').map(([message, type]) => [message, Number(type)])).toEqual([
      ['request', request],
      ['challenge', challenge],
      ['answer', sound],
      ['answer in digits', digitAnswer],
      ['result', result],
      ['inquiry', inquiry],
      ['decline', decline],
    ])
  })

  test('up, as sound: at most 200 bytes, field by field as the page says', async () => {
    const message = await encryptAnswer(random, { receiver: shop, receiverKey }, answer('hpke'))
    expect(message).toHaveLength(195)
    // 83 | 44 a1011829 | a1 23 5820 encapsulated key | 5897 ciphertext, tag
    const [head, key, content] = [1 + 1 + 4, 1 + 1 + 2 + 32, 2 + 135 + 16]
    expect(toHex(message.slice(0, head + 4))).toBe('8344a1011829a1235820')
    expect(toHex(message.slice(head + key, head + key + 2))).toBe('5897')
    expect(head + key + content).toBe(message.length)
    expect(tableIn('Answer', 'protectedHeader').map(([, bytes]) => Number(bytes))).toEqual([1, 5, key, content, 195])
  })

  test('up, as digits: two frames of at most 64 bytes', () => {
    const frames = splitForDigits(encodeDigitAnswer(answer('agreed')), 3)
    expect(frames.map(({ length }) => length)).toEqual([53, 52])
    expect(Math.max(...frames.map(({ length }) => length))).toBeLessThanOrEqual(digitFrameBytes)
  })

  test('down, as digits: at most 40 digits', () => {
    const message = encodeChallenge({ ...asked, type: 'pay', receiver: institutionNumber(9_999) })
    expect(toHex(message).length).toBeLessThanOrEqual(40)
  })

  test.each([
    ['Answer', 'sound', 1, answerLayouts.sound, 135],
    ['Answer', 'sound', 2, answerLayouts.digits, 103],
    ['Challenge', 'bytes', 1, challengeLayout, 20],
  ] as const)('%s in the page (%s, column %i) is what the code lays out', (section, column, at, layout, total) => {
    const rows = tableIn(section, column).map(cells => [cells[0], Number(cells[at])])
    expect(rows).toEqual([...Object.entries(layout).map(([name, length]) => [`\`${name}\``, length]), ['total', total]])
    expect(bytesOf(layout)).toBe(total)
  })

  test('down, as sound: each type at its longest, as the page says, and at most 200 bytes', () => {
    const longestId = institution(`x${'y'.repeat(30)}`)
    const payee = { bank: longestId, account: account('1234567890'), name: 'n'.repeat(60) }
    const amount = money(2n ** 63n - 1n)
    const shares = money(2n ** 63n - 1n, { code: 'US0378331005', scale: 0 })
    const longest: Matter[] = [
      { type: 'sign-in' },
      { type: 'pay', payee, amount },
      { type: 'transfer', payee, amount },
      { type: 'fund', direction: 'out', payee, amount },
      { type: 'trade', side: 'sell', quantity: shares, limit: amount },
      { type: 'cancel', trade: 'T'.repeat(20) },
    ]
    const sizes = longest.map(matter => encodeRequest({ ...asked, receiver: longestId, ...matter }).length)
    expect(sizes).toEqual([50, 191, 191, 195, 114, 71])
    expect(
      tableIn('Request', 'most bytes').map(([type, number, , most]) => [type, Number(number), Number(most)]),
    ).toEqual(longest.map(({ type }, at) => [`\`${type}\``, typeNumbers[type], sizes[at]]))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(200)
  })
})

describe('there and back', () => {
  test('an answer as sound, for its receiver alone', async () => {
    const sent = answer('hpke')
    const message = await encryptAnswer(random, { receiver: shop, receiverKey }, sent)
    expect(await decryptAnswer(shop, open, message)).toEqual(sent)
    expect(await decryptAnswer(bank, open, message)).toBeUndefined()
    expect(await decryptAnswer(shop, openerWith(random(32)), message)).toBeUndefined()
  })

  test.each(['Ed25519', 'P-256'] as const)('an answer as digits, signed with %s', algorithm => {
    const sent = answer('agreed', algorithm)
    expect(parseDigitAnswer(encodeDigitAnswer(sent))).toEqual(sent)
  })

  test.each(matters)('a request to $type', matter => {
    const request: OrderRequest = { ...asked, ...matter }
    expect(parseRequest(encodeRequest(request))).toEqual(request)
  })

  test.each(Object.keys(typeNumbers) as Challenge['type'][])('a challenge to %s', type => {
    const challenge: Challenge = { ...asked, type, receiver: bankNumber }
    expect(parseChallenge(encodeChallenge(challenge))).toEqual(challenge)
    const withAmount = { ...challenge, amount: yuan(10_995_116_277n) }
    expect(parseChallenge(encodeChallenge(withAmount))).toEqual(withAmount)
  })

  test('numbers of cards and accounts, zeros in front and all', () => {
    fc.assert(
      fc.property(fc.nat(9_999), fc.nat(99_999_999), fc.stringMatching(/^\d{4,10}$/), (issuer, serial, digits) => {
        const number = makeCardNumber(institutionNumber(issuer), serial)
        expect(unpackCardNumber(packCardNumber(number))).toBe(number)
        expect(issuerOf(number)).toBe(issuer)
        expect(unpackAccountNumber(packAccountNumber(account(digits)))).toBe(account(digits))
      }),
      { seed, numRuns: 500 },
    )
    expect(() => makeCardNumber(bankNumber, 100_000_000)).toThrow(RangeError)
  })
})

describe('refused are', () => {
  test('an amount that a challenge cannot say', () => {
    const challenge: Challenge = { ...asked, type: 'pay', receiver: bankNumber }
    const dollars = money(1n, { code: 'USD', scale: 2 })
    for (const amount of [money(0n), money(2n ** 40n), money(-1n), dollars]) {
      expect(() => encodeChallenge({ ...challenge, amount })).toThrow(RangeError)
      expect(fitsChallenge(amount)).toBe(false)
    }
    for (const amount of [money(1n), money(2n ** 40n - 1n)]) expect(fitsChallenge(amount)).toBe(true)
  })

  test('a password in the other form', async () => {
    await expect(async () => encryptAnswer(random, { receiver: shop, receiverKey }, answer('agreed'))).rejects.toThrow(
      RangeError,
    )
    expect(() => encodeDigitAnswer(answer('hpke'))).toThrow(RangeError)
  })

  test('a message that does not fit in two frames, or is none', () => {
    expect(() => splitForDigits(new Uint8Array(127), 1)).toThrow(RangeError)
    expect(() => splitForDigits(new Uint8Array(0), 1)).toThrow(RangeError)
    expect(() => splitForDigits(new Uint8Array(9), 32)).toThrow(RangeError)
  })

  test('whatever else comes in', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 250 }),
      fc.uint8Array({ minLength: 103, maxLength: 103 }),
      fc.uint8Array({ minLength: 20, maxLength: 20 }),
    )
    fc.assert(
      fc.property(bytes, message => {
        const [read, challenge, request] = [parseDigitAnswer(message), parseChallenge(message), parseRequest(message)]
        if (read !== undefined) expect(encodeDigitAnswer(read)).toEqual(message)
        if (challenge !== undefined) expect(encodeChallenge(challenge)).toEqual(message)
        if (request !== undefined) expect(encodeRequest(request)).toEqual(message)
      }),
      { seed, numRuns: 3_000 },
    )
  })
})

test('every single-bit change of an answer in digits is refused, or is another answer', () => {
  const message = encodeDigitAnswer(answer('agreed'))
  for (let bit = 0; bit < message.length * 8; bit++) {
    const changed = message.slice()
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const read = parseDigitAnswer(changed)
    if (read !== undefined) expect(encodeDigitAnswer(read)).toEqual(changed)
  }
})

describe('parts of a message in digits', () => {
  const message = random(103)
  const [first = message, second = message] = splitForDigits(message, 5)

  test('come in either order, and more than once', () => {
    for (const order of [
      [first, second],
      [second, first],
      [first, first, second],
      [second, second, first],
    ]) {
      const joiner = new PartJoiner()
      const heard = order.map(part => joiner.push(part))
      // The second half comes once more behind the first.
      expect(heard.at(-1)).toEqual({ outcome: 'whole', message, isFollowed: order.at(-1) === first })
      expect(heard.slice(0, -1).every(({ outcome }) => outcome === 'half')).toBe(true)
    }
  })

  test('of two messages do not make one', () => {
    const joiner = new PartJoiner()
    const [, other = message] = splitForDigits(random(103), 6)
    expect([first, other].map(part => joiner.push(part).outcome)).toEqual(['half', 'half'])
    expect(joiner.push(second).outcome).toBe('half')
    expect(joiner.push(first)).toMatchObject({ outcome: 'whole', message })
  })

  test('a short message is one part, and what is no part is unreadable', () => {
    const [only = message] = splitForDigits(message.slice(0, 63), 31)
    expect(new PartJoiner().push(only)).toMatchObject({ outcome: 'whole', message: message.slice(0, 63) })
    const wrong = [[], [0], [1, 1], [2, 1], new Array(65).fill(0)]
    expect(wrong.map(bytes => new PartJoiner().push(Uint8Array.from(bytes)).outcome)).toEqual(
      wrong.map(() => 'unreadable'),
    )
  })
})
