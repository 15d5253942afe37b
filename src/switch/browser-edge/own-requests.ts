/** What a page's line says to Asterisk by itself: all but the INVITE, of which a browser has its part. */
import { type Runtime, randomId } from '../../runtime.ts'
import { headerOf, type SipField, type SipMessage, type SipRequest, type SipResponse } from '../../sip-message.ts'

/** A name that nobody has (RFC 6761, section 6.4). */
const host = 'tonebank.invalid'

export function whoAsks(user: string, number: string, callId: string, runtime: Runtime): SipRequest {
  return request('OPTIONS', `sip:${number}@${host}`, [
    `Via: SIP/2.0/WS ${host};branch=z9hG4bK${randomId(runtime)}`,
    'Max-Forwards: 70',
    `From: <sip:${user}@${host}>;tag=${randomId(runtime)}`,
    `To: <sip:${number}@${host}>`,
    `Call-ID: ${callId}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
  ])
}

/** RFC 3261, section 9.1: of the same transaction. */
export function cancelOf(invite: SipRequest): SipRequest {
  const same = invite.fields.filter(({ name }) => ['via', 'max-forwards', 'from', 'to', 'call-id'].includes(name))
  const own = [`CSeq: ${sequenceOf(invite)} CANCEL`, 'Content-Length: 0']
  return request('CANCEL', invite.uri, [...same.map(({ raw }) => raw), ...own])
}

/** RFC 3261, section 15.1.1: of the dialog that `accepted` made. */
export const goodbyeOf = (invite: SipRequest, accepted: SipResponse, runtime: Runtime): SipRequest =>
  inDialog('BYE', sequenceOf(invite) + 1, invite, accepted, runtime)

/** RFC 3261, section 13.2.2.4: of a yes it is a request of its own; section 17.1.1.3: of a no it belongs to the INVITE. */
export function acknowledgementOf(invite: SipRequest, final: SipResponse, runtime: Runtime): SipRequest {
  if (final.status < 300) return inDialog('ACK', sequenceOf(invite), invite, final, runtime)
  const same = invite.fields.filter(({ name }) => ['via', 'max-forwards', 'from', 'call-id'].includes(name))
  const own = [`To: ${headerOf(final, 'to') ?? ''}`, `CSeq: ${sequenceOf(invite)} ACK`, 'Content-Length: 0']
  return request('ACK', invite.uri, [...same.map(({ raw }) => raw), ...own])
}

function inDialog(method: string, sequence: number, invite: SipRequest, accepted: SipResponse, runtime: Runtime) {
  const uri = /<([^<>]+)>/.exec(headerOf(accepted, 'contact') ?? '')?.[1] ?? invite.uri
  return request(method, uri, [
    `Via: SIP/2.0/WS ${host};branch=z9hG4bK${randomId(runtime)}`,
    'Max-Forwards: 70',
    ...['From', 'To', 'Call-ID'].map(name => `${name}: ${headerOf(accepted, name.toLowerCase()) ?? ''}`),
    `CSeq: ${sequence} ${method}`,
    'Content-Length: 0',
  ])
}

export const field = (raw: string): SipField => ({ name: '', value: '', raw })

const request = (method: string, uri: string, lines: readonly string[]): SipRequest => ({
  ...{ kind: 'request', method, uri, startLine: `${method} ${uri} SIP/2.0` },
  fields: lines.map(field),
  body: Buffer.alloc(0),
})

const sequenceOf = (message: SipMessage): number => Number(headerOf(message, 'cseq')?.split(/\s+/)[0] ?? 0)
