/**
 * What Asterisk leaves without any answer inside a call, the edge answers: without one a telephone repeats its request for
 * 32 seconds, and many then end the call. Asterisk 22 claims every request of a call and lets those fall for which none of
 * its modules has a use (docs/decisions/016-the-sip-edge.md).
 */
import { headerOf, headersOf, type SipField, type SipMessage, type SipRequest, tagOf } from '../../sip-message.ts'

/** What Asterisk answers, inside a call or outside; ACK has no answer by its nature. */
const served = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'INFO', 'UPDATE', 'PRACK', 'REGISTER']
/** Keys: what else INFO may carry, nobody here has a use for. */
const keys = ['application/dtmf-relay', 'application/dtmf']

export interface Refusal {
  readonly status: number
  readonly reason: string
  /** Header lines that say what would be right. */
  readonly says: readonly string[]
}

/** Of a request inside a call that Asterisk would not answer; undefined of any other, which is Asterisk's to answer. */
export function refusalOf(request: SipRequest): Refusal | undefined {
  if (tagOf(headerOf(request, 'to') ?? '') === undefined) return undefined
  if (!served.includes(request.method)) {
    // RFC 3261, section 8.2.1: of a known method and of an unknown one.
    return { status: 405, reason: 'Method Not Allowed', says: [`Allow: ${served.join(', ')}`] }
  }
  if (request.method === 'INFO' && !mediaTypesOf(request).every(type => keys.includes(type))) {
    return { status: 415, reason: 'Unsupported Media Type', says: [`Accept: ${keys.join(', ')}`] }
  }
  return undefined
}

/** Asterisk's Allow header names every method that one of its modules has registered, answered or not. */
export function allowOnlyServed(field: SipField): SipField {
  const value = field.value.split(/[\s,]+/).filter(method => served.includes(method))
  return { name: field.name, value: value.join(', '), raw: `Allow: ${value.join(', ')}` }
}

const mediaTypesOf = (message: SipMessage) =>
  headersOf(message, 'content-type').map(value => value.split(';')[0]?.trim().toLowerCase() ?? '')
