/** What becomes of one message at the edge, by whatever transport it came. */
import type { Runtime } from '../../runtime.ts'
import { readSipMessage, type SipMessage, writeSipMessage } from '../../sip-message.ts'
import type { Flow, Flows } from './flows.ts'
import { refusalOf } from './refusals.ts'
import { type Address, answerTo, towardsAsterisk, towardsPhone } from './translation.ts'

/** What both transports share. */
export interface Edge {
  readonly runtime: Runtime
  readonly flows: Flows
  /** Where telephones call. */
  readonly own: Address
  /** Where Asterisk listens, by the same transports. */
  readonly asterisk: Address
  /** What the edge's own answers call their server: the name that Asterisk gives. */
  readonly userAgent: string
  /** Whether an address may be served at all. */
  admits(address: string): boolean
}

/** `answer`: goes back to the telephone. `pass`: goes on to Asterisk. */
export type Verdict =
  | { readonly kind: 'answer'; readonly bytes: Buffer }
  | { readonly kind: 'pass'; readonly bytes: Buffer; readonly message: SipMessage }

/** Of a message that a telephone sent; undefined when the bytes are no SIP message. */
export function judge(bytes: Buffer, phone: Address, { userAgent }: Edge): Verdict | undefined {
  const message = readSipMessage(bytes)
  if (!message) return undefined
  const refusal = message.kind === 'request' ? refusalOf(message) : undefined
  if (message.kind === 'request' && refusal) {
    return { kind: 'answer', bytes: answerTo(message, refusal, phone, userAgent) }
  }
  const passed = towardsAsterisk(message)
  return { kind: 'pass', bytes: passed === message ? bytes : writeSipMessage(passed), message }
}

/** A message of Asterisk's as the telephone gets it. Asterisk knows the telephone at `inner`. */
export function fromAsterisk(bytes: Buffer, flow: Flow, inner: Address, { runtime }: Edge): Buffer {
  const message = readSipMessage(bytes)
  if (!message) return bytes
  flow.claims.fromAsterisk(message, runtime.monotonicMs())
  return writeSipMessage(towardsPhone(message, flow.phone, inner))
}
