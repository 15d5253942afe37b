/**
 * What this telephone answers to the requests of the exchange (RFC 3261, section 8.2): it is called by nobody, transfers
 * nothing and subscribes to nothing, and leaves no request without an answer.
 */
import { headerOf, headersOf, type SipRequest, tagOf } from '../../sip-message.ts'
import type { AnswerDraft } from './messages.ts'

const served = ['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'UPDATE']
/** Methods of other standards, which are known and not allowed here; every other one is unknown. */
const known = ['REGISTER', 'INFO', 'PRACK', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'MESSAGE', 'REFER']

export const allow = `Allow: ${served.join(', ')}`
const ok = { status: 200, reason: 'OK' }

/** `new sound`: an offer, or for INVITE the wish for one, that the call has to answer. `bye`: the other side has hung up. */
export type Meaning =
  | { readonly kind: 'answer'; readonly answer: AnswerDraft }
  | { readonly kind: 'new sound' }
  | { readonly kind: 'bye' }

/** @param isAboutCall the request belongs to the call @param lastSequence of the requests before it within the call */
export function meaningOf(request: SipRequest, isAboutCall: boolean, lastSequence: number): Meaning {
  const { method } = request
  const answer = (status: number, reason: string, ...lines: string[]): Meaning => ({
    kind: 'answer',
    answer: { status, reason, lines },
  })
  if (!served.includes(method))
    return known.includes(method) ? answer(405, 'Method Not Allowed', allow) : answer(501, 'Not Implemented', allow)
  // What it would end has been answered already (section 9.2).
  if (method === 'CANCEL') return isAboutCall ? { kind: 'answer', answer: ok } : noSuchCall
  if (!isAboutCall && tagOf(headerOf(request, 'to') ?? '') !== undefined) return noSuchCall
  const unsupported = headersOf(request, 'require').flatMap(value => value.split(/\s*,\s*/))
  if (unsupported.length > 0) return answer(420, 'Bad Extension', `Unsupported: ${unsupported.join(', ')}`)
  if (method === 'OPTIONS') return answer(200, 'OK', allow, 'Accept: application/sdp')
  if (!isAboutCall) return method === 'INVITE' ? answer(603, 'Decline') : noSuchCall
  if (sequenceOf(request) < lastSequence) return answer(500, 'Out Of Order')
  if (method === 'BYE') return { kind: 'bye' }
  if (request.body.length > 0 && !isSound(request))
    return answer(415, 'Unsupported Media Type', 'Accept: application/sdp')
  return method === 'UPDATE' && request.body.length === 0
    ? { kind: 'answer', answer: { ...ok, lines: [allow] } }
    : { kind: 'new sound' }
}

export const sequenceOf = (request: SipRequest) => Number.parseInt(headerOf(request, 'cseq') ?? '', 10)

const noSuchCall: Meaning = { kind: 'answer', answer: { status: 481, reason: 'Call/Transaction Does Not Exist' } }

const isSound = (request: SipRequest) => /^application\/sdp\s*(;|$)/i.test(headerOf(request, 'content-type') ?? '')
