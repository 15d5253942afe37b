/**
 * Transactions (RFC 3261, section 17; RFC 6026): one request and its answer, whatever the network loses. Of INVITE both ways
 * have timers of their own; over TLS nothing is repeated but an answer to INVITE, which only an ACK makes certain.
 */
import { type Runtime, randomId } from '../../runtime.ts'
import { headerOf, readSipMessage, type SipRequest, type SipResponse } from '../../sip-message.ts'
import { type RequestDraft, requestBytes } from './messages.ts'
import type { SipTransport } from './transport.ts'

/** T1, T2 and 64·T1 (table 4), in milliseconds. */
const [t1Ms, t2Ms, giveUpMs] = [500, 4_000, 32_000]
/** Requests of theirs that are remembered at once; further ones are not answered. */
const mostServed = 100

export interface Listener {
  /** Once for each request but ACK, however often it comes. */
  onRequest(request: SipRequest, answer: (bytes: Buffer) => void): void
  /** An ACK of a 2xx of ours. */
  onAck(request: SipRequest): void
  /** A 2xx of ours to INVITE was never acknowledged. */
  onUnacknowledged(): void
  /** A 2xx to an INVITE of ours, once more or too late. */
  onAcceptedAgain(response: SipResponse): void
  onBroken(why: string): void
}

export type Answer =
  | { readonly kind: 'response'; readonly response: SipResponse }
  /** Nothing within 32 s; for INVITE, not even a provisional answer. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'broken'; readonly why: string }

interface Asked {
  readonly draft: RequestDraft
  readonly bytes: Buffer
  readonly settled: AbortController
  isProceeding: boolean
  readonly settle: (answer: Answer) => void
  readonly onProvisional: (response: SipResponse) => void
}

interface Served {
  answer: Buffer | undefined
  readonly acknowledged: AbortController
}

export class Transactions {
  readonly #transport: SipTransport
  readonly #runtime: Runtime
  readonly #listener: Listener
  readonly #closed = new AbortController()
  /** By branch and method. */
  readonly #asked = new Map<string, Asked>()
  readonly #served = new Map<string, Served>()
  /** Theirs, by Call-ID and number: an ACK of a 2xx has a branch of its own. */
  readonly #invites = new Map<string, Served>()
  #broken: string | undefined

  constructor(transport: SipTransport, runtime: Runtime, listener: Listener) {
    this.#transport = transport
    this.#runtime = runtime
    this.#listener = listener
    transport.listen(
      bytes => this.#receive(bytes),
      why => this.#break(why),
    )
  }

  /** A branch for `request`, where its sender has to know it. */
  newBranch(): string {
    return `z9hG4bK${randomId(this.#runtime)}`
  }

  /** @param branch of an INVITE where a CANCEL is to end it (section 9.1) */
  async request(
    draft: RequestDraft,
    branch = this.newBranch(),
    onProvisional: (response: SipResponse) => void = () => {},
  ): Promise<Answer> {
    if (this.#broken !== undefined) return { kind: 'broken', why: this.#broken }
    const key = `${branch} ${draft.method}`
    const bytes = requestBytes(draft, this.#via(branch))
    const settled = new AbortController()
    const answer = new Promise<Answer>(settle => {
      this.#asked.set(key, { draft, bytes, settled, isProceeding: false, settle, onProvisional })
    })
    this.#transport.send(bytes)
    void this.#repeat(key)
    const answered = await answer
    settled.abort()
    // Timer D: a refused INVITE is acknowledged as often as the refusal comes.
    const isRefused = draft.method === 'INVITE' && answered.kind === 'response' && answered.response.status >= 300
    if (isRefused && !this.#transport.isReliable) void this.#later(giveUpMs, () => this.#asked.delete(key))
    else this.#asked.delete(key)
    return answered
  }

  /** Of a 2xx; section 13.2.2.4. It has no answer. */
  acknowledge(draft: RequestDraft): void {
    this.#transport.send(requestBytes(draft, this.#via(this.newBranch())))
  }

  close(): void {
    this.#break('closed')
    this.#closed.abort()
    this.#transport.close()
  }

  #via(branch: string): string {
    const { protocol, own } = this.#transport
    const address = own.address.includes(':') ? `[${own.address}]` : own.address
    return `SIP/2.0/${protocol} ${address}:${own.port};branch=${branch};rport`
  }

  /** Timers A and B, E and F. */
  async #repeat(key: string): Promise<void> {
    const asked = this.#asked.get(key)
    if (!asked) return
    const isInvite = asked.draft.method === 'INVITE'
    const untilMs = this.#runtime.monotonicMs() + giveUpMs
    for (let waitMs = t1Ms; ; waitMs = isInvite ? waitMs * 2 : Math.min(waitMs * 2, t2Ms)) {
      const leftMs = untilMs - this.#runtime.monotonicMs()
      if (leftMs <= 0) return asked.settle({ kind: 'nothing' })
      const patience = asked.isProceeding ? t2Ms : waitMs
      if (!(await this.#slept(Math.min(patience, leftMs), asked.settled.signal))) return
      // How long it may ring is for who called to say.
      if (isInvite && asked.isProceeding) return
      if (!this.#transport.isReliable && this.#runtime.monotonicMs() < untilMs) this.#transport.send(asked.bytes)
    }
  }

  #receive(bytes: Buffer): void {
    const message = readSipMessage(bytes)
    if (message?.kind === 'response') this.#onResponse(message)
    else if (message) this.#onRequest(message)
  }

  #onResponse(response: SipResponse): void {
    const method = methodOf(response)
    const asked = this.#asked.get(`${branchOf(response)} ${method}`)
    if (!asked) {
      if (method === 'INVITE' && response.status >= 200 && response.status < 300)
        this.#listener.onAcceptedAgain(response)
      return
    }
    if (response.status < 200) {
      asked.isProceeding = true
      asked.onProvisional(response)
      return
    }
    if (method === 'INVITE' && response.status >= 300) this.#acknowledgeRefusal(asked, response)
    asked.settle({ kind: 'response', response })
  }

  /** Section 17.1.1.3. */
  #acknowledgeRefusal({ draft }: Asked, response: SipResponse): void {
    const { method: _, body: __, lines = [], ...same } = draft
    const routes = lines.filter(line => line.startsWith('Route:'))
    const to = headerOf(response, 'to') ?? draft.to
    const ack = requestBytes({ ...same, method: 'ACK', to, lines: routes }, this.#via(branchOf(response)))
    this.#transport.send(ack)
  }

  #onRequest(request: SipRequest): void {
    if (request.method === 'ACK') {
      this.#invites.get(callOf(request))?.acknowledged.abort()
      this.#listener.onAck(request)
      return
    }
    const key = `${headerOf(request, 'via')} ${request.method}`
    const before = this.#served.get(key)
    if (before) {
      if (before.answer) this.#transport.send(before.answer)
      return
    }
    if (this.#served.size >= mostServed) return
    const served: Served = { answer: undefined, acknowledged: new AbortController() }
    this.#served.set(key, served)
    const isInvite = request.method === 'INVITE'
    if (isInvite) this.#invites.set(callOf(request), served)
    this.#listener.onRequest(request, answer => {
      served.answer = answer
      this.#transport.send(answer)
      if (isInvite) void this.#repeatAnswer(answer, served)
      void this.#later(giveUpMs, () => {
        this.#served.delete(key)
        this.#invites.delete(callOf(request))
      })
    })
  }

  /** Timers G and H, and section 13.3.1.4, which asks for it over TLS as well. */
  async #repeatAnswer(answer: Buffer, { acknowledged }: Served): Promise<void> {
    const isAccepted = readSipMessage(answer)?.startLine.startsWith('SIP/2.0 2') === true
    if (this.#transport.isReliable && !isAccepted) return
    const untilMs = this.#runtime.monotonicMs() + giveUpMs
    for (let waitMs = t1Ms; ; waitMs = Math.min(waitMs * 2, t2Ms)) {
      const leftMs = untilMs - this.#runtime.monotonicMs()
      if (!(await this.#slept(Math.min(waitMs, leftMs), acknowledged.signal))) return
      if (waitMs >= leftMs) break
      this.#transport.send(answer)
    }
    if (isAccepted) this.#listener.onUnacknowledged()
  }

  #break(why: string): void {
    if (this.#broken !== undefined) return
    this.#broken = why
    for (const { settle } of this.#asked.values()) settle({ kind: 'broken', why })
    this.#listener.onBroken(why)
  }

  /** False: it was ended before. */
  async #slept(ms: number, ended: AbortSignal): Promise<boolean> {
    return this.#runtime.sleep(ms, AbortSignal.any([ended, this.#closed.signal])).then(
      () => true,
      () => false,
    )
  }

  async #later(ms: number, then: () => void): Promise<void> {
    if (await this.#slept(ms, this.#closed.signal)) then()
  }
}

const branchOf = (response: SipResponse) => /;\s*branch=([^\s;,]+)/.exec(headerOf(response, 'via') ?? '')?.[1] ?? ''
const methodOf = (response: SipResponse) => headerOf(response, 'cseq')?.split(/\s+/)[1] ?? ''
const callOf = (request: SipRequest) =>
  `${headerOf(request, 'call-id')} ${Number.parseInt(headerOf(request, 'cseq') ?? '', 10)}`
