/**
 * Which requests of a browser reach Asterisk, and as what: those that make, take back and end a call from the account that was
 * lent to its page. Each is made anew from the headers that such a request needs, so that no other header comes through.
 */
import { headerOf, headersOf, outside, type SipRequest, tagOf } from '../../sip-message.ts'
import { field } from './own-requests.ts'

export interface Refusal {
  readonly status: number
  readonly reason: string
  readonly says: readonly string[]
}

const passed = ['INVITE', 'ACK', 'CANCEL', 'BYE']
/** Each stands once; Max-Forwards and what describes a body may be missing. */
const needed = ['via', 'from', 'to', 'call-id', 'cseq']
const kept = new Set([...needed, 'max-forwards', 'contact', 'content-type'])

const refuse = (status: number, reason: string, says: readonly string[] = []): Refusal => ({ status, reason, says })

/** Why a request goes no further; undefined where it does. */
export function refusalOf(request: SipRequest, account: string): Refusal | undefined {
  if (needed.some(name => headersOf(request, name).length !== 1)) return refuse(400, 'Bad Request')
  if (!passed.includes(request.method)) return refuse(405, 'Method Not Allowed', [`Allow: ${passed.join(', ')}`])
  if (headerOf(request, 'cseq')?.split(/\s+/)[1] !== request.method) return refuse(400, 'Bad Request')
  if (userOf(headerOf(request, 'from') ?? '') !== account) return refuse(403, 'Forbidden')
  if (request.method !== 'INVITE') return undefined
  // What a call is like once it began is not changed by the page.
  if (tagOf(headerOf(request, 'to') ?? '') !== undefined) return refuse(488, 'Not Acceptable Here')
  if (numberCalled(request) === undefined) return refuse(404, 'Not Found')
  if (headerOf(request, 'content-type')?.toLowerCase() !== 'application/sdp')
    return refuse(415, 'Unsupported Media Type', ['Accept: application/sdp'])
  return undefined
}

/** A number has 16 keys at most; a name or an address somewhere else is none. */
export const numberCalled = ({ uri }: SipRequest): string | undefined =>
  /^sip:([0-9*#]{1,16})@[\w.:-]+$/i.exec(uri)?.[1]

/** The user of the address in From: between the angle brackets, which a display name's quotes may imitate. */
function userOf(party: string): string | undefined {
  const bare = outside(party)
  const quoted = /"(?:[^"\\]|\\.)*"/g
  const address = /^\s*[^<>]*<sips?:([\w.-]+)@[^<>]*>[^<>]*$/.exec(party.replace(quoted, ''))
  return bare.includes(',') ? undefined : address?.[1]
}

/** With these headers alone, and more of ours. */
export function madeAnew(request: SipRequest, own: readonly string[], body: Uint8Array): SipRequest {
  const fields = request.fields.filter(({ name }) => kept.has(name))
  const length = `Content-Length: ${body.byteLength}`
  return { ...request, fields: [...fields, ...[...own, length].map(field)], body }
}
