/**
 * Reads one SIP message (RFC 3261, section 7), request or response, as far as somebody between a telephone and its switch
 * has to: start line, headers by whatever name they are written, the tag of a party. What it does not read it keeps as it
 * stood, so that a message with one header changed is otherwise the same bytes. It decides nothing and never throws.
 */
export type SipMessage = SipRequest | SipResponse

export interface SipRequest extends Whole {
  readonly kind: 'request'
  /** As sent: methods are told apart by case (section 7.1). */
  readonly method: string
  readonly uri: string
}

export interface SipResponse extends Whole {
  readonly kind: 'response'
  /** 100 to 699. */
  readonly status: number
}

interface Whole {
  readonly startLine: string
  readonly fields: readonly SipField[]
  /** All bytes after the empty line, of whatever length Content-Length claims. */
  readonly body: Uint8Array
}

/** One header line with the lines that continue it; a header that stands several times is as many fields. */
export interface SipField {
  /** The full name in small letters, such as `call-id` for `i: 7`; empty where a line is no header at all. */
  readonly name: string
  /** Without surrounding space, continuations joined by a space each. */
  readonly value: string
  /** As it stood, without its last line break. */
  readonly raw: string
}

/** Section 7.3.3, RFC 3265, 3515, 3841, 3892, 4028, 4474. */
const compactForms: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ a: 'accept-contact', b: 'referred-by', c: 'content-type', d: 'request-disposition', e: 'content-encoding' },
    ...{ f: 'from', i: 'call-id', j: 'reject-contact', k: 'supported', l: 'content-length', m: 'contact', o: 'event' },
    ...{ r: 'refer-to', s: 'subject', t: 'to', u: 'allow-events', v: 'via', x: 'session-expires', y: 'identity' },
  }),
)

const token = "[A-Za-z0-9\\-.!%*_+`'~]+"
const requestLine = new RegExp(`^(${token}) (\\S+) SIP/2\\.0$`, 'i')
const statusLine = /^SIP\/2\.0 ([1-6]\d\d)(?: .*)?$/i
const headerLine = new RegExp(`^(${token})[ \\t]*:`)
/** The empty line; a lone line feed is no line break by the standard, and some send it all the same. */
const headEnd = /\r?\n\r?\n/
/** What ends a line for some readers, or the whole text, without being a line end of the standard. */
export const strayLineEnds = /\r(?!\n)|(?<!\r)\n|\0/g

/** The message in these bytes, which may begin with empty lines; undefined when they are none, or their head is not whole. */
export function readSipMessage(bytes: Uint8Array): SipMessage | undefined {
  // One character to a byte, so that an index in the text is one in the bytes.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const beginsAt = text.search(/[^\r\n]/)
  const head = beginsAt < 0 ? null : headEnd.exec(beginsAt === 0 ? text : text.slice(beginsAt))
  if (!head) return undefined
  const endsAt = beginsAt + head.index
  const [startLine = '', ...lines] = text.slice(beginsAt, endsAt).split(/\r?\n/)
  const whole = { startLine, fields: fieldsOf(lines), body: bytes.subarray(endsAt + head[0].length) }

  const status = statusLine.exec(startLine)
  if (status) return { kind: 'response', status: Number(status[1]), ...whole }
  const request = requestLine.exec(startLine)
  if (!request) return undefined
  const [, method = '', uri = ''] = request
  return { kind: 'request', method, uri, ...whole }
}

/**
 * Whether every reader finds the same headers in the message that these bytes hold: all lines end with CRLF, none holds a NUL, and the name
 * of each header stands before a colon on its own line. Some take a lone CR for the end of a line, or seek the colon in the next.
 */
export function isUnambiguous({ fields, body }: SipMessage, bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength - body.byteLength).toString('latin1')
  return head.search(strayLineEnds) < 0 && fields.every(({ name }) => name !== '')
}

/** The bytes of the message: those that it was read from, if nothing was changed and its lines ended as they should. */
export function writeSipMessage({ startLine, fields, body }: SipMessage): Buffer {
  const head = [startLine, ...fields.map(({ raw }) => raw), '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}

/** Every value of a header, in order; `name` is the full one in small letters. */
export function headersOf({ fields }: SipMessage, name: string): string[] {
  return fields.flatMap(field => (field.name === name ? [field.value] : []))
}

/** The first value of a header. */
export function headerOf({ fields }: SipMessage, name: string): string | undefined {
  return fields.find(field => field.name === name)?.value
}

/**
 * The tag of From or To (section 20.34): a parameter of the header, which is none that stands inside the quoted name or
 * between the angle brackets.
 */
export function tagOf(party: string): string | undefined {
  return /;\s*tag\s*=\s*([^\s;,]+)/i.exec(outside(party))?.[1]
}

/** What of a header value stands neither in quotes nor between angle brackets. */
export function outside(value: string): string {
  let kept = ''
  for (let at = 0; at < value.length; at++) {
    const character = value[at]
    if (character === '"') at = endOfQuoted(value, at)
    else if (character === '<') at = end(value.indexOf('>', at), value)
    else kept += character
  }
  return kept
}

/** Where the quotes that open at `from` close; the end of the text where they do not. */
function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at
  }
  return text.length
}

const end = (found: number, { length }: string) => (found < 0 ? length : found)

function fieldsOf(lines: readonly string[]): SipField[] {
  const fields: SipField[] = []
  for (let at = 0; at < lines.length; ) {
    let next = at + 1
    while (/^[ \t]/.test(lines[next] ?? '')) next++
    fields.push(fieldOf(lines.slice(at, next)))
    at = next
  }
  return fields
}

function fieldOf(lines: readonly string[]): SipField {
  const [first = '', ...continued] = lines
  const raw = lines.join('\r\n')
  const name = headerLine.exec(first)
  if (!name) return { name: '', value: '', raw }
  const written = (name[1] ?? '').toLowerCase()
  const pieces = [first.slice(name[0].length), ...continued].map(piece => piece.trim())
  return { name: compactForms.get(written) ?? written, value: pieces.join(' ').trim(), raw }
}
