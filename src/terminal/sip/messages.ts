/** Writes SIP messages (RFC 3261, section 7): requests of ours, and answers to theirs. */
import { type SipMessage, type SipRequest, tagOf } from '../../sip-message.ts'

export interface RequestDraft {
  readonly method: string
  readonly uri: string
  readonly from: string
  readonly to: string
  readonly callId: string
  readonly sequence: number
  /** Whole lines besides Via, From, To, Call-ID and CSeq. */
  readonly lines?: readonly string[]
  /** A description of sound. */
  readonly body?: string
}

/** @param via the value of the top Via, which says who waits for the answer */
export function requestBytes(draft: RequestDraft, via: string): Buffer {
  const { method, uri, from, to, callId, sequence, lines = [], body } = draft
  const own = [`Via: ${via}`, 'Max-Forwards: 70', `From: ${from}`, `To: ${to}`, `Call-ID: ${callId}`]
  return bytes(`${method} ${uri} SIP/2.0`, [...own, `CSeq: ${sequence} ${method}`, ...lines], body)
}

export interface AnswerDraft {
  readonly status: number
  readonly reason: string
  readonly lines?: readonly string[]
  readonly body?: string
}

/** Section 8.2.6: what names the request is copied. @param tag ours, where the request's To has none yet */
export function answerBytes(
  request: SipRequest,
  { status, reason, lines = [], body }: AnswerDraft,
  tag: string,
): Buffer {
  const copied = request.fields.flatMap(({ name, value }) => {
    const written = copiedHeaders.get(name)
    if (written === undefined) return []
    return [`${written}: ${value}${name === 'to' && tagOf(value) === undefined ? `;tag=${tag}` : ''}`]
  })
  return bytes(`SIP/2.0 ${status} ${reason}`, [...copied, ...lines], body)
}

const copiedHeaders: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ via: 'Via', 'record-route': 'Record-Route', from: 'From', to: 'To' },
    ...{ 'call-id': 'Call-ID', cseq: 'CSeq' },
  }),
)

/** The text of a message's description of sound; undefined: it has none. */
export function bodyOf({ body }: SipMessage): string | undefined {
  return body.length === 0 ? undefined : Buffer.from(body).toString('utf8')
}

function bytes(startLine: string, lines: readonly string[], body = ''): Buffer {
  const content = Buffer.from(body, 'utf8')
  const type = content.length > 0 ? ['Content-Type: application/sdp'] : []
  const head = [startLine, ...lines, ...type, `Content-Length: ${content.length}`, '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'utf8'), content])
}
