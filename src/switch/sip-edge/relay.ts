/** What becomes of one message at the edge, by whatever transport it came. */
import type { Runtime } from '../../runtime.ts'
import {
  headerOf,
  isUnambiguous,
  readSipMessage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  writeSipMessage,
} from '../../sip-message.ts'
import type { Flow, Flows } from './flows.ts'
import { infoRefusalOf, isInfo } from './info-form.ts'
import { type Refusal, refusalOf } from './refusals.ts'
import { type Address, answerTo, towardsAsterisk, towardsPhone } from './translation.ts'

/** What both transports share. */
export interface Edge {
  readonly runtime: Runtime
  readonly flows: Flows
  /** Where telephones call. */
  readonly own: Address
  /** Where Asterisk listens, by the same transports; `from`: the address of the loopback that we call it from, if not its own. */
  readonly asterisk: Address & { readonly from?: string }
  /** Telephones speak TLS, of which Asterisk is told nothing: to it they call over TCP. */
  readonly isTls?: boolean
  /** Of connections; without one, all may ask as much as they like. */
  readonly doorkeeper?: Doorkeeper
  /** Several read the message behind this edge, and have to read the same: Kamailio, and Asterisk after it. */
  readonly isBeforeBalancer?: boolean
  /** Of the edge of a trunk. */
  readonly trunk?: TrunkRules
  /** What the edge's own answers call their server: the name that Asterisk gives. */
  readonly userAgent: string
  /** Whether an address may be served at all. */
  admits(address: string): boolean
}

export interface TrunkRules {
  /** Whether it answers what the edge itself asked. */
  takes(message: SipMessage): boolean
  /** What to answer in Asterisk's place; undefined: the request may go on. */
  refusalOf(request: SipRequest): Refusal | undefined
  /** The message as Asterisk is to have it. */
  readdressed(message: SipMessage): SipMessage
  /** What of Asterisk's names Asterisk, and how the other end knows it. */
  readonly renames: { readonly from: string; readonly to: string }
}

/** Looks at what is asked and how Asterisk answers, and turns away who asks too much. */
export interface Doorkeeper {
  /** What to answer in Asterisk's place; undefined: the request may go on. */
  asks(flow: Flow, request: SipRequest): Refusal | undefined
  /** Whether the telephone's answer may go on. */
  replies(flow: Flow): boolean
  answers(flow: Flow, response: SipResponse): void
  /** What is no SIP. */
  saidNonsense(flow: Flow): void
  /** The flow is over; may be told again. */
  left(flow: Flow): void
}

/** `answer`: goes back to the telephone. `pass`: goes on to Asterisk. `own`: was for the edge itself. */
export type Verdict =
  | { readonly kind: 'answer'; readonly bytes: Buffer; readonly message: SipRequest }
  | { readonly kind: 'pass'; readonly bytes: Buffer; readonly message: SipMessage }
  | { readonly kind: 'own'; readonly bytes: Buffer; readonly message: SipMessage }

/** What a stranger wrote into a header, by way of a trunk or to be read by Kamailio first, is to be read by Asterisk as it was judged here, or not at all. */
const ambiguous: Refusal = { status: 400, reason: 'Bad Request', says: [] }

/** Of a message that a telephone sent; undefined when the bytes are no SIP message, or one that two could read differently where that matters. */
export function judge(
  bytes: Buffer,
  phone: Address,
  { userAgent, trunk, isTls = false, isBeforeBalancer = false }: Edge,
): Verdict | undefined {
  const message = readSipMessage(bytes)
  if (!message || isStrayInfo(message)) return undefined
  if (trunk?.takes(message)) return { kind: 'own', bytes, message }
  if ((trunk || isBeforeBalancer) && !isUnambiguous(message, bytes)) {
    if (message.kind === 'response' || message.method === 'ACK') return undefined
    return { kind: 'answer', bytes: answerTo(message, ambiguous, phone, userAgent), message }
  }
  const refusal = message.kind === 'request' ? refusedAs(message, trunk) : undefined
  if (message.kind === 'request' && refusal) {
    return { kind: 'answer', bytes: answerTo(message, refusal, phone, userAgent), message }
  }
  const translated = towardsAsterisk(message, isTls)
  const passed = trunk?.readdressed(translated) ?? translated
  return { kind: 'pass', bytes: passed === message ? bytes : writeSipMessage(passed), message }
}

/** Without one of these nobody can say what a request belongs to, or answer it (RFC 3261, section 8.1.1). */
const needed = ['via', 'from', 'to', 'call-id', 'cseq']

const refusedAs = (request: SipRequest, trunk: TrunkRules | undefined): Refusal | undefined =>
  refusalOf(request) ?? trunk?.refusalOf(request) ?? infoRefusalOf(request)

/** Nobody can answer it, and Asterisk would write it into its log, and with it the key that it may carry. */
const isStrayInfo = (message: SipMessage): boolean =>
  message.kind === 'request' && isInfo(message) && needed.some(name => headerOf(message, name) === undefined)

/** A message of Asterisk's as the telephone gets it. Asterisk knows the telephone at `inner`. */
export function fromAsterisk(bytes: Buffer, flow: Flow, inner: Address, edge: Edge): Buffer {
  const message = readSipMessage(bytes)
  if (!message) return bytes
  flow.claims.fromAsterisk(message, edge.runtime.monotonicMs())
  if (message.kind === 'response') edge.doorkeeper?.answers(flow, message)
  return writeSipMessage(towardsPhone(message, flow.phone, inner, edge.isTls, edge.trunk?.renames))
}
