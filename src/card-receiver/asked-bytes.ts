/** A request as the books of whoever asked it keep it, and a new one with a nonce that was just drawn. */
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { type Matter, nonceLength, type OrderRequest, type OrderType, orderLifetimeSeconds } from '../card/order.ts'
import { requestFields, requestOf } from '../card/order-bytes.ts'
import type { InstitutionId } from '../ids.ts'
import { InvariantBroken } from '../invariant.ts'
import type { Runtime } from '../runtime.ts'

/** `at`: milliseconds since 1970. Whether the nonce is a new one, the books say. */
export function drawRequest<T extends OrderType>(
  runtime: Runtime,
  { receiver, at, type }: { readonly receiver: InstitutionId; readonly at: number; readonly type: T },
  matter: Matter,
): OrderRequest & { readonly type: T } {
  const issuedAt = Math.trunc(at / 1_000)
  const times = { issuedAt, expiresAt: issuedAt + orderLifetimeSeconds }
  const request: OrderRequest = { receiver, nonce: runtime.random(nonceLength), ...times, ...matter }
  if (!isOf(request, type)) throw new InvariantBroken('what is asked for is of another type', type)
  return request
}

function isOf<T extends OrderType>(request: OrderRequest, type: T): request is OrderRequest & { readonly type: T } {
  return request.type === type
}

export function requestBytes(request: OrderRequest): Uint8Array {
  return encodeCanonical(requestFields(request))
}

export function requestIn({ request }: { readonly request: Uint8Array }): OrderRequest {
  return requestOf(decodeCanonical(request) as Readonly<Record<string, unknown>>)
}
