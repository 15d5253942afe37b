/**
 * An INFO as Asterisk is to have it: only the headers that a request inside a call needs, each in a form that Asterisk reads. Asterisk writes a
 * packet that it cannot read whole into its log, at any level, and an INFO holds the key that the caller pressed. What is taken here is less than
 * RFC 3261 allows (section 25.1): no comment, no `ttl`, no headers within an address.
 */
import { headerOf, type SipField, type SipRequest, tagOf } from '../../sip-message.ts'
import type { Refusal } from './refusals.ts'

const malformed: Refusal = { status: 400, reason: 'Bad Request', says: [] }
/** An INFO is for a call that there is (RFC 6086, section 4.2.2). */
const ofNoCall: Refusal = { status: 481, reason: 'Call/Transaction Does Not Exist', says: [] }

/** In characters: whatever a telephone has to say fits in, and to read it costs little. */
const longestValue = 2_000

const space = '[ \\t]{0,8}'
const token = "[\\w.!%*+`'~-]+"
const quoted = String.raw`"(?:[^"\\\0-\x1f\x7f]|\\[\x20-\x7e])*"`
const port = String.raw`(?:6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[1-5]\d{4}|\d{1,4})`
const bracketed = '\\[[0-9A-Fa-f:.]{2,45}\\]'
const host = `(?:[A-Za-z0-9][\\w.-]*|${bracketed})(?::${port})?`
const escaped = '%[0-9A-Fa-f]{2}'

/** Of an address: `;transport=tcp;lr`. */
const uriCharacters = `(?:[\\w.!~*'()/:&+$-]|${escaped})+`
const uriParameters = `(?:;(?!ttl\\b)${uriCharacters}(?:=(?:${uriCharacters}|${bracketed}))?)*`
const user = `(?:[\\w.!~*'()&=+$,;?/-]|${escaped})+(?::(?:[\\w.!~*'()&=+$,-]|${escaped})*)?@`
const sipUri = `sips?:(?:${user})?${host}`
const uri = `(?:${sipUri}|tel:[0-9A-D+*#().-]+)${uriParameters}`

/** Of a header: `;tag=1`. */
const value = `(?:(?:[\\w.!*+\`'~/:&$-]|${escaped})+|${bracketed}|${quoted})`
const otherParameter = `(?!ttl\\b|rport\\b)${token}(?:${space}=${space}${value})?`
const parameters = `(?:${space};${space}(?:rport(?:=${port})?(?![^\\s;,])|${otherParameter}))*`
const named = `(?:${quoted}|[\\w.!%*+\`'~ \\t-]*)${space}<${uri}>`
const listOf = (one: string) => `${one}(?:${space},${space}${one})*`
const whole = (pattern: string) => new RegExp(`^${pattern}$`, 'i')

const party = whole(`(?:${named}|${sipUri})${parameters}`)

interface Form {
  readonly form: RegExp
  /** Of a number. */
  readonly most?: number
  readonly isNeeded?: boolean
  readonly mayRepeat?: boolean
}

/** What an answer goes back by and what the request belongs to; how far it may go and by whom (Kamailio); what its body is. */
const forms: ReadonlyMap<string, Form> = new Map(
  Object.entries<Form>({
    via: { form: whole(listOf(`SIP/2\\.0/${token} ${space}${host}${parameters}`)), isNeeded: true, mayRepeat: true },
    from: { form: party, isNeeded: true },
    to: { form: party, isNeeded: true },
    'call-id': { form: /^[\x21-\x7e]+$/, isNeeded: true },
    cseq: { form: /^(\d{1,10})[ \t]+INFO$/, most: 2 ** 31 - 1, isNeeded: true },
    'max-forwards': { form: /^(\d{1,3})$/, most: 255 },
    route: { form: whole(listOf(`${named}${parameters}`)), mayRepeat: true },
    'content-type': { form: whole(`${token}/${token}${parameters}`) },
    'content-length': { form: /^(\d{1,5})$/ },
  }),
)

/** What to answer in Asterisk's place; undefined of another request, and of an INFO that Asterisk can read once it is `inForm`. */
export function infoRefusalOf(request: SipRequest): Refusal | undefined {
  if (!isInfo(request)) return undefined
  const { method, uri: target, fields, body } = request
  if (method !== 'INFO' || target.length > longestValue || !address.test(target)) return malformed
  for (const [name, form] of forms) if (!isInForm(fields, name, form)) return malformed
  const length = lengthOf(request)
  const isTyped = headerOf(request, 'content-type') !== undefined
  if (length > body.length || (length > 0 && !isTyped)) return malformed
  if (tagOf(headerOf(request, 'from') ?? '') === undefined) return malformed
  return tagOf(headerOf(request, 'to') ?? '') === undefined ? ofNoCall : undefined
}

/** Of an INFO that is not refused: without anything else, and with its length, whatever the transport. */
export function inForm(request: SipRequest): SipRequest {
  const length = lengthOf(request)
  const fields = request.fields.filter(({ name }) => forms.has(name)).map(plainly)
  const isMeasured = fields.some(({ name }) => name === 'content-length')
  return {
    ...request,
    startLine: `INFO ${request.uri} SIP/2.0`,
    fields: isMeasured ? fields : [...fields, written('Content-Length', String(length))],
    body: request.body.subarray(0, length),
  }
}

/** In whatever letters, as Asterisk may read them alike. */
export const isInfo = ({ method }: SipRequest): boolean => method.toUpperCase() === 'INFO'

const lengthOf = (request: SipRequest) => Number(headerOf(request, 'content-length') ?? request.body.length)

const address = whole(`${sipUri}${uriParameters}`)

function isInForm(fields: readonly SipField[], name: string, { form, most, isNeeded, mayRepeat }: Form): boolean {
  const found = fields.filter(field => field.name === name)
  if ((isNeeded && found.length === 0) || (!mayRepeat && found.length > 1)) return false
  return found.every(({ value: said }) => {
    const match = said.length <= longestValue ? form.exec(said) : null
    return match !== null && (most === undefined || Number(match[1]) <= most)
  })
}

/** On one line. */
function plainly(field: SipField): SipField {
  const begin = field.raw.slice(0, field.raw.indexOf(':'))
  return field.raw === `${begin}: ${field.value}` && !/\s/.test(begin) ? field : written(field.name, field.value)
}

const written = (name: string, said: string): SipField => ({
  name: name.toLowerCase(),
  value: said,
  raw: `${name}: ${said}`,
})
