/**
 * What a trunk's edge says to its provider by itself: REGISTER (RFC 3261, section 10) where it has an account there, and OPTIONS, by which
 * it learns whether the provider is there and which keep a NAT's way open. It asks for nothing else: no call is ever begun from here.
 */
import { BackOff } from '../../back-off.ts'
import { type Runtime, randomId, withDeadline } from '../../runtime.ts'
import { challengeIn, digestAnswer } from '../../sip-digest.ts'
import { headerOf, headersOf, outside, type SipMessage, type SipResponse } from '../../sip-message.ts'
import { ownUser } from './arrivals.ts'
import type { Trunk, TrunkState } from './trunk.ts'

/** How requests leave. Datagrams are lost at times, and said again. */
export interface Way {
  readonly isReliable: boolean
  /** Rejects where the provider cannot be reached. */
  send(bytes: Buffer): Promise<void>
  /** Nobody does there: what is said next may go elsewhere. */
  unanswered(): void
}

/** RFC 3261, section 17.1.2: T1 and its doubles, as long as somebody waits. */
const repeatsMs = [500, 1_000, 2_000, 4_000]
const answerMs = 8_000
const everyMs = 30_000
const afterFailureMs = 5_000
const afterLossMs = 1_000
/** Who does not take our account today hardly does so in a moment, and may shut out whoever goes on asking. */
const afterRefusal = { firstMs: 60_000, mostMs: 900_000 }
/** Answers to REGISTER that mean the moment, not the account (RFC 3261, section 21). */
const passing = [408, 423, 429, 480, 491, 600]

export class ProviderTalk {
  state: TrunkState = 'unreachable'
  readonly #trunk: Trunk
  readonly #way: Way
  readonly #runtime: Runtime
  readonly #waiting = new Map<string, (response: SipResponse) => void>()
  /** One for all registrations (section 10.2). */
  readonly #call: string
  readonly #refusals: BackOff
  /** What is asked for: as the file says, or as the provider wants it at least. */
  #seconds: number
  #sequence = 0
  /** When it is to be renewed; 0: at once. */
  #renewedAtMs = 0
  #isLost = false
  #pausing = new AbortController()

  constructor(trunk: Trunk, way: Way, runtime: Runtime) {
    this.#trunk = trunk
    this.#way = way
    this.#runtime = runtime
    this.#call = randomId(runtime)
    this.#refusals = new BackOff(runtime, afterRefusal)
    this.#seconds = trunk.register?.seconds ?? 0
  }

  /** Whether it is an answer to what was asked here; Asterisk is not to hear of it then. */
  takes(message: SipMessage): boolean {
    if (message.kind !== 'response' || headerOf(message, 'call-id') !== this.#call) return false
    if (message.status >= 200) this.#waiting.get(headerOf(message, 'cseq') ?? '')?.(message)
    return true
  }

  /** Keeps the registration, or looks whether the provider is there, until it is told to end. `onChanged`: of another state. */
  async keep(ending: AbortSignal, onChanged: (state: TrunkState) => void): Promise<void> {
    let told: TrunkState | undefined
    while (!ending.aborted) {
      // A provider that ends each connection is not asked without a pause.
      if (this.#isLost) await this.#runtime.sleep(afterLossMs, ending).catch(() => {})
      this.#isLost = false
      const state = await this.#look().catch((): TrunkState => 'unreachable')
      if (ending.aborted) return
      if (state === 'unreachable' || state === 'refused' || this.#isLost) this.#renewedAtMs = 0
      if (state === 'unreachable') this.#way.unanswered()
      if (state !== 'refused') this.#refusals.forget()
      this.state = state
      if (state !== told) onChanged(state)
      told = state
      await this.#pauseAfter(state, ending)
    }
  }

  /** The connection is gone by which the provider knows where to send calls: it is told anew at once, if it takes us at all. */
  lost(): void {
    this.#isLost = true
    this.#renewedAtMs = 0
    if (this.state !== 'refused') this.#pausing.abort()
  }

  async #pauseAfter(state: TrunkState, ending: AbortSignal): Promise<void> {
    this.#pausing = new AbortController()
    const either = AbortSignal.any([ending, this.#pausing.signal])
    if (state === 'refused') await this.#refusals.pause(either)
    else if (!this.#isLost) await this.#runtime.sleep(this.#restMs(state), either).catch(() => {})
  }

  /** Until the next look: what was granted is not to run out meanwhile. */
  #restMs(state: TrunkState): number {
    if (state === 'registered') return Math.min(everyMs, this.#renewedAtMs - this.#runtime.monotonicMs())
    return state === 'reachable' ? everyMs : afterFailureMs
  }

  /** Gives the registration back, as far as that is possible at once. */
  async leave(): Promise<void> {
    const { register } = this.#trunk
    if (register === undefined || this.state !== 'registered') return
    await withDeadline(this.#runtime, 'leaving a trunk', 1_000, this.#register(0)).catch(() => {})
  }

  async #look(): Promise<TrunkState> {
    const { register } = this.#trunk
    if (register === undefined) {
      await this.#ask('OPTIONS', [])
      return 'reachable'
    }
    if (this.#runtime.monotonicMs() < this.#renewedAtMs) {
      await this.#ask('OPTIONS', [])
      return 'registered'
    }
    let answer = await this.#register(this.#seconds)
    const leastS = answer.status === 423 ? secondsIn(headerOf(answer, 'min-expires')) : undefined
    if (leastS !== undefined && leastS > this.#seconds && leastS <= longestS) {
      this.#seconds = leastS
      answer = await this.#register(leastS)
    }
    if (answer.status >= 300) return isOfTheMoment(answer.status) ? 'unreachable' : 'refused'
    // Renewed when four fifths of what was granted are over.
    const restMs = Math.max((grantedS(answer) ?? this.#seconds) * 800, afterFailureMs)
    this.#renewedAtMs = this.#runtime.monotonicMs() + restMs
    return 'registered'
  }

  async #register(seconds: number): Promise<SipResponse> {
    const { register, own, provider } = this.#trunk
    const contact = `<sip:${ownUser}@${own.address}:${own.port};transport=${provider.transport}>`
    const says = [`Contact: ${contact}`, `Expires: ${seconds}`]
    let answer = await this.#ask('REGISTER', says)
    for (let tries = 1; tries <= 2 && register !== undefined; tries++) {
      const [asked, answered] = challenged[answer.status as 401 | 407] ?? []
      const challenge = asked === undefined ? undefined : challengeIn(headersOf(answer, asked))
      // Answered once, it is a refusal, unless it only came too late.
      if (challenge === undefined || (tries > 1 && !challenge.stale)) break
      const request = { method: 'REGISTER', uri: this.#uri, count: 1, cnonce: randomId(this.#runtime) }
      const proof = `${answered}: ${digestAnswer(challenge, register.account, request)}`
      answer = await this.#ask('REGISTER', [...says, proof])
    }
    return answer
  }

  get #uri(): string {
    const { host, port } = this.#trunk.provider
    return `sip:${host}:${port}`
  }

  /** Resolves with the final answer. Throws where there is none. */
  async #ask(method: 'REGISTER' | 'OPTIONS', says: readonly string[]): Promise<SipResponse> {
    const { own, provider, register } = this.#trunk
    const sequence = `${++this.#sequence} ${method}`
    const us = `<sip:${register?.account.user ?? ownUser}@${provider.host}>`
    const bytes = Buffer.from(
      [
        `${method} ${this.#uri} SIP/2.0`,
        `Via: SIP/2.0/${provider.transport.toUpperCase()} ${own.address}:${own.port};rport;branch=z9hG4bK${randomId(this.#runtime)}`,
        'Max-Forwards: 70',
        `From: ${us};tag=${randomId(this.#runtime)}`,
        `To: ${method === 'REGISTER' ? us : `<${this.#uri}>`}`,
        `Call-ID: ${this.#call}`,
        `CSeq: ${sequence}`,
        ...says,
        'User-Agent: Tonebank',
        'Content-Length: 0',
        '\r\n',
      ].join('\r\n'),
    )
    const answered = new AbortController()
    const answer = new Promise<SipResponse>(resolve => this.#waiting.set(sequence, resolve))
    try {
      await this.#way.send(bytes)
      if (!this.#way.isReliable) void this.#repeat(bytes, answered.signal)
      return await withDeadline(this.#runtime, `${method} to a provider`, answerMs, answer)
    } finally {
      answered.abort()
      this.#waiting.delete(sequence)
    }
  }

  async #repeat(bytes: Buffer, answered: AbortSignal): Promise<void> {
    for (const ms of repeatsMs) {
      await this.#runtime.sleep(ms, answered).catch(() => {})
      if (answered.aborted) return
      await this.#way.send(bytes).catch(() => {})
    }
  }
}

const challenged = {
  401: ['www-authenticate', 'Authorization'],
  407: ['proxy-authenticate', 'Proxy-Authorization'],
} as const

const isOfTheMoment = (status: number) => (status >= 500 && status < 600) || passing.includes(status)

/** Of a registration: a day. */
const longestS = 86_400

/** Of our own contact, which is the only one that we asked for. */
function grantedS(answer: SipResponse): number | undefined {
  const said = headersOf(answer, 'contact')
    .filter(contact => contact.includes(`sip:${ownUser}@`))
    .flatMap(contact => /;\s*expires\s*=\s*"?(\d{1,9})/i.exec(outside(contact))?.[1] ?? [])
  return secondsIn(said[0] ?? headerOf(answer, 'expires'))
}

const secondsIn = (text: string | undefined) =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined
