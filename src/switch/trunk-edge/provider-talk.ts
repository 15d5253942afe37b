/**
 * What a trunk's edge says to its provider by itself: REGISTER (RFC 3261, section 10) where it has an account there, and OPTIONS, by which
 * it learns whether the provider is there and which keep a NAT's way open. It asks for nothing else: no call is ever begun from here.
 */
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
}

/** RFC 3261, section 17.1.2: T1 and its doubles, as long as somebody waits. */
const repeatsMs = [500, 1_000, 2_000, 4_000]
const answerMs = 8_000
const everyMs = 30_000
const afterFailureMs = 5_000
const afterLossMs = 1_000

export class ProviderTalk {
  state: TrunkState = 'unreachable'
  readonly #trunk: Trunk
  readonly #way: Way
  readonly #runtime: Runtime
  readonly #waiting = new Map<string, (response: SipResponse) => void>()
  /** One for all registrations (section 10.2). */
  readonly #call: string
  #sequence = 0
  #registeredUntilMs = 0
  #isLost = false
  #pausing = new AbortController()

  constructor(trunk: Trunk, way: Way, runtime: Runtime) {
    this.#trunk = trunk
    this.#way = way
    this.#runtime = runtime
    this.#call = randomId(runtime)
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
      if (this.#isLost) await this.#pause(afterLossMs, ending)
      this.#isLost = false
      const state = await this.#look().catch((): TrunkState => 'unreachable')
      if (ending.aborted) return
      if (state === 'unreachable' || state === 'refused' || this.#isLost) this.#registeredUntilMs = 0
      this.state = state
      if (state !== told) onChanged(state)
      told = state
      const isWell = state === 'registered' || state === 'reachable'
      if (!this.#isLost) await this.#pause(isWell ? everyMs : afterFailureMs, ending)
    }
  }

  /** The connection is gone by which the provider knows where to send calls: it is told anew at once. */
  lost(): void {
    this.#isLost = true
    this.#registeredUntilMs = 0
    this.#pausing.abort()
  }

  async #pause(ms: number, ending: AbortSignal): Promise<void> {
    this.#pausing = new AbortController()
    const either = AbortSignal.any([ending, this.#pausing.signal])
    await this.#runtime.sleep(ms, either).catch(() => {})
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
    if (this.#runtime.monotonicMs() < this.#registeredUntilMs) {
      await this.#ask('OPTIONS', [])
      return 'registered'
    }
    const answer = await this.#register(register.seconds)
    if (answer.status >= 300) return answer.status >= 500 ? 'unreachable' : 'refused'
    // Renewed when four fifths of what was granted are over.
    this.#registeredUntilMs = this.#runtime.monotonicMs() + (grantedS(answer) ?? register.seconds) * 800
    return 'registered'
  }

  async #register(seconds: number): Promise<SipResponse> {
    const { register, own, provider } = this.#trunk
    const contact = `<sip:${ownUser}@${own.address}:${own.port};transport=${provider.transport}>`
    const says = [`Contact: ${contact}`, `Expires: ${seconds}`]
    const first = await this.#ask('REGISTER', says)
    const challenged = {
      401: ['www-authenticate', 'Authorization'],
      407: ['proxy-authenticate', 'Proxy-Authorization'],
    }
    const [asked, answered] = challenged[first.status as 401 | 407] ?? []
    const challenge = asked === undefined ? undefined : challengeIn(headersOf(first, asked))
    if (challenge === undefined || register === undefined) return first
    const request = { method: 'REGISTER', uri: this.#uri, count: 1, cnonce: randomId(this.#runtime) }
    return this.#ask('REGISTER', [...says, `${answered}: ${digestAnswer(challenge, register.account, request)}`])
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

/** Of our own contact, which is the only one that we asked for. */
function grantedS(answer: SipResponse): number | undefined {
  const said = headersOf(answer, 'contact')
    .filter(contact => contact.includes(`sip:${ownUser}@`))
    .flatMap(contact => /;\s*expires\s*=\s*"?(\d{1,9})/i.exec(outside(contact))?.[1] ?? [])
  const seconds = said[0] ?? headerOf(answer, 'expires')
  return seconds === undefined || !/^\d{1,9}$/.test(seconds) ? undefined : Math.max(Number(seconds), 30)
}
