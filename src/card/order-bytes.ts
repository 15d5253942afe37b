/**
 * An order as bytes: deterministic CBOR (RFC 8949 §4.2.1), one encoding for one order. What a card signs is
 *
 *     [the order's bytes, counter, verified]
 *
 * as a canonical array, the order a byte string in it: the card need not understand an order, and nothing that a terminal puts at
 * the end of one can be taken for the card's two numbers.
 */
import { z } from 'zod'
import { bytes, sameBytes } from '../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { accountNumberShape, institutionIdShape } from '../ids.ts'
import { type Asset, isPayable, type Money } from '../money.ts'
import { parseCardNumber, parseIsin } from './numbers.ts'
import {
  greatestCounter,
  longestNameBytes,
  type Matter,
  nonceLength,
  type Order,
  type OrderRequest,
  orderLifetimeSeconds,
  type Payee,
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
const tradeNumber = z.string().regex(/^[A-Z0-9-]{1,20}$/)
const payee = z.strictObject({ bank: institutionIdShape, account: accountNumberShape, name: payeeName })

const asked = {
  network: z.literal(network),
  version: z.literal(version),
  receiver: institutionIdShape,
  nonce,
  issuedAt: seconds,
  expiresAt: seconds,
}
const held = { issuer: institutionIdShape, card: cardNumber, account: accountNumberShape }
const paid = { payee, amount, currency, scale }

/** Undefined when an order cannot name it. */
export function parsePayee(told: unknown): Payee | undefined {
  const { data } = payee.safeParse(told)
  return data
}

/** One map for each type, with the fields that all have in common. */
const shapeWith = <Common extends z.ZodRawShape>(common: Common) =>
  z.discriminatedUnion('type', [
    z.strictObject({ ...common, type: z.literal('sign-in') }),
    z.strictObject({ ...common, type: z.enum(['pay', 'transfer']), ...paid }),
    z.strictObject({ ...common, type: z.literal('fund'), direction: z.enum(['in', 'out']), ...paid }),
    z.strictObject({
      ...common,
      type: z.literal('trade'),
      side: z.enum(['buy', 'sell']),
      isin,
      quantity: amount,
      limit: z.strictObject({ amount, currency, scale }).optional(),
    }),
    z.strictObject({ ...common, type: z.literal('cancel'), trade: tradeNumber }),
  ])

const matterShape = shapeWith({})
const requestShape = shapeWith(asked)
const orderShape = shapeWith({ ...asked, ...held })

/** @throws NotAnOrder for one that nobody could read: a nonce of another length, a name that cannot be shown, an amount of nothing. */
export function encodeOrder(order: Order): Uint8Array {
  const { issuer, card, account } = order
  const encoded = encodeCanonical({ ...requestFields(order), issuer, card, account })
  parseOrder(encoded)
  return encoded
}

/** @throws NotAnOrder */
export function parseOrder(encoded: Uint8Array): Order {
  const read = right(orderShape.safeParse(decoded(encoded)))
  const { receiver, nonce, issuedAt, expiresAt, issuer, card, account, ...matter } = read
  return { receiver, nonce, issuedAt, expiresAt, issuer, card, account, ...matterOf(matter) }
}

/** What the card signs, from the bytes of an order that are not looked into. */
export function appendWitness(order: Uint8Array, { counter, verified }: Witness): Uint8Array {
  return encodeCanonical([order, counter, verifications[verified]])
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
  if (!(order instanceof Uint8Array)) throw new NotAnOrder('it has no order in it')
  if (!Number.isInteger(counter) || counter < 1 || counter > greatestCounter)
    throw new NotAnOrder('its counter is none')
  if (verified !== verifications.pin) throw new NotAnOrder('nobody was verified')
  return { order: parseOrder(order), witness: { counter, verified: 'pin' } }
}

/** The first field, by its key in the map, in which an order is not what was asked; the card's own fields are not compared. */
export function changedField(request: OrderRequest, order: Order): string | undefined {
  const [expected, found] = [requestFields(request), requestFields(order)]
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])].find(
    key => !sameBytes(encodeCanonical(expected[key] ?? null), encodeCanonical(found[key] ?? null)),
  )
}

/** The fields of an order that its request has, by their keys in the map. */
export function requestFields(request: OrderRequest): Readonly<Record<string, unknown>> {
  const { receiver, nonce, issuedAt, expiresAt } = request
  return { network, version, receiver, nonce, issuedAt, expiresAt, ...matterFields(request) }
}

/** A request out of such fields. @throws NotAnOrder */
export function requestOf(fields: Readonly<Record<string, unknown>>): OrderRequest {
  const { receiver, nonce, issuedAt, expiresAt, ...matter } = right(
    requestShape.safeParse({ network, version, ...fields }),
  )
  return { receiver, nonce, issuedAt, expiresAt, ...matterOf(matter) }
}

function decoded(encoded: Uint8Array): unknown {
  try {
    return decodeCanonical(encoded)
  } catch (error) {
    throw new NotAnOrder('it is not canonical CBOR', error)
  }
}

function right<Fields extends { issuedAt: number; expiresAt: number }>(read: z.ZodSafeParseResult<Fields>): Fields {
  if (!read.success) throw new NotAnOrder(z.prettifyError(read.error))
  const { issuedAt, expiresAt } = read.data
  if (expiresAt !== issuedAt + orderLifetimeSeconds) throw new NotAnOrder('it lives longer or shorter than all do')
  return read.data
}

function matterOf(fields: z.output<typeof matterShape>): Matter {
  switch (fields.type) {
    case 'sign-in':
      return { type: fields.type }
    case 'pay':
    case 'transfer':
      return { type: fields.type, payee: fields.payee, amount: moneyIn(fields) }
    case 'fund':
      return { type: fields.type, direction: fields.direction, payee: fields.payee, amount: moneyIn(fields) }
    case 'trade': {
      const quantity = payable(fields.quantity, { code: fields.isin, scale: 0 })
      const limit = fields.limit === undefined ? {} : { limit: moneyIn(fields.limit) }
      return { type: fields.type, side: fields.side, quantity, ...limit }
    }
    case 'cancel':
      return { type: fields.type, trade: fields.trade }
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

function matterFields(matter: Matter): z.input<typeof matterShape> {
  switch (matter.type) {
    case 'sign-in':
      return { type: matter.type }
    case 'pay':
    case 'transfer':
      return { type: matter.type, payee: payeeFields(matter.payee), ...moneyFields(matter.amount) }
    case 'fund': {
      const { type, direction, amount } = matter
      return { type, direction, payee: payeeFields(matter.payee), ...moneyFields(amount) }
    }
    case 'trade': {
      const { type, side, quantity, limit } = matter
      if (quantity.asset.scale !== 0) throw new NotAnOrder('a part of a share is ordered')
      const trade = { type, side, isin: quantity.asset.code, quantity: quantity.minor }
      return limit === undefined ? trade : { ...trade, limit: moneyFields(limit) }
    }
    case 'cancel':
      return { type: matter.type, trade: matter.trade }
  }
}

function payeeFields({ bank, account, name }: Payee) {
  return { bank, account, name }
}

function moneyFields({ minor, asset }: Money) {
  return { amount: minor, currency: asset.code, scale: asset.scale }
}
