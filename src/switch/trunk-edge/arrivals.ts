/**
 * Who comes by a trunk, and for what: only calls to the numbers that the file of the installation gives to lines, and only so many. A
 * provider passes on what its callers write, so each of it is a stranger's word.
 */
import { RateLimit } from '../../keys/rate-limit.ts'
import type { Runtime } from '../../runtime.ts'
import { headerOf, headersOf, type SipMessage, type SipRequest, tagOf } from '../../sip-message.ts'
import type { Refusal } from '../sip-edge/refusals.ts'
import { type Trunk, trunkExtension } from './trunk.ts'

const allowed = 'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK'
const notAllowed: Refusal = { status: 405, reason: 'Method Not Allowed', says: [allowed] }
/** A provider asks so whether we are there. */
const here: Refusal = { status: 200, reason: 'OK', says: [allowed, 'Accept: application/sdp'] }
const notFound: Refusal = { status: 404, reason: 'Not Found', says: [] }
const tooMany: Refusal = { status: 503, reason: 'Service Unavailable', says: ['Retry-After: 10'] }

/** By which the provider names us where it names no number: the number that was dialled then stands in To. */
export const ownUser = 'tonebank'

const mostTaken = 64

export class TrunkArrivals {
  readonly #trunk: Trunk
  readonly #calls: RateLimit
  /** By Call-ID and CSeq: the latest calls. */
  readonly #taken: string[] = []

  constructor(trunk: Trunk, runtime: Runtime) {
    this.#trunk = trunk
    this.#calls = new RateLimit(runtime, trunk.calls.rate)
  }

  /** What to answer in Asterisk's place; undefined: the request may go on. */
  refusalOf(request: SipRequest): Refusal | undefined {
    if (isWithinCall(request) || ['ACK', 'CANCEL'].includes(request.method)) return undefined
    if (request.method === 'OPTIONS') return here
    if (request.method !== 'INVITE') return notAllowed
    if (this.#numberOf(request) === undefined) return notFound
    const name = `${headerOf(request, 'call-id')} ${headerOf(request, 'cseq')}`
    // Said again, as a datagram may have been lost.
    if (this.#taken.includes(name)) return undefined
    if (!this.#calls.take(this.#trunk.name)) return tooMany
    this.#taken.push(name)
    if (this.#taken.length > mostTaken) this.#taken.shift()
    return undefined
  }

  /** The request as Asterisk is to have it: to a name that its dialplan knows. The same object when there is nothing to change. */
  readdressed<M extends SipMessage>(message: M): M {
    if (message.kind !== 'request' || message.method !== 'INVITE' || isWithinCall(message)) return message
    const number = this.#numberOf(message)
    if (number === undefined) return message
    const isAttested = this.#trunk.attested && isVouchedFor(message)
    const uri = `sip:${trunkExtension(this.#trunk, number, isAttested)}@127.0.0.1`
    return { ...message, uri, startLine: `INVITE ${uri} SIP/2.0` }
  }

  #numberOf(request: SipRequest): string | undefined {
    const { numbers } = this.#trunk
    const asked = userIn(request.uri)
    const dialled = asked === ownUser ? userIn(headerOf(request, 'to') ?? '') : asked
    return dialled !== undefined && Object.hasOwn(numbers, dialled) ? dialled : undefined
  }
}

const isWithinCall = (request: SipRequest) => tagOf(headerOf(request, 'to') ?? '') !== undefined

/** The user of a SIP URI, alone or in a header, without what may follow a number; undefined where it is neither number nor word. */
function userIn(text: string): string | undefined {
  const unquoted = text.replace(/"(?:[^"\\]|\\.)*"/g, '')
  return /^(?:[^<]*<)?\s*sips?:([+\d]{1,32}|[a-z]{1,32})(?:;[^@>\s]*)?@/i.exec(unquoted)?.[1]
}

const plainNumber = /^\+?\d{3,20}$/

/**
 * Whether Asterisk will know the caller by a number that the provider vouches for: that of P-Asserted-Identity (RFC 3325), or of From
 * where there is none. Not where it is withheld or stands there twice, nor where a verdict of RFC 8588 says otherwise.
 */
function isVouchedFor(request: SipRequest): boolean {
  const [asserted, from] = [headersOf(request, 'p-asserted-identity'), headersOf(request, 'from')]
  const said = asserted.length > 0 ? asserted : from
  const verdicts = [...asserted, ...from].flatMap(value => /verstat=([\w-]+)/i.exec(value)?.[1] ?? [])
  const isWithheld = headersOf(request, 'privacy').some(value => !/^none$/i.test(value.trim()))
  const isOne = said.length === 1 && !(said[0] ?? '').includes(',') && from.length === 1
  if (isWithheld || !isOne || headersOf(request, 'remote-party-id').length > 0) return false
  return plainNumber.test(userIn(said[0] ?? '') ?? '') && verdicts.every(verdict => verdict === 'TN-Validation-Passed')
}
