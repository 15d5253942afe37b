/**
 * Why a flow between a telephone and Asterisk has to stay although nothing passes: a call in which Asterisk may yet say
 * something, such as BYE, or a registration. Only what Asterisk says opens one: a stranger cannot hold a flow.
 */
import { headerOf, headersOf, outside, type SipMessage } from '../../sip-message.ts'

/** A call whose BYE never came is forgotten then. Longer ones lose nothing: with the telephone's next word the flow is back. */
const longestCallMs = 4 * 3_600_000
/** RFC 3261, section 10.2.1.1 names an hour where nobody says how long. */
const ordinaryRegistrationS = 3_600

export class Claims {
  /** By Call-ID: until when, on the monotonic clock. */
  readonly #calls = new Map<string, number>()
  #registeredUntilMs = 0

  fromAsterisk(message: SipMessage, nowMs: number): void {
    if (message.kind === 'request') {
      // A call to a clerk's telephone.
      if (message.method === 'INVITE') this.#calls.set(headerOf(message, 'call-id') ?? '', nowMs + longestCallMs)
      this.#ended(message)
      return
    }
    if (message.status < 200 || message.status > 299) return
    const method = headerOf(message, 'cseq')?.split(/\s+/)[1]
    const call = headerOf(message, 'call-id') ?? ''
    if (method === 'INVITE') this.#calls.set(call, nowMs + longestCallMs)
    if (method === 'REGISTER') this.#registeredUntilMs = nowMs + registrationS(message) * 1_000
  }

  fromPhone(message: SipMessage): void {
    if (message.kind === 'request') this.#ended(message)
    else if (message.status >= 300 && headerOf(message, 'cseq')?.endsWith(' INVITE'))
      this.#calls.delete(headerOf(message, 'call-id') ?? '')
  }

  areOpen(nowMs: number): boolean {
    for (const [call, untilMs] of this.#calls) if (untilMs <= nowMs) this.#calls.delete(call)
    return this.#calls.size > 0 || this.#registeredUntilMs > nowMs
  }

  /** Whether a call stands by this Call-ID. */
  isOfCall(call: string, nowMs: number): boolean {
    return (this.#calls.get(call) ?? Number.NEGATIVE_INFINITY) > nowMs
  }

  /** Whether a call needs the flow: a registration finds another one, with the telephone's next word. */
  isInCall(nowMs: number): boolean {
    return [...this.#calls.values()].some(untilMs => untilMs > nowMs)
  }

  /** Asterisk has begun anew and knows of no call. Registrations it keeps. */
  forgetCalls(): void {
    this.#calls.clear()
  }

  #ended(request: SipMessage & { readonly kind: 'request' }): void {
    if (request.method === 'BYE') this.#calls.delete(headerOf(request, 'call-id') ?? '')
  }
}

/** The longest of those that the answer lists; 0 when it lists none. */
function registrationS(answer: SipMessage): number {
  const contacts = headersOf(answer, 'contact')
  if (contacts.length === 0) return 0
  const ofAll = Number(headerOf(answer, 'expires') ?? ordinaryRegistrationS)
  const ofEach = contacts.flatMap(contact =>
    [...outside(contact).matchAll(/;\s*expires\s*=\s*(\d{1,9})/gi)].map(([, seconds]) => Number(seconds)),
  )
  return ofEach.length > 0 ? Math.max(...ofEach) : ofAll
}
