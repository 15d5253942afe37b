/**
 * Watches what telephones of the network ask and how Asterisk answers them. Whoever asks and never proves who they are is an offender,
 * and so is a wrong password; whoever asks too often, proved or not, is told when to come again.
 */
import { RateLimit } from '../../keys/rate-limit.ts'
import type { Runtime } from '../../runtime.ts'
import { headerOf, headersOf, type SipRequest, type SipResponse, tagOf } from '../../sip-message.ts'
import type { Flow } from '../sip-edge/flows.ts'
import type { Refusal } from '../sip-edge/refusals.ts'
import type { Doorkeeper } from '../sip-edge/relay.ts'
import type { Blocks } from './blocks.ts'

/** Requests that begin something. An office's telephones come from one address, and all at once after a power cut. */
const ofAddress = { burst: 200, perMinute: 300 }
/** With a password. A telephone registers once a minute at most, and nobody dials more often. */
const ofAccount = { REGISTER: { burst: 10, perMinute: 10 }, INVITE: { burst: 20, perMinute: 20 } } as const
/** A person who is asked for a password types it later, in a request of its own: a telephone answers at once. */
const answerMs = 10_000
/** Requests of one flow whose answer is awaited. */
const mostAwaited = 64

interface Flowing {
  /** By Call-ID and CSeq: whether the request said who asks. */
  readonly awaited: Map<string, boolean>
  /** Since when it has been asked who it is and has not answered. */
  askedAtMs: number | undefined
}

export class TelephoneDoorkeeper implements Doorkeeper {
  readonly #runtime: Runtime
  readonly #blocks: Blocks
  readonly #flows = new Map<Flow, Flowing>()
  readonly #addresses: RateLimit
  readonly #accounts: Readonly<Record<string, RateLimit>>

  constructor(runtime: Runtime, blocks: Blocks) {
    this.#runtime = runtime
    this.#blocks = blocks
    this.#addresses = new RateLimit(runtime, ofAddress)
    this.#accounts = {
      REGISTER: new RateLimit(runtime, ofAccount.REGISTER),
      INVITE: new RateLimit(runtime, ofAccount.INVITE),
    }
  }

  asks(flow: Flow, request: SipRequest): Refusal | undefined {
    const { address } = flow.phone
    const isNeeded = flow.claims.areOpen(this.#runtime.monotonicMs())
    const shutOutS = isNeeded ? 0 : this.#blocks.secondsLeft(address)
    if (shutOutS > 0) return later(shutOutS)
    // Within a call, and what ends one, is no new request.
    const begins = tagOf(headerOf(request, 'to') ?? '') === undefined && !['ACK', 'CANCEL'].includes(request.method)
    if (!begins) return undefined
    const account = accountOf(request)
    if (!this.#addresses.take(address)) return later(5)
    const limit = account === undefined ? undefined : this.#accounts[request.method]
    // Of this address: a stranger who knows an account's name cannot use up what its owner may.
    if (limit?.take(`${address} ${account}`) === false) return later(10)
    const { awaited } = this.#of(flow)
    awaited.set(nameOf(request), account !== undefined)
    if (awaited.size > mostAwaited) awaited.delete([...awaited.keys()][0] ?? '')
    return undefined
  }

  answers(flow: Flow, response: SipResponse): void {
    const flowing = this.#flows.get(flow)
    const saidWho = flowing?.awaited.get(nameOf(response))
    if (flowing === undefined || saidWho === undefined || response.status < 200) return
    flowing.awaited.delete(nameOf(response))
    const { address } = flow.phone
    const isUnknown = [401, 403, 407].includes(response.status)
    if (saidWho && (!isUnknown || isStale(response))) {
      flowing.askedAtMs = undefined
    } else if (saidWho) {
      flowing.askedAtMs = undefined
      this.#blocks.offended(address, 'wrong-password')
    } else {
      // It was asked before, and asks for something else.
      if (flowing.askedAtMs !== undefined) this.#blocks.offended(address, 'stranger')
      flowing.askedAtMs = this.#runtime.monotonicMs()
    }
  }

  saidNonsense(flow: Flow): void {
    this.#blocks.offended(flow.phone.address, 'no-sip')
  }

  left(flow: Flow): void {
    const flowing = this.#flows.get(flow)
    this.#flows.delete(flow)
    if (flowing?.askedAtMs !== undefined) this.#blocks.offended(flow.phone.address, 'stranger')
  }

  /** Those that were asked who they are and have not said it for long. */
  sweep(): void {
    const nowMs = this.#runtime.monotonicMs()
    for (const [flow, flowing] of this.#flows) {
      if (flowing.askedAtMs === undefined || nowMs - flowing.askedAtMs < answerMs) continue
      flowing.askedAtMs = undefined
      this.#blocks.offended(flow.phone.address, 'stranger')
    }
  }

  #of(flow: Flow): Flowing {
    const known = this.#flows.get(flow)
    if (known) return known
    const flowing = { awaited: new Map<string, boolean>(), askedAtMs: undefined }
    this.#flows.set(flow, flowing)
    return flowing
  }
}

const nameOf = (message: SipRequest | SipResponse) =>
  `${headerOf(message, 'call-id') ?? ''} ${headerOf(message, 'cseq') ?? ''}`

/** The user that a request says it comes from, by digest; undefined when it says nothing. */
function accountOf(request: SipRequest): string | undefined {
  const [said] = [...headersOf(request, 'authorization'), ...headersOf(request, 'proxy-authorization')]
  return said === undefined ? undefined : (/username\s*=\s*"([^"]{0,64})/i.exec(said)?.[1] ?? '')
}

/** The password may be right: only the question was too old. */
const isStale = (response: SipResponse) =>
  [...headersOf(response, 'www-authenticate'), ...headersOf(response, 'proxy-authenticate')].some(challenge =>
    /stale\s*=\s*"?true/i.test(challenge),
  )

/** RFC 3261, section 21.5.4. */
const later = (seconds: number): Refusal => ({
  status: 503,
  reason: 'Service Unavailable',
  says: [`Retry-After: ${seconds}`],
})
