/** Who calls whom, as the headers of one call say it (RFC 3261, sections 8.1.1 and 12). */
import type { SipRequest, SipResponse } from '../../sip-message.ts'
import { headerOf, headersOf, tagOf } from '../../sip-message.ts'
import type { Exchange, SipTransport } from './transport.ts'

export class Identity {
  readonly callId: string
  readonly tag: string
  /** Where we are asked. */
  readonly contact: string
  readonly from: string
  /** Of the other side; without a tag until it has answered. */
  to: string
  /** Where requests within the call go. */
  target: string
  routes: readonly string[] = []
  sequence = 0
  theirSequence = -1

  constructor(user: string, number: string, exchange: Exchange, transport: SipTransport, ids: [string, string]) {
    const { address, port } = transport.own
    const by = transport.protocol === 'TLS' ? ';transport=tls' : ''
    const host = bracketed(exchange.host)
    this.target = `sip:${escaped(number)}@${host}:${exchange.port}${by}`
    this.contact = `<sip:${escaped(user)}@${bracketed(address)}:${port}${by}>`
    ;[this.callId, this.tag] = ids
    this.from = `<sip:${escaped(user)}@${host}>;tag=${this.tag}`
    this.to = `<${this.target}>`
  }

  get isAnswered(): boolean {
    return tagOf(this.to) !== undefined
  }

  /** Section 12.1.2. */
  answered(response: SipResponse): void {
    this.to = headerOf(response, 'to') ?? this.to
    this.routes = headersOf(response, 'record-route').flatMap(partsOf).reverse()
    this.moved(response)
  }

  /** The other side says where it is asked from now on. */
  moved(message: SipRequest | SipResponse): void {
    const contact = headerOf(message, 'contact')
    this.target =
      contact === undefined ? this.target : (/<([^>]+)>/.exec(contact)?.[1] ?? contact.split(';', 1)[0] ?? '')
  }

  /** Whether a request is about this call: by Call-ID and both tags (section 12). */
  isAbout(request: SipRequest): boolean {
    return (
      this.isAnswered &&
      headerOf(request, 'call-id') === this.callId &&
      tagOf(headerOf(request, 'to') ?? '') === this.tag &&
      tagOf(headerOf(request, 'from') ?? '') === tagOf(this.to)
    )
  }
}

/** Addresses between angle brackets, with what stands behind each. */
const partsOf = (value: string) => value.match(/<[^>]*>[^,]*/g) ?? []
const bracketed = (host: string) => (host.includes(':') ? `[${host}]` : host)
/** A hash would end the address. */
const escaped = (name: string) => name.replace(/[^\w.!~*'()&=+$,;?/-]/g, encodeURIComponent)
