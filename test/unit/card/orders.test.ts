/** Orders: there and back in one encoding, refused in any other, and shown from their bytes. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../../src/bytes.ts'
import { decodeCanonical, encodeCanonical } from '../../../src/canonical.ts'
import { parseIsin } from '../../../src/card/numbers.ts'
import type { Order } from '../../../src/card/order.ts'
import { appendWitness, encodeOrder, NotAnOrder, parseOrder, parseWitnessed } from '../../../src/card/order-bytes.ts'
import { showOrder } from '../../../src/card/shown.ts'
import { money, yuan } from '../../../src/money.ts'
import { asked, card, holder, matters, payee, shop } from './cast.ts'

const orders: Order[] = matters.map(matter => ({ ...asked, ...holder, ...matter }))
const [, pay] = orders
const seed = 20_261_126

const changed = (change: object, from: Order | undefined = pay) =>
  encodeCanonical({ ...(decodeCanonical(encodeOrder(from as Order)) as object), ...change })

test.each(orders)('an order to $type goes there and back', order => {
  const bytes = encodeOrder(order)
  expect(parseOrder(bytes)).toEqual(order)
  expect(toHex(encodeOrder(parseOrder(bytes)))).toBe(toHex(bytes))
})

test.each(orders)(
  'what a card signs of an order to $type is the order, its counter and how its holder was verified',
  order => {
    const witness = { counter: 70_000, verified: 'pin' } as const
    const payload = appendWitness(encodeOrder(order), witness)
    expect(parseWitnessed(payload)).toEqual({ order, witness })
    expect(toHex(encodeCanonical(decodeCanonical(payload)))).toBe(toHex(payload))
  },
)

describe('refused are', () => {
  test.each<[string, object]>([
    ['another network', { network: 'tonebonk' }],
    ['another version', { version: 2 }],
    ['another type', { type: 'donate' }],
    ['a field that is unknown', { tip: 1 }],
    ['a field of another type', { direction: 'in' }],
    ['a receiver that is no id', { receiver: 'Bookshop' }],
    ['a card with a slip in its number', { card: `${card.slice(0, -1)}${(Number(card.at(-1)) + 1) % 10}` }],
    ['an account with a slip in its number', { account: holder.account.replace('1', '2') }],
    ['a nonce of 7 bytes', { nonce: new Uint8Array(7) }],
    ['a time with a fraction', { issuedAt: asked.issuedAt + 0.5 }],
    ['a life of another length', { expiresAt: asked.issuedAt + 301 }],
    ['an amount of nothing', { amount: 0 }],
    ['a negative amount', { amount: -1 }],
    ['an amount beyond what a row holds', { amount: 2n ** 63n }],
    ['an amount as text', { amount: '100' }],
    ['a currency that is none', { currency: 'cny' }],
    ['a payee without a name', { payee: { bank: payee.bank, account: payee.account, name: '' } }],
    ['a name with a line break', { payee: { ...payee, name: 'Lotus\nBooks' } }],
    ['a name that turns what follows around', { payee: { ...payee, name: 'Lotus \u202eskooB' } }],
    ['a name of 61 bytes', { payee: { ...payee, name: 'x'.repeat(61) } }],
    ['a name in another form of its letters', { payee: { ...payee, name: 'Cafe\u0301' } }],
  ])('%s', (_what, change) => {
    expect(() => parseOrder(changed(change))).toThrow(NotAnOrder)
  })

  test.each<[string, object]>([
    ['an ISIN with a slip', { isin: 'US0378331006' }],
    ['a side that is none', { side: 'hold' }],
    ['shares in parts', { quantity: 1.5 }],
  ])('a trade with %s', (_what, change) => {
    expect(() =>
      parseOrder(
        changed(
          change,
          orders.find(({ type }) => type === 'trade'),
        ),
      ),
    ).toThrow(NotAnOrder)
  })

  test('a missing field, whichever it is', () => {
    for (const order of orders) {
      const whole = decodeCanonical(encodeOrder(order)) as Record<string, unknown>
      const needed = Object.keys(whole).filter(name => name !== 'limit')
      for (const name of needed) {
        const { [name]: _gone, ...rest } = whole
        expect(() => parseOrder(encodeCanonical(rest)), name).toThrow(NotAnOrder)
      }
    }
  })

  test('a counter of zero, one of five bytes, and a holder whom nobody verified', () => {
    const order = encodeOrder(pay as Order)
    for (const [counter, verified] of [
      [0, 1],
      [2 ** 32, 1],
      [1, 0],
      [1, 2],
    ])
      expect(() => parseWitnessed(encodeCanonical([order, counter, verified]))).toThrow(NotAnOrder)
  })

  test('an order that no receiver could read, before it is signed', () => {
    expect(() => encodeOrder({ ...asked, ...holder, type: 'pay', payee, amount: money(0n) })).toThrow(NotAnOrder)
    const half = money(1n, { code: 'US0378331005', scale: 1 })
    expect(() => encodeOrder({ ...asked, ...holder, type: 'trade', side: 'buy', quantity: half })).toThrow(NotAnOrder)
  })
})

test('nothing at the end of an order makes another counter of the card’s', () => {
  const order = encodeOrder(pay as Order)
  // Beginnings of numbers, texts, arrays: what would swallow the counter that follows, were the order not a byte string.
  for (const end of [[0x19, 0x01], [0x1a, 0, 0, 1], [0x05], [0x05, 0x41], [0x81], [0x61], [0xf9, 0x00]]) {
    const payload = appendWitness(Uint8Array.of(...order, ...end), { counter: 5, verified: 'pin' })
    expect(() => parseWitnessed(payload)).toThrow(NotAnOrder)
  }
  const bare = encodeCanonical([decodeCanonical(order), 261, 1])
  expect(() => parseWitnessed(bare)).toThrow(NotAnOrder)
})

test('every single-bit change of an order is refused, or is another order', () => {
  for (const order of orders.filter(({ type }) => type === 'pay' || type === 'cancel')) {
    const bytes = encodeOrder(order)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const other = bytes.slice()
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      let read: Order | undefined
      try {
        read = parseOrder(other)
      } catch (error) {
        expect(error).toBeInstanceOf(NotAnOrder)
      }
      if (read !== undefined) expect(toHex(encodeOrder(read))).toBe(toHex(other))
    }
  }
})

test('whatever bytes come in, they are read or refused, and nothing else happens', () => {
  const nearlyCbor = fc.anything({ withBigInt: true, withTypedArray: false }).map(value => {
    try {
      return encodeCanonical(value)
    } catch {
      return new Uint8Array()
    }
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), nearlyCbor), bytes => {
      for (const parse of [parseOrder, parseWitnessed]) expect(() => parse(bytes)).toThrow(NotAnOrder)
    }),
    { seed, numRuns: 2_000 },
  )
})

test('a terminal shows what is in the bytes', () => {
  expect(showOrder(encodeOrder(pay as Order))).toEqual({
    type: 'pay',
    receiver: shop,
    from: holder.account,
    payee,
    amount: '12000.00 CNY',
  })
  expect(
    orders
      .map(order => showOrder(encodeOrder(order)))
      .map(({ amount, way, limit, trade }) => ({ amount, way, limit, trade })),
  ).toEqual([
    {},
    { amount: '12000.00 CNY' },
    { amount: '1234567.89 CNY' },
    { amount: '50000.00 CNY', way: 'in' },
    { amount: '1.00 CNY', way: 'out' },
    { amount: '100 US0378331005', way: 'buy', limit: '12.00 CNY' },
    { amount: '7 US0378331005', way: 'sell' },
    { trade: 'P-000123' },
  ])
  expect(showOrder(changed({ amount: 1_200_001 })).amount).toBe('12000.01 CNY')
  expect(() => showOrder(encodeOrder(pay as Order).slice(1))).toThrow(NotAnOrder)
  expect(yuan(12_000n).minor).toBe(1_200_000n)
})

test('ISINs end in a check digit (ISO 6166)', () => {
  expect(['US0378331005', 'CNE000000R36', 'GB0002634946', 'DE000BAY0017'].map(parseIsin)).not.toContain(undefined)
  expect(['US0378331004', 'us0378331005', 'US037833100'].map(parseIsin)).toEqual([undefined, undefined, undefined])
})
