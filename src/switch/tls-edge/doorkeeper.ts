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
/** What begins nothing and belongs to no call that stands: ACK and CANCEL, answers, the last words of a call. */
const restOfAddress = { burst: 400, perMinute: 600 }
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
  readonly #isNeededAt: (address: string) => boolean
  readonly #flows = new Map<Flow, Flowing>()
  readonly #addresses: RateLimit
  readonly #rests: RateLimit
  readonly #accounts: Readonly<Record<string, RateLimit>>

  /** @param isNeededAt whether a call or a registration needs that address: a page opened beside them shuts no office out */
  constructor(runtime: Runtime, blocks: Blocks, isNeededAt: (address: string) => boolean = () => false) {
    this.#isNeededAt = isNeededAt
    this.#runtime = runtime
    this.#blocks = blocks
    this.#addresses = new RateLimit(runtime, ofAddress)
    this.#rests = new RateLimit(runtime, restOfAddress)
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
    const name = nameOf(request)
    if (name === undefined) {
      this.saidNonsense(flow)
      return badRequest
    }
    const isWithinCall = tagOf(headerOf(request, 'to') ?? '') !== undefined && request.method !== 'REGISTER'
    if (isWithinCall && flow.claims.isOfCall(headerOf(request, 'call-id') ?? '', this.#runtime.monotonicMs()))
      return undefined
    if (['ACK', 'CANCEL'].includes(request.method) || isWithinCall)
      return this.#rests.take(address) ? undefined : later(5)
    const account = accountOf(request)
    if (!this.#addresses.take(address)) return later(5)
    const limit = account === undefined ? undefined : this.#accounts[request.method]
    // Of this address: a stranger who knows an account's name cannot use up what its owner may.
    if (limit?.take(`${address} ${account}`) === false) return later(10)
    const flowing = this.#of(flow)
    const { awaited } = flowing
    awaited.set(name, account !== undefined)
    // It says who it is; whether that is so, Asterisk may take long to say.
    if (account !== undefined) flowing.askedAtMs = undefined
    if (awaited.size > mostAwaited) awaited.delete([...awaited.keys()][0] ?? '')
    return undefined
  }

  replies({ phone: { address } }: Flow): boolean {
    return this.#rests.take(address)
  }

  answers(flow: Flow, response: SipResponse): void {
    const flowing = this.#flows.get(flow)
    const name = nameOf(response)
    const saidWho = name === undefined ? undefined : flowing?.awaited.get(name)
    if (flowing === undefined || name === undefined || saidWho === undefined || response.status < 200) return
    flowing.awaited.delete(name)
    const { address } = flow.phone
    const isUnknown = [401, 403, 407].includes(response.status)
    if (saidWho) {
      if (isUnknown && !isStale(response)) this.#blocks.offended(address, 'wrong-password')
      // A telephone that is registered asks now and then whether we are there, and never says who it is.
    } else if (!flow.claims.areOpen(this.#runtime.monotonicMs())) {
      // It was asked before, and asks for something else.
      if (flowing.askedAtMs !== undefined) this.#blocks.offended(address, 'stranger')
      flowing.askedAtMs = this.#runtime.monotonicMs()
    }
  }

  saidNonsense({ phone: { address } }: Flow): void {
    if (!this.#isNeededAt(address)) this.#blocks.offended(address, 'no-sip')
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

/** By Call-ID, number and method, however they are written; undefined where they are not there, or there twice (RFC 3261, section 8.1.1). */
function nameOf(message: SipRequest | SipResponse): string | undefined {
  const [calls, sequences] = [headersOf(message, 'call-id'), headersOf(message, 'cseq')]
  const [, number, method] = /^(\d{1,10})\s+(\S+)$/.exec(sequences[0] ?? '') ?? []
  if (calls.length !== 1 || sequences.length !== 1 || number === undefined) return undefined
  return `${calls[0]} ${Number(number)} ${method}`
}

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

const badRequest: Refusal = { status: 400, reason: 'Bad Request', says: [] }

/** RFC 3261, section 21.5.4. */
const later = (seconds: number): Refusal => ({
  status: 503,
  reason: 'Service Unavailable',
  says: [`Retry-After: ${seconds}`],
})
