/**
 * An order as bytes: deterministic CBOR (RFC 8949 §4.2.1), one encoding for one order. What a card signs is
 *
 *     [order, counter, verified]
 *
 * as a canonical array, so that the card appends its two numbers to an order that it need not understand.
 */
import { z } from 'zod'
import { bytes, joined } from '../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { accountNumberShape, institutionIdShape } from '../ids.ts'
import { type Asset, isPayable, type Money } from '../money.ts'
import { parseCardNumber, parseIsin } from './numbers.ts'
import {
  greatestCounter,
  longestNameBytes,
  nonceLength,
  type Order,
  orderLifetimeSeconds,
  verifications,
  type Witness,
} from './order.ts'

/** The bytes are no order, or not the one encoding of it. */
export class NotAnOrder extends Error {
  constructor(reason: string, cause?: unknown) {
    super(`not an order: ${reason}`, { cause })
    this.name = 'NotAnOrder'
  }
}

const network = 'tonebank'
const version = 1

const seconds = z.int().nonnegative()
const amount = z.union([z.int(), z.bigint()]).transform(BigInt)
const nonce = bytes.refine(nonce => nonce.length === nonceLength)
const currency = z.string().regex(/^[A-Z]{3}$/)
const scale = z.int().min(0).max(9)
const isin = z.string().refine(text => parseIsin(text) !== undefined)
const cardNumber = z.string().transform((text, context) => {
  const number = parseCardNumber(text)
  if (number !== undefined) return number
  context.addIssue('not a card number')
  return z.NEVER
})

/** What can be shown and read out: no control characters, no space at either end, one form of each letter (NFC). */
export const payeeName = z
  .string()
  .refine(
    name =>
      /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(name) &&
      name === name.trim().normalize('NFC') &&
      new TextEncoder().encode(name).length <= longestNameBytes,
    'not a name',
  )
export const tradeNumber = z.string().regex(/^[A-Z0-9-]{1,20}$/)
const payee = z.strictObject({ bank: institutionIdShape, account: accountNumberShape, name: payeeName })

const heading = {
  network: z.literal(network),
  version: z.literal(version),
  receiver: institutionIdShape,
  nonce,
  issuedAt: seconds,
  expiresAt: seconds,
  issuer: institutionIdShape,
  card: cardNumber,
  account: accountNumberShape,
}
const paid = { payee, amount, currency, scale }

const shape = z.discriminatedUnion('type', [
  z.strictObject({ ...heading, type: z.literal('sign-in') }),
  z.strictObject({ ...heading, type: z.enum(['pay', 'transfer']), ...paid }),
  z.strictObject({ ...heading, type: z.literal('fund'), direction: z.enum(['in', 'out']), ...paid }),
  z.strictObject({
    ...heading,
    type: z.literal('trade'),
    side: z.enum(['buy', 'sell']),
    isin,
    quantity: amount,
    limit: z.strictObject({ amount, currency, scale }).optional(),
  }),
  z.strictObject({ ...heading, type: z.literal('cancel'), trade: tradeNumber }),
])
type Wire = z.input<typeof shape>

/** @throws NotAnOrder for one that nobody could read: a nonce of another length, a name that cannot be shown, an amount of nothing. */
export function encodeOrder(order: Order): Uint8Array {
  const encoded = encodeCanonical(wireOf(order))
  parseOrder(encoded)
  return encoded
}

/** @throws NotAnOrder */
export function parseOrder(encoded: Uint8Array): Order {
  return orderIn(decoded(encoded))
}

/** What the card signs, from the bytes of an order that are not looked into. */
export function appendWitness(order: Uint8Array, { counter, verified }: Witness): Uint8Array {
  const threeItems = Uint8Array.of(0x83)
  return joined(threeItems, order, encodeCanonical(counter), encodeCanonical(verifications[verified]))
}

export interface WitnessedOrder {
  readonly order: Order
  readonly witness: Witness
}

/** Reads what a card signed. @throws NotAnOrder */
export function parseWitnessed(payload: Uint8Array): WitnessedOrder {
  const value = decoded(payload)
  if (!Array.isArray(value) || value.length !== 3) throw new NotAnOrder('it has no counter and verification')
  const [order, counter, verified] = value
  if (!Number.isInteger(counter) || counter < 1 || counter > greatestCounter)
    throw new NotAnOrder('its counter is none')
  if (verified !== verifications.pin) throw new NotAnOrder('nobody was verified')
  return { order: orderIn(order), witness: { counter, verified: 'pin' } }
}

function decoded(encoded: Uint8Array): unknown {
  try {
    return decodeCanonical(encoded)
  } catch (error) {
    throw new NotAnOrder('it is not canonical CBOR', error)
  }
}

function orderIn(value: unknown): Order {
  const read = shape.safeParse(value)
  if (!read.success) throw new NotAnOrder(z.prettifyError(read.error))
  const { network: _network, version: _version, ...wire } = read.data
  if (wire.expiresAt !== wire.issuedAt + orderLifetimeSeconds)
    throw new NotAnOrder('it lives longer or shorter than all do')
  const { receiver, nonce, issuedAt, expiresAt, issuer, card, account } = wire
  const common = { receiver, nonce, issuedAt, expiresAt, issuer, card, account }
  switch (wire.type) {
    case 'sign-in':
      return { ...common, type: wire.type }
    case 'pay':
    case 'transfer':
      return { ...common, type: wire.type, payee: wire.payee, amount: moneyIn(wire) }
    case 'fund':
      return { ...common, type: wire.type, direction: wire.direction, payee: wire.payee, amount: moneyIn(wire) }
    case 'trade': {
      const quantity = payable(wire.quantity, { code: wire.isin, scale: 0 })
      const limit = wire.limit === undefined ? {} : { limit: moneyIn(wire.limit) }
      return { ...common, type: wire.type, side: wire.side, quantity, ...limit }
    }
    case 'cancel':
      return { ...common, type: wire.type, trade: wire.trade }
  }
}

function moneyIn({ amount, currency, scale }: { amount: bigint; currency: string; scale: number }): Money {
  return payable(amount, { code: currency, scale })
}

function payable(minor: bigint, asset: Asset): Money {
  const money = { minor, asset }
  if (!isPayable(money, asset)) throw new NotAnOrder('its amount cannot be paid')
  return money
}

function wireOf(order: Order): Wire {
  const { receiver, nonce, issuedAt, expiresAt, issuer, card, account } = order
  const common = { network, version, receiver, nonce, issuedAt, expiresAt, issuer, card, account } as const
  switch (order.type) {
    case 'sign-in':
      return { ...common, type: order.type }
    case 'pay':
    case 'transfer':
      return { ...common, type: order.type, payee: payeeWire(order.payee), ...moneyWire(order.amount) }
    case 'fund': {
      const { type, direction, amount } = order
      return { ...common, type, direction, payee: payeeWire(order.payee), ...moneyWire(amount) }
    }
    case 'trade': {
      const { type, side, quantity, limit } = order
      if (quantity.asset.scale !== 0) throw new NotAnOrder('a part of a share is ordered')
      const wire = { ...common, type, side, isin: quantity.asset.code, quantity: quantity.minor }
      return limit === undefined ? wire : { ...wire, limit: moneyWire(limit) }
    }
    case 'cancel':
      return { ...common, type: order.type, trade: order.trade }
  }
}

function payeeWire({ bank, account, name }: { bank: string; account: string; name: string }) {
  return { bank, account, name }
}

function moneyWire({ minor, asset }: Money) {
  return { amount: minor, currency: asset.code, scale: asset.scale }
}
