/**
 * What the edge changes in messages that it passes on, and nothing else. Asterisk sees a telephone at the edge's own end
 * of the flow, as behind a NAT; to the telephone all is as if the edge were not there.
 */
import { createHash } from 'node:crypto'
import {
  headerOf,
  type SipField,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  strayLineEnds,
  tagOf,
  writeSipMessage,
} from '../../sip-message.ts'
import { inForm } from './info-form.ts'
import { markedKey } from './info-keys.ts'
import { allowOnlyServed, type Refusal } from './refusals.ts'

/** Of IPv4. */
export interface Address {
  readonly address: string
  readonly port: number
}

/**
 * From Asterisk to the telephone at `phone`, which it knows at `inner`. `isTls`: what Asterisk believes to be TCP. `renames`: how the other
 * end knows what Asterisk calls itself.
 */
export function towardsPhone(
  message: SipMessage,
  phone: Address,
  inner: Address,
  isTls = false,
  renames?: { readonly from: string; readonly to: string },
): SipMessage {
  const secured = (text: string) => (isTls ? text.replace(/(;\s*transport=)tcp\b/i, '$1tls') : text)
  const ours = (text: string) => (renames === undefined ? text : text.replaceAll(renames.from, renames.to))
  const named = (text: string) => ours(secured(renamed(text, inner, phone)))
  let isTopVia = message.kind === 'response'
  const fields = message.fields.map(field => {
    switch (field.name) {
      case 'allow':
        return allowOnlyServed(field)
      // Asterisk takes the proxies that a request came by for the end of the flow.
      case 'route':
      case 'record-route':
      case 'contact':
        return { ...field, value: named(field.value), raw: named(field.raw) }
      case 'via': {
        if (message.kind === 'request') return isTls ? viaBy('TLS', field) : field
        if (!isTopVia) return field
        isTopVia = false
        return viaFrom(field, phone)
      }
      default:
        return field
    }
  })
  return message.kind === 'request'
    ? { ...message, startLine: named(message.startLine), uri: named(message.uri), fields }
    : { ...message, fields }
}

/** From a telephone to Asterisk: the same object when there is nothing to change. */
export function towardsAsterisk(message: SipMessage, isTls = false): SipMessage {
  if (message.kind === 'response') {
    const answer = isRedirection(message) ? unavailable(message) : message
    if (!isTls) return answer
    return { ...answer, fields: answer.fields.map(field => (field.name === 'via' ? viaBy('TCP', field) : field)) }
  }
  return message.method === 'INFO' ? markedKey(inForm(message)) : message
}

/** A telephone that is rung and names another destination: Asterisk would call that, whatever it is. */
function isRedirection(message: SipResponse): boolean {
  return message.status >= 300 && message.status < 400 && /\sINVITE$/i.test(headerOf(message, 'cseq') ?? '')
}

/** Without what it named. */
function unavailable(message: SipResponse): SipResponse {
  const fields = message.fields.filter(({ name }) => name !== 'contact')
  return { ...message, status: 480, startLine: 'SIP/2.0 480 Temporarily Unavailable', fields }
}

/** The edge's own final answer (RFC 3261, section 8.2.6): of the same bytes each time that the same request comes. */
export function answerTo(request: SipRequest, refusal: Refusal, phone: Address, server: string): Buffer {
  const [top, ...vias] = request.fields.filter(({ name }) => name === 'via')
  const copied = ['from', 'to', 'call-id', 'cseq'].flatMap(name => request.fields.filter(field => field.name === name))
  const own = [...refusal.says, `Server: ${server}`, 'Content-Length: 0'].map(raw => ({ name: '', value: '', raw }))
  const answered = [...(top ? [viaFrom(top, phone)] : []), ...vias, ...copied.map(tagged(request, server))]
  return writeSipMessage({
    kind: 'response',
    status: refusal.status,
    startLine: `SIP/2.0 ${refusal.status} ${refusal.reason}`,
    fields: [...answered.map(field => ({ ...field, raw: field.raw.replace(strayLineEnds, ' ') })), ...own],
    body: Buffer.alloc(0),
  })
}

/**
 * To with the answerer's tag, where the request had none. Nothing is kept of what was answered, so the tag is drawn from what tells the
 * request from all others (section 8.2.7), and from the name of the installation.
 */
function tagged(request: SipRequest, server: string): (field: SipField) => SipField {
  return field => {
    if (field.name !== 'to' || tagOf(field.value) !== undefined) return field
    const said = ['via', 'from', 'call-id', 'cseq'].map(name => headerOf(request, name))
    const hash = createHash('sha256').update(JSON.stringify([server, ...said]))
    const tag = `;tag=${hash.digest('hex').slice(0, 16)}`
    return { ...field, value: `${field.value}${tag}`, raw: `${field.raw}${tag}` }
  }
}

/** With the address that the request came from (RFC 3261, section 18.2.1), and the port if it was asked for (RFC 3581). */
function viaFrom(field: SipField, { address, port }: Address): SipField {
  const [top = ''] = field.value.split(',', 1)
  const [sentBy = '', ...parameters] = top.split(';').map(part => part.trim())
  const named = (name: string) => (parameter: string) => parameter.split('=', 1)[0]?.trim().toLowerCase() === name
  const kept = parameters.filter(parameter => !named('rport')(parameter) && !named('received')(parameter))
  const source = [`received=${address}`, ...(parameters.some(named('rport')) ? [`rport=${port}`] : [])]
  const value = `${[sentBy, ...kept, ...source].join(';')}${field.value.slice(top.length)}`
  return { name: 'via', value, raw: `Via: ${value}` }
}

/** Asterisk's own Via, by the transport that the other end knows of. */
function viaBy(transport: 'TLS' | 'TCP', field: SipField): SipField {
  const value = field.value.replace(/^(SIP\s*\/\s*2\.0\s*\/\s*)(?:TCP|TLS)\b/i, `$1${transport}`)
  return { name: 'via', value, raw: `Via: ${value}` }
}

/** Names `to` wherever the text names `from`. */
function renamed(text: string, from: Address, to: Address): string {
  const name = `${from.address}:${from.port}`
  // Most messages name neither, and a search costs less than an expression.
  if (!text.includes(name)) return text
  const whole = new RegExp(`(?<![\\d.])${name.replaceAll('.', '\\.')}(?!\\d)`, 'g')
  return text.replace(whole, `${to.address}:${to.port}`)
}
