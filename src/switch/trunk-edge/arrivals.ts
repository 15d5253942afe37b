/**
 * Who comes by a trunk, and for what: only calls to the numbers that the file of the installation gives to lines, and only so many. A
 * provider passes on what its callers write, so each of it is a stranger's word.
 */
import { RateLimit } from '../../keys/rate-limit.ts'
import type { Runtime } from '../../runtime.ts'
import { headerOf, headersOf, type SipField, type SipMessage, type SipRequest, tagOf } from '../../sip-message.ts'
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

/** RFC 3261, section 17.1.1.2 (timer B): as long as somebody says it again who has no answer, at most so often. */
const repeatedMs = 32_000
const mostRepeats = 10

export class TrunkArrivals {
  readonly #trunk: Trunk
  readonly #runtime: Runtime
  readonly #isOfCall: (call: string) => boolean
  readonly #calls: RateLimit
  /** The latest calls, the oldest first; no more than the rate lets in within the time. */
  readonly #taken = new Map<string, { readonly atMs: number; repeats: number }>()

  /** @param isOfCall whether a call stands by a Call-ID */
  constructor(trunk: Trunk, isOfCall: (call: string) => boolean, runtime: Runtime) {
    this.#trunk = trunk
    this.#runtime = runtime
    this.#isOfCall = isOfCall
    this.#calls = new RateLimit(runtime, trunk.calls.rate)
  }

  /** What to answer in Asterisk's place; undefined: the request may go on. */
  refusalOf(request: SipRequest): Refusal | undefined {
    if (request.method === 'ACK' || request.method === 'CANCEL') return undefined
    if (isWithinCall(request)) {
      // Of no call that there is: Asterisk has to say so, which costs it as much as a call.
      const isStrange = request.method === 'INVITE' && !this.#isOfCall(headerOf(request, 'call-id') ?? '')
      return isStrange && !this.#mayCome(request) ? tooMany : undefined
    }
    if (request.method === 'OPTIONS') return here
    if (request.method !== 'INVITE') return notAllowed
    if (this.#numberOf(request) === undefined) return notFound
    return this.#mayCome(request) ? undefined : tooMany
  }

  /** What is said again, as a datagram may have been lost, is no other call. */
  #mayCome(request: SipRequest): boolean {
    const nowMs = this.#runtime.monotonicMs()
    for (const [name, { atMs }] of this.#taken) {
      if (nowMs - atMs <= repeatedMs) break
      this.#taken.delete(name)
    }
    const name = transactionOf(request)
    const known = this.#taken.get(name)
    if (known !== undefined && known.repeats++ < mostRepeats) return true
    if (!this.#calls.take(this.#trunk.name)) return false
    this.#taken.delete(name)
    this.#taken.set(name, { atMs: nowMs, repeats: 0 })
    return true
  }

  /**
   * The message as Asterisk is to have it: a call to a name that its dialplan knows, and no word about who calls but the edge's own. The
   * same object when there is nothing to change.
   */
  readdressed<M extends SipMessage>(message: M): M {
    const heard = withoutIdentity(message)
    if (heard.kind !== 'request' || heard.method !== 'INVITE' || isWithinCall(heard)) return heard
    const number = this.#numberOf(heard)
    if (number === undefined) return heard
    const { attested } = this.#trunk
    const isWithheld = isCallerWithheld(message)
    const caller = attested && !isWithheld ? vouchedFor(message) : undefined
    const uri = `sip:${trunkExtension(this.#trunk, number, caller !== undefined)}@127.0.0.1`
    const told = isWithheld ? 'sip:anonymous@anonymous.invalid' : caller && `sip:${caller}@127.0.0.1`
    // The very first: whatever a reader makes of what the caller's end wrote, it comes too late.
    const fields = told === undefined ? heard.fields : [identity(told), ...heard.fields]
    return { ...heard, uri, startLine: `INVITE ${uri} SIP/2.0`, fields }
  }

  #numberOf(request: SipRequest): string | undefined {
    const { numbers } = this.#trunk
    const asked = userIn(request.uri)
    const dialled = asked === ownUser ? userIn(headerOf(request, 'to') ?? '') : asked
    return dialled !== undefined && Object.hasOwn(numbers, dialled) ? dialled : undefined
  }
}

const isWithinCall = (request: SipRequest) => tagOf(headerOf(request, 'to') ?? '') !== undefined

/** What tells one request from all others: its top Via with the branch, its dialog and its place there (RFC 3261, section 17.2.3). */
function transactionOf(request: SipRequest): string {
  const [via = ''] = headersOf(request, 'via')
  const tag = tagOf(headerOf(request, 'from') ?? '')
  return JSON.stringify([via, tag, headerOf(request, 'to'), headerOf(request, 'call-id'), headerOf(request, 'cseq')])
}

/** The user of a SIP URI, alone or in a header, without what may follow a number; undefined where it is neither number nor word. */
function userIn(text: string): string | undefined {
  const unquoted = text.replace(/"(?:[^"\\]|\\.)*"/g, '')
  return /^(?:[^<]*<)?\s*sips?:([+\d]{1,32}|[a-z]{1,32})(?:;[^@>\s]*)?@/i.exec(unquoted)?.[1]
}

/** Asterisk takes the number of who calls from these, before From, at the beginning of a call and in it. */
const identities = ['p-asserted-identity', 'remote-party-id']

function withoutIdentity<M extends SipMessage>(message: M): M {
  const fields = message.fields.filter(({ name }) => !identities.includes(name))
  return fields.length === message.fields.length ? message : { ...message, fields }
}

function identity(uri: string): SipField {
  const value = `<${uri}>`
  return { name: 'p-asserted-identity', value, raw: `P-Asserted-Identity: ${value}` }
}

/** RFC 3323 and 3325; whatever is asked for besides `none` is taken for it. */
const isCallerWithheld = (message: SipMessage) =>
  headersOf(message, 'privacy').some(value => !/^none$/i.test(value.trim()))

/** One address, its name in closed quotes or of plain words, its parameters without quotes or escapes: what everybody reads alike. */
const displayName = String.raw`(?:"(?:[^"\\]|\\.)*"\s*|[\w .-]*)`
const parameters = String.raw`(?:\s*;\s*[\w.~!*+-]+(?:=[\w.~!*+:-]+)?)*`
const address = String.raw`sips?:(\+?\d{3,20})${parameters}@[\w.:[\]-]+`
const plainParty = new RegExp(`^(?:${displayName}<${address}${parameters}>|${address})${parameters}$`, 'i')

/**
 * The number that the provider vouches for: that of P-Asserted-Identity (RFC 3325), or of From where there is none. Undefined where either
 * stands there twice or in another form than the plainest, beside Remote-Party-ID, or where a verdict of RFC 8588 is anything but good.
 */
function vouchedFor(message: SipMessage): string | undefined {
  const [asserted, from] = [headersOf(message, 'p-asserted-identity'), headersOf(message, 'from')]
  const said = asserted.length > 0 ? asserted : from
  if (said.length !== 1 || from.length !== 1 || headersOf(message, 'remote-party-id').length > 0) return undefined
  const isDoubted = [...asserted, ...from].some(value => verdictsIn(value).some(verdict => !isGood(verdict)))
  const [, named, bare] = plainParty.exec(said[0] ?? '') ?? []
  return isDoubted ? undefined : (named ?? bare)
}

/** Wherever it stands: whoever means something else by the word is not vouched for. */
const verdictsIn = (value: string) => value.match(/verstat[^;@>,]*/gi) ?? []
const isGood = (verdict: string) => verdict.trim() === 'verstat=TN-Validation-Passed'
