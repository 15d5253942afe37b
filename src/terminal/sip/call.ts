/**
 * One call that this telephone places (RFC 3261): it asks, proves who it is, speaks, and knows the end.
 *
 *   asking ──1 2xx with sound that both can do──▶ open ──2 a BYE either way──▶ ended
 *     │                                            │
 *     │                                            └──3 connection lost, exchange gone: broken
 *     └──4 refused · 5 it rang too long, or the caller gave up: CANCEL, and a BYE if the answer crossed it
 */

import { type Runtime, randomId } from '../../runtime.ts'
import { challengeIn, digestAnswer, type SipAccountOf } from '../../sip-digest.ts'
import { headersOf, type SipRequest, type SipResponse } from '../../sip-message.ts'
import type { KeyPace, LineEnd, Sent, TerminalLine, TerminalListener } from '../line.ts'
import { answerOffer, type OwnSound, offerOf, readAnswer } from './description.ts'
import { Identity } from './identity.ts'
import type { Media } from './media.ts'
import { answerBytes, bodyOf, type RequestDraft } from './messages.ts'
import { allow, meaningOf, sequenceOf } from './requests.ts'
import { type Answer, type Listener, Transactions } from './transactions.ts'
import type { Exchange, SipTransport } from './transport.ts'

export interface CallParts {
  readonly exchange: Exchange
  readonly account: SipAccountOf
  readonly number: string
  readonly transport: SipTransport
  readonly media: Media
  /** What we say of our sound. */
  readonly own: OwnSound
  readonly runtime: Runtime
}

/** An exchange that has gone says nothing over UDP: it is asked from time to time whether the call is still there. */
const askEveryMs = 30_000
/** Who hangs up waits no longer for the exchange to know. */
const byeWithinMs = 4_000
/** For repetitions of a BYE whose answer was lost. */
const lingerMs = 1_000

export class SipCall implements TerminalLine, Listener {
  readonly #parts: CallParts
  readonly #identity: Identity
  readonly #transactions: Transactions
  readonly #over = new AbortController()
  #own: OwnSound
  /** Of the INVITE that was accepted: once more for each time that its 2xx comes. */
  #ack: RequestDraft | undefined
  /** Our answer of 2xx to their INVITE without an offer holds one, which their ACK answers. */
  #awaitsAnswer = false
  #hasEvents = false
  #end: (end: LineEnd) => void = () => {}
  readonly ended = new Promise<LineEnd>(resolve => {
    this.#end = resolve
  })

  constructor(parts: CallParts) {
    const { account, number, exchange, transport, runtime } = parts
    this.#parts = parts
    this.#own = parts.own
    this.#identity = new Identity(account.user, number, exchange, transport, [randomId(runtime), randomId(runtime)])
    this.#transactions = new Transactions(transport, runtime, this)
  }

  get keysAs(): 'events' | 'tones' {
    return this.#hasEvents ? 'events' : 'tones'
  }

  send(samples: Float32Array): Promise<Sent> {
    return this.#parts.media.outgoing.sound(samples)
  }

  keys(digits: string, pace: KeyPace = {}): Promise<Sent> {
    const { outgoing } = this.#parts.media
    return this.#hasEvents ? outgoing.keys(digits, pace) : outgoing.tones(digits, pace)
  }

  listen(listener: TerminalListener): void {
    this.#parts.media.incoming.listener = listener
  }

  async hangUp(): Promise<void> {
    if (this.#isOver) return
    this.#finish('hung up here')
    const told = this.#request('BYE').finally(() => this.#transactions.close())
    await Promise.race([told, this.#parts.runtime.sleep(byeWithinMs)])
  }

  /** Sends the INVITE once, with the proof of who we are where it was asked for. */
  invite(proof: readonly string[], onProvisional: () => void): { readonly answer: Promise<Answer>; cancel(): void } {
    const branch = this.#transactions.newBranch()
    const lines = [`Contact: ${this.#identity.contact}`, allow, 'Accept: application/sdp', ...proof]
    const draft = { ...this.#draft('INVITE'), lines, body: offerOf(this.#own) }
    const answer = this.#transactions.request(draft, branch, onProvisional)
    this.#ack = { ...draft, method: 'ACK', lines: proof, body: '' }
    // Section 9.1: no new number, and nothing of what the INVITE offered.
    const cancel = () => void this.#transactions.request({ ...draft, method: 'CANCEL', lines: [], body: '' }, branch)
    return { answer, cancel }
  }

  /** What proves who we are to whoever answered so; undefined: nothing that we can do was asked for. */
  prove(method: string, response: SipResponse): { readonly line: string; readonly stale: boolean } | undefined {
    const isProxy = response.status === 407
    const challenge = challengeIn(headersOf(response, isProxy ? 'proxy-authenticate' : 'www-authenticate'))
    if (!challenge) return undefined
    const { account, runtime } = this.#parts
    const asked = { method, uri: this.#identity.target, count: 1, cnonce: randomId(runtime) }
    const value = digestAnswer(challenge, account, asked)
    return { line: `${isProxy ? 'Proxy-Authorization' : 'Authorization'}: ${value}`, stale: challenge.stale }
  }

  /** The INVITE was accepted: acknowledged in any case. False: there is no sound that both can do, and the call is ended. */
  async accepted(response: SipResponse): Promise<boolean> {
    this.#identity.answered(response)
    this.#acknowledge()
    const theirs = readAnswer(bodyOf(response) ?? '', this.#own)
    if (!theirs) {
      await this.hangUp()
      return false
    }
    this.#hasEvents = theirs.eventType !== undefined
    await this.#parts.media.meet(theirs)
    void this.#askFromTimeToTime()
    return true
  }

  /** There will be no call. */
  abandon(): void {
    this.#finish('hung up here')
    this.#transactions.close()
  }

  onRequest(request: SipRequest, answer: (bytes: Buffer) => void): void {
    const identity = this.#identity
    const isAboutCall = identity.isAbout(request) && !this.#isOver
    const meaning = meaningOf(request, isAboutCall, identity.theirSequence)
    if (isAboutCall) identity.theirSequence = Math.max(identity.theirSequence, sequenceOf(request))
    const respond = (draft: Parameters<typeof answerBytes>[1]) => answer(answerBytes(request, draft, identity.tag))
    switch (meaning.kind) {
      case 'answer':
        respond(meaning.answer)
        break
      case 'new sound':
        respond(this.#newSound(request))
        break
      case 'bye':
        respond({ status: 200, reason: 'OK' })
        this.#finish('hung up there')
        void this.#parts.runtime.sleep(lingerMs).then(() => this.#transactions.close())
    }
  }

  onAck(request: SipRequest): void {
    const answer = bodyOf(request)
    if (!this.#awaitsAnswer || !this.#identity.isAbout(request)) return
    this.#awaitsAnswer = false
    const theirs = answer === undefined ? undefined : readAnswer(answer, this.#own)
    if (theirs) void this.#parts.media.meet(theirs)
  }

  onUnacknowledged(): void {
    void this.#giveUp()
  }

  onAcceptedAgain(): void {
    this.#acknowledge()
  }

  onBroken(): void {
    this.#finish('broken')
  }

  get #isOver(): boolean {
    return this.#over.signal.aborted
  }

  #draft(method: string): RequestDraft {
    const { from, to, callId, target, routes } = this.#identity
    const sequence = ++this.#identity.sequence
    return { method, uri: target, from, to, callId, sequence, lines: routes.map(route => `Route: ${route}`) }
  }

  #acknowledge(): void {
    if (!this.#ack) return
    const { to, target: uri, routes } = this.#identity
    const lines = [...routes.map(route => `Route: ${route}`), ...(this.#ack.lines ?? [])]
    this.#transactions.acknowledge({ ...this.#ack, uri, to, lines })
  }

  /** A request within the call, a second time with the proof of who we are where it is asked for. */
  async #request(method: string): Promise<Answer> {
    const first = await this.#transactions.request(this.#draft(method))
    if (first.kind !== 'response' || ![401, 407].includes(first.response.status)) return first
    const proof = this.prove(method, first.response)
    if (!proof) return first
    const draft = this.#draft(method)
    return this.#transactions.request({ ...draft, lines: [...(draft.lines ?? []), proof.line] })
  }

  /** Their re-INVITE or UPDATE, which may also say where they are asked from now on (section 12.2.2). */
  #newSound(request: SipRequest): Parameters<typeof answerBytes>[1] {
    const own = { ...this.#own, version: this.#own.version + 1 }
    const offer = bodyOf(request)
    const answered = offer === undefined ? undefined : answerOffer(offer, own)
    if (offer !== undefined && !answered) return { status: 488, reason: 'Not Acceptable Here' }
    this.#own = own
    this.#identity.moved(request)
    this.#awaitsAnswer = !answered
    if (answered) void this.#parts.media.meet(answered.theirs)
    const lines = [`Contact: ${this.#identity.contact}`, allow]
    return { status: 200, reason: 'OK', lines, body: answered?.answer ?? offerOf(own) }
  }

  async #askFromTimeToTime(): Promise<void> {
    const { runtime } = this.#parts
    for (;;) {
      await runtime.sleep(askEveryMs, this.#over.signal).catch(() => {})
      if (this.#isOver) return
      const answer = await this.#request('OPTIONS')
      const isThere = answer.kind === 'response' && ![408, 481].includes(answer.response.status)
      if (!isThere && !this.#isOver) return this.#giveUp()
    }
  }

  /** The exchange is not there as it should be: it is told all the same. */
  async #giveUp(): Promise<void> {
    if (this.#isOver) return
    this.#finish('broken')
    await this.#request('BYE')
    this.#transactions.close()
  }

  #finish(end: LineEnd): void {
    if (this.#isOver) return
    this.#over.abort()
    this.#parts.media.end()
    this.#end(end)
  }
}
