/** What the two COSE messages have in common (RFC 9052 sections 2 and 3): a protected header, an unprotected one, and the rest. */
import { decodeCanonicalMaps } from '../../canonical.ts'

export class NotCose extends Error {
  constructor(reason: string, cause?: unknown) {
    super(`not a COSE message of ours: ${reason}`, { cause })
    this.name = 'NotCose'
  }
}

/** Labels of headers: RFC 9052 section 3.1, and `ek` of draft-ietf-cose-hpke-27 section 7.3.1. */
export const headersOf = { algorithm: 1, critical: 2, encapsulatedKey: -4 } as const

type Headers = ReadonlyMap<unknown, unknown>

export interface MessageParts {
  /** The encoded map, as it is authenticated. */
  readonly protectedHeader: Uint8Array
  readonly headers: Headers
  readonly unprotected: Headers
  /** What follows the two headers. */
  readonly last: readonly unknown[]
}

/** `items`: of the outer array. @throws NotCose */
export function messageParts(message: Uint8Array, items: number): MessageParts {
  const value = decoded(message)
  if (!Array.isArray(value) || value.length !== items) throw new NotCose(`it is no array of ${items}`)
  const [protectedHeader, unprotected, ...last] = value
  if (!(protectedHeader instanceof Uint8Array) || !(unprotected instanceof Map)) throw new NotCose('it has no headers')
  const headers = protectedHeader.length === 0 ? new Map() : decoded(protectedHeader)
  if (!(headers instanceof Map)) throw new NotCose('its protected header is no map')
  if (headers.has(headersOf.critical) || unprotected.has(headersOf.critical))
    throw new NotCose('it has a header that must be understood')
  return { protectedHeader, headers, unprotected, last }
}

function decoded(bytes: Uint8Array): unknown {
  try {
    return decodeCanonicalMaps(bytes)
  } catch (error) {
    throw new NotCose('it is not canonical CBOR', error)
  }
}
