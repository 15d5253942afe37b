/**
 * What comes down as sound: all that the receiver asks to be signed, as a canonical CBOR array, so that the terminal can show a
 * payee that is in no directory. It is not encrypted: whoever hears the line hears what is about to be paid.
 *
 *     [version, type, receiver, nonce, issuedAt, …the order's fields of that type]
 */
import { decodeCanonical, encodeCanonical } from '../../canonical.ts'
import { type OrderRequest, type OrderType, orderLifetimeSeconds } from '../order.ts'
import { requestFields, requestOf } from '../order-bytes.ts'

const requestVersion = 1

export const typeNumbers = {
  'sign-in': 1,
  pay: 2,
  transfer: 3,
  fund: 4,
  trade: 5,
  cancel: 6,
} as const satisfies Record<OrderType, number>

const paid = ['payee', 'amount', 'currency', 'scale']

/** Keys of the order's map whose values follow, in this order; null stands for one that is absent. */
const fieldsOf: Readonly<Record<OrderType, readonly string[]>> = {
  'sign-in': [],
  pay: paid,
  transfer: paid,
  fund: ['direction', ...paid],
  trade: ['side', 'isin', 'quantity', 'limit'],
  cancel: ['trade'],
}

export function typeNumbered(number: unknown): OrderType | undefined {
  return (Object.keys(typeNumbers) as OrderType[]).find(name => typeNumbers[name] === number)
}

export function encodeRequest(request: OrderRequest): Uint8Array {
  const { type, receiver, nonce, issuedAt } = request
  const fields = requestFields(request)
  const values = fieldsOf[type].map(key => fields[key] ?? null)
  return encodeCanonical([requestVersion, typeNumbers[type], receiver, nonce, issuedAt, ...values])
}

/** Undefined when it is no request, or not the one encoding of it. */
export function parseRequest(message: Uint8Array): OrderRequest | undefined {
  try {
    const items = decodeCanonical(message)
    if (!Array.isArray(items)) return undefined
    const [version, number, receiver, nonce, issuedAt, ...values] = items
    const type = typeNumbered(number)
    if (version !== requestVersion || type === undefined || values.length !== fieldsOf[type].length) return undefined
    const given = fieldsOf[type].map((key, at) => [key, values[at]]).filter(([, value]) => value !== null)
    const expiresAt = issuedAt + orderLifetimeSeconds
    return requestOf({ type, receiver, nonce, issuedAt, expiresAt, ...Object.fromEntries(given) })
  } catch {
    return undefined
  }
}
