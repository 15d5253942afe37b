/**
 * What a browser may ask: to make, take back and end a call from the account that was lent to its page. Of all that, an INVITE alone goes
 * on to Asterisk, made anew from the values of the headers that it needs, so that nothing else comes through.
 */
import { headerOf, headersOf, outside, type SipMessage, type SipRequest, tagOf } from '../../sip-message.ts'
import { field } from './own-requests.ts'

export interface Refusal {
  readonly status: number
  readonly reason: string
  readonly says: readonly string[]
}

const passed = ['INVITE', 'ACK', 'CANCEL', 'BYE']
/** Each stands once; Max-Forwards and what describes a body may be missing. */
const needed = ['via', 'from', 'to', 'call-id', 'cseq']
/** As they are written to Asterisk. */
const kept: ReadonlyMap<string, string> = new Map(
  ['Via', 'Max-Forwards', 'From', 'To', 'Call-ID', 'CSeq', 'Contact', 'Content-Type'].map(name => [
    name.toLowerCase(),
    name,
  ]),
)
/** Of a browser's own headers, the longest has 100. */
const mostCharacters = 256

/**
 * True where a header that is read is longer than any browser's, or holds what no line of text does: a carriage return alone is a line's
 * end to Asterisk, and none to us.
 */
export function isOutOfForm({ startLine, fields }: SipMessage): boolean {
  const values = fields.flatMap(({ name, value }) => (kept.has(name) ? [value] : []))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return [startLine, ...values].some(value => value.length > mostCharacters || /[\x00-\x1f\x7f]/.test(value))
}

const refuse = (status: number, reason: string, says: readonly string[] = []): Refusal => ({ status, reason, says })

/** Why a request goes no further; undefined where it does. */
export function refusalOf(request: SipRequest, account: string): Refusal | undefined {
  if (needed.some(name => headersOf(request, name).length !== 1)) return refuse(400, 'Bad Request')
  if (!passed.includes(request.method)) return refuse(405, 'Method Not Allowed', [`Allow: ${passed.join(', ')}`])
  if (!isSequence(headerOf(request, 'cseq') ?? '', request.method)) return refuse(400, 'Bad Request')
  if (userOf(headerOf(request, 'from') ?? '') !== account) return refuse(403, 'Forbidden')
  if (request.method !== 'INVITE') return undefined
  // What a call is like once it began is not changed by the page.
  if (tagOf(headerOf(request, 'to') ?? '') !== undefined) return refuse(488, 'Not Acceptable Here')
  if (numberCalled(request) === undefined) return refuse(404, 'Not Found')
  if (headerOf(request, 'content-type')?.toLowerCase() !== 'application/sdp')
    return refuse(415, 'Unsupported Media Type', ['Accept: application/sdp'])
  return undefined
}

/** RFC 3261, section 8.1.1.5: below 2^31. */
const isSequence = (value: string, method: string): boolean =>
  value.replace(/^\d{1,9} +/, '') === method && /^\d/.test(value)

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

/** With these headers alone, each written from its value, and more of ours. */
export function madeAnew(request: SipRequest, own: readonly string[], body: Uint8Array): SipRequest {
  const fields = request.fields.flatMap(({ name, value }) => {
    const written = kept.get(name)
    return written === undefined ? [] : [{ name, value, raw: `${written}: ${value}` }]
  })
  const length = `Content-Length: ${body.byteLength}`
  return { ...request, fields: [...fields, ...[...own, length].map(field)], body }
}
