/**
 * One page's line: a WebSocket of the browser on one side, one to Asterisk on the other, and one call at a time between them. The
 * page proves nothing by SIP and holds no password; the line answers Asterisk's challenge for it, with the account that it was lent.
 * All but the INVITE the line says to Asterisk by itself, and answers the page by itself: what a page says ends its own call or nothing.
 */
import { type Runtime, randomId, withDeadline } from '../../runtime.ts'
import type { Secret } from '../../secret.ts'
import { type Challenge, challengeIn, digestAnswer } from '../../sip-digest.ts'
import {
  headerOf,
  headersOf,
  readSipMessage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  writeSipMessage,
} from '../../sip-message.ts'
import { answerTo } from '../sip-edge/translation.ts'
import { answerToBrowser, offerToAsterisk, readSound, type Sound } from './descriptions.ts'
import { MediaRelay } from './media-relay.ts'
import { acknowledgementOf, cancelOf, field, goodbyeOf, whoAsks } from './own-requests.ts'
import { isOutOfForm, madeAnew, numberCalled, type Refusal, refusalOf } from './requests.ts'

/** Either end of a line: whole SIP messages, as a WebSocket carries them (RFC 7118). */
export interface MessageSocket {
  send(message: string): void
  close(): void
  onMessage(listener: (message: Buffer) => void): void
  onClose(listener: () => void): void
}

export interface LineParts {
  readonly runtime: Runtime
  readonly account: { readonly user: string; readonly password: Secret }
  /** Where the browser comes from. */
  readonly peer: { readonly address: string; readonly port: number }
  /** Of ours, where the browser finds its sound. */
  readonly mediaAddress: string
  /** The name in answers that are ours. */
  readonly userAgent: string
  /** A call goes to this number; who serves it is told by this key whose captions are asked for. */
  called(number: string, captions: string): void
  /** Whether one more call may be made from where this page is. */
  mayCall(): boolean
}

/** A browser's offer has about 2.5 KB, and its head less than 1. */
const mostBytes = 16_384
/** Asterisk answers a challenge within milliseconds. */
const challengeMs = 5_000

interface Call {
  readonly invite: SipRequest
  readonly id: string
  readonly offer: Sound
  relay: MediaRelay | undefined
  /** As it went to Asterisk. */
  sent: SipRequest | undefined
  /** Asterisk's yes. */
  accepted: SipResponse | undefined
  /** Asterisk has said yes or no to it, so that it is known what there is to end. */
  isSettled: boolean
  /** Asterisk's no, or the end. */
  isOver: boolean
}

const ok: Refusal = { status: 200, reason: 'OK', says: [] }
const terminated: Refusal = { status: 487, reason: 'Request Terminated', says: [] }
const noSuchCall: Refusal = { status: 481, reason: 'Call/Transaction Does Not Exist', says: [] }
const busyHere: Refusal = { status: 486, reason: 'Busy Here', says: [] }
const notAcceptable: Refusal = { status: 488, reason: 'Not Acceptable Here', says: [] }
const unavailable: Refusal = { status: 503, reason: 'Service Unavailable', says: ['Retry-After: 60'] }

export class PageLine {
  readonly #parts: LineParts
  readonly #page: MessageSocket
  readonly #asterisk: MessageSocket
  #call: Call | undefined
  #isClosed = false
  readonly #challenges = new Map<string, (response: SipResponse) => void>()

  constructor(page: MessageSocket, asterisk: MessageSocket, parts: LineParts) {
    this.#parts = parts
    this.#page = page
    this.#asterisk = asterisk
    page.onMessage(bytes => this.#guarded(() => this.#fromPage(bytes)))
    asterisk.onMessage(bytes => this.#guarded(() => this.#fromAsterisk(bytes)))
    page.onClose(() => this.close())
    asterisk.onClose(() => this.close())
  }

  /** Ends the call that there is, and both sides. May be called again. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    // A page that is gone cannot hang up any more.
    if (this.#call && !this.#call.isOver) this.#endAtAsterisk(this.#call)
    this.#page.close()
    this.#asterisk.close()
  }

  /** What nobody has thought of ends this line, and no other. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch {
      this.close()
    }
  }

  #fromPage(bytes: Buffer): void {
    // A pair of line ends keeps a connection alive (RFC 5626, section 3.5.1).
    if (this.#isClosed || (bytes.length <= 4 && /^[\r\n]*$/.test(bytes.toString('latin1')))) return
    const message = bytes.length <= mostBytes ? readSipMessage(bytes) : undefined
    if (message === undefined || isOutOfForm(message)) this.close()
    // Asterisk's own BYE, which is all that a page is asked, is answered for it.
    else if (message.kind === 'request') this.#requestFromPage(message)
  }

  #requestFromPage(request: SipRequest): void {
    const refusal = refusalOf(request, this.#parts.account.user)
    if (refusal) this.#refuse(request, refusal)
    else if (request.method === 'INVITE') this.#invited(request)
    else this.#within(request)
  }

  #refuse(request: SipRequest, refusal: Refusal): void {
    if (request.method === 'ACK') return
    this.#toPage(answerTo(request, refusal, this.#parts.peer, this.#parts.userAgent))
  }

  #invited(invite: SipRequest): void {
    const id = headerOf(invite, 'call-id') ?? ''
    // Over a WebSocket nothing is lost, so nothing is repeated.
    if (this.#call?.id === id) return
    const offer = readSound(Buffer.from(invite.body).toString('latin1'))
    if (this.#call && !(this.#call.isOver && this.#call.isSettled)) this.#refuse(invite, busyHere)
    else if (offer === undefined || offer.setup === 'passive') this.#refuse(invite, notAcceptable)
    else if (!this.#parts.mayCall()) this.#refuse(invite, unavailable)
    else {
      const begun = { relay: undefined, sent: undefined, accepted: undefined, isSettled: true, isOver: false }
      const call: Call = { invite, id, offer, ...begun }
      this.#call = call
      void this.#begin(call).catch(() => {
        if (!call.isOver) this.#refuse(invite, unavailable)
        this.#over(call)
      })
    }
  }

  async #begin(call: Call): Promise<void> {
    const { mediaAddress, peer, runtime } = this.#parts
    const relay = await MediaRelay.open(mediaAddress, peer.address, runtime)
    call.relay = relay
    if (call.isOver) return relay.close()
    const challenge = await this.#challenge(numberCalled(call.invite) ?? '')
    if (call.isOver) return
    const captions = randomId(runtime)
    call.sent = this.#authorised(call, relay, challenge, captions)
    call.isSettled = false
    this.#parts.called(numberCalled(call.invite) ?? '', captions)
    this.#toAsterisk(call.sent)
  }

  /** Asterisk's challenges are good for each request of the same account and way, so one that costs nothing is asked first. */
  async #challenge(number: string): Promise<Challenge> {
    const { runtime, account } = this.#parts
    const id = randomId(runtime)
    const asked = new Promise<SipResponse>(resolve => this.#challenges.set(id, resolve))
    this.#toAsterisk(whoAsks(account.user, number, id, runtime))
    const asking = withDeadline(runtime, 'a challenge of Asterisk', challengeMs, asked)
    const response = await asking.finally(() => this.#challenges.delete(id))
    const challenge = challengeIn(headersOf(response, 'www-authenticate'))
    if (challenge === undefined) throw new Error('Asterisk does not ask who we are')
    return challenge
  }

  #authorised({ invite, offer }: Call, relay: MediaRelay, challenge: Challenge, captions: string): SipRequest {
    const { runtime, account } = this.#parts
    const asked = { method: 'INVITE', uri: invite.uri, count: 1, cnonce: randomId(runtime) }
    const body = Buffer.from(offerToAsterisk(offer, relay.inner), 'latin1')
    const own = [`Authorization: ${digestAnswer(challenge, account, asked)}`, `X-Tonebank-Captions: ${captions}`]
    return madeAnew(invite, own, body)
  }

  /** ACK, CANCEL and BYE of the one call. */
  #within(request: SipRequest): void {
    const call = this.#call?.id === headerOf(request, 'call-id') ? this.#call : undefined
    if (request.method === 'ACK') return
    if (call === undefined || call.isOver || (request.method === 'CANCEL' && call.accepted)) {
      this.#refuse(request, noSuchCall)
      return
    }
    this.#refuse(request, ok)
    if (!call.accepted) this.#refuse(call.invite, terminated)
    this.#endAtAsterisk(call)
  }

  /** With as much as it has heard of it. What it says yes to afterwards ends as soon as it does. */
  #endAtAsterisk(call: Call): void {
    if (call.sent && call.accepted) this.#toAsterisk(goodbyeOf(call.sent, call.accepted, this.#parts.runtime))
    else if (call.sent) this.#toAsterisk(cancelOf(call.sent))
    this.#over(call)
  }

  #fromAsterisk(bytes: Buffer): void {
    const message = this.#isClosed ? undefined : readSipMessage(bytes)
    if (message === undefined) return
    const id = headerOf(message, 'call-id') ?? ''
    const [call, challenged] = [this.#call, this.#challenges.get(id)]
    if (challenged && message.kind === 'response') challenged(message)
    else if (call?.id !== id) return
    else if (message.kind === 'request') this.#requestFromAsterisk(message, call)
    else this.#answerFromAsterisk(message, call)
  }

  #requestFromAsterisk(request: SipRequest, call: Call): void {
    if (request.method === 'ACK') return
    const isEnd = request.method === 'BYE'
    const answer = isEnd ? ok : { status: 405, reason: 'Method Not Allowed', says: ['Allow: ACK, BYE'] }
    this.#asterisk.send(answerTo(request, answer, this.#parts.peer, this.#parts.userAgent).toString('latin1'))
    if (!isEnd || call.isOver) return
    this.#toPage(writeSipMessage(request))
    this.#over(call)
  }

  #answerFromAsterisk(response: SipResponse, call: Call): void {
    // Of BYE and CANCEL the page has had our own.
    if (!headerOf(response, 'cseq')?.endsWith('INVITE')) return
    const { isOver } = call
    if (response.status >= 200) this.#settled(response, call)
    if (isOver) return
    const described = response.body.length > 0 ? this.#described(response, call) : response
    if (described) this.#toPage(writeSipMessage(described))
  }

  #settled(final: SipResponse, call: Call): void {
    const { sent, isOver } = call
    call.isSettled = true
    if (sent) this.#toAsterisk(acknowledgementOf(sent, final, this.#parts.runtime))
    if (final.status < 300) call.accepted = final
    else this.#over(call)
    // It was taken back meanwhile.
    if (isOver && call.accepted) this.#endAtAsterisk(call)
  }

  /** With the sound as the browser has to see it. */
  #described(response: SipResponse, { offer, relay }: Call): SipMessage | undefined {
    const answer = readSound(Buffer.from(response.body).toString('latin1'))
    if (answer === undefined || relay === undefined) return undefined
    relay.connect(answer.port)
    const body = Buffer.from(answerToBrowser(answer, offer, relay.outer, relay.credentials), 'latin1')
    const fields = response.fields.map(each =>
      each.name === 'content-length' ? field(`Content-Length: ${body.length}`) : each,
    )
    return { ...response, fields, body }
  }

  #over(call: Call): void {
    call.isOver = true
    call.relay?.close()
  }

  #toAsterisk(message: SipMessage): void {
    this.#asterisk.send(writeSipMessage(message).toString('latin1'))
  }

  #toPage(message: Buffer): void {
    this.#page.send(message.toString('latin1'))
  }
}
