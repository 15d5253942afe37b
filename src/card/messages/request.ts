/**
 * What comes down as sound: all that the receiver asks to be signed, as a canonical CBOR array, so that the terminal can show a
 * payee that is in no directory. It is not encrypted: whoever hears the line hears what is about to be paid.
 *
 *     [version, type, receiver, nonce, issuedAt, …what the type says]
 */
import { z } from 'zod'
import { bytes } from '../../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../../canonical.ts'
import { accountNumberShape, institutionIdShape } from '../../ids.ts'
import { isPayable, type Money } from '../../money.ts'
import { parseIsin } from '../numbers.ts'
import { nonceLength, type OrderRequest, type OrderType, orderLifetimeSeconds } from '../order.ts'
import { payeeName, tradeNumber } from '../order-bytes.ts'

const requestVersion = 1

export const typeNumbers = {
  'sign-in': 1,
  pay: 2,
  transfer: 3,
  fund: 4,
  trade: 5,
  cancel: 6,
} as const satisfies Record<OrderType, number>
const ways = { buy: 1, sell: 2, in: 3, out: 4 } as const

const head = [
  z.literal(requestVersion),
  institutionIdShape,
  bytes.refine(nonce => nonce.length === nonceLength),
  z.int().nonnegative(),
] as const
const [versionShape, receiverShape, nonceShape, issuedAtShape] = head

const payee = z
  .tuple([institutionIdShape, accountNumberShape, payeeName])
  .transform(([bank, account, name]) => ({ bank, account, name }))
const money = z
  .tuple([z.union([z.int(), z.bigint()]), z.string().regex(/^[A-Z]{3}$/), z.int().min(0).max(9)])
  .transform(([minor, code, scale]): Money => ({ minor: BigInt(minor), asset: { code, scale } }))
  .refine(amount => isPayable(amount, amount.asset))
const shares = z
  .tuple([z.union([z.int(), z.bigint()]), z.string().refine(text => parseIsin(text) !== undefined)])
  .transform(([minor, code]): Money => ({ minor: BigInt(minor), asset: { code, scale: 0 } }))
  .refine(quantity => isPayable(quantity, quantity.asset))

const of = <const Rest extends readonly z.ZodType[]>(type: OrderType, ...rest: Rest) =>
  z.tuple([versionShape, z.literal(typeNumbers[type]), receiverShape, nonceShape, issuedAtShape, ...rest])

const shapes = {
  'sign-in': of('sign-in'),
  pay: of('pay', payee, money),
  transfer: of('transfer', payee, money),
  fund: of('fund', z.union([z.literal(ways.in), z.literal(ways.out)]), payee, money),
  trade: of('trade', z.union([z.literal(ways.buy), z.literal(ways.sell)]), shares, money.nullable()),
  cancel: of('cancel', tradeNumber),
}

export function encodeRequest(request: OrderRequest): Uint8Array {
  const { receiver, nonce, issuedAt } = request
  return encodeCanonical([requestVersion, typeNumbers[request.type], receiver, nonce, issuedAt, ...restOf(request)])
}

function restOf(request: OrderRequest): unknown[] {
  switch (request.type) {
    case 'sign-in':
      return []
    case 'pay':
    case 'transfer':
      return [payeeItems(request.payee), moneyItems(request.amount)]
    case 'fund':
      return [ways[request.direction], payeeItems(request.payee), moneyItems(request.amount)]
    case 'trade': {
      const { side, quantity, limit } = request
      return [ways[side], [quantity.minor, quantity.asset.code], limit === undefined ? null : moneyItems(limit)]
    }
    case 'cancel':
      return [request.trade]
  }
}

function payeeItems({ bank, account, name }: { bank: string; account: string; name: string }): unknown[] {
  return [bank, account, name]
}

function moneyItems({ minor, asset }: Money): unknown[] {
  return [minor, asset.code, asset.scale]
}

/** Undefined when it is no request, or not the one encoding of it. */
export function parseRequest(message: Uint8Array): OrderRequest | undefined {
  let value: unknown
  try {
    value = decodeCanonical(message)
  } catch {
    return undefined
  }
  const type = Array.isArray(value)
    ? (Object.keys(typeNumbers) as OrderType[]).find(name => typeNumbers[name] === value[1])
    : undefined
  return type === undefined ? undefined : read(type, value)
}

function read(type: OrderType, value: unknown): OrderRequest | undefined {
  const asked = ([, , receiver, nonce, issuedAt]: readonly [
    unknown,
    unknown,
    OrderRequest['receiver'],
    Uint8Array,
    number,
    ...unknown[],
  ]) => ({ receiver, nonce, issuedAt, expiresAt: issuedAt + orderLifetimeSeconds })
  switch (type) {
    case 'sign-in': {
      const { data } = shapes['sign-in'].safeParse(value)
      return data && { ...asked(data), type }
    }
    case 'pay':
    case 'transfer': {
      const { data } = shapes[type].safeParse(value)
      return data && { ...asked(data), type, payee: data[5], amount: data[6] }
    }
    case 'fund': {
      const { data } = shapes.fund.safeParse(value)
      return (
        data && { ...asked(data), type, direction: data[5] === ways.in ? 'in' : 'out', payee: data[6], amount: data[7] }
      )
    }
    case 'trade': {
      const { data } = shapes.trade.safeParse(value)
      if (data === undefined) return undefined
      const limit = data[7] === null ? {} : { limit: data[7] }
      return { ...asked(data), type, side: data[5] === ways.buy ? 'buy' : 'sell', quantity: data[6], ...limit }
    }
    case 'cancel': {
      const { data } = shapes.cancel.safeParse(value)
      return data && { ...asked(data), type, trade: data[5] }
    }
  }
}
