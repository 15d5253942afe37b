/**
 * Keys as SIP INFO (`application/dtmf-relay`, `application/dtmf`) on their way to Asterisk. Asterisk reports a key without the way it came
 * by, but with its length: so each gets one length that no other key has, and whoever reads the reports can tell (`phone/asterisk/presses.ts`).
 */
import { infoKeyMs } from '../../phone/asterisk/key-report.ts'
import { headersOf, type SipField, type SipRequest } from '../../sip-message.ts'

const relay = 'application/dtmf-relay'
/** `Signal=5`: the key. */
const signalLine = /^[ \t]*signal[ \t]*=[ \t]*(\S+)/im

/** The same INFO with the length of its key written anew, and with its media type in small letters; others as they are. */
export function markedKey(message: SipRequest): SipRequest {
  const [type = ''] = headersOf(message, 'content-type')
  const body = Buffer.from(message.body).toString('latin1')
  const bare = type.split(';')[0]?.trim().toLowerCase()
  const key = bare === relay ? signalLine.exec(body)?.[1] : bare === 'application/dtmf' ? body.trim() : undefined
  // Which Asterisk refuses, or has another use for.
  if (key === undefined || !/^[0-9A-D*#]{1,2}$/i.test(key)) return inSmallLetters(message, type)

  const marked = Buffer.from(`Signal=${key}\r\nDuration=${infoKeyMs}\r\n`)
  const fields = message.fields.map(field => {
    if (field.name === 'content-type') return written(field, 'Content-Type', relay)
    return field.name === 'content-length' ? written(field, 'Content-Length', String(marked.length)) : field
  })
  return { ...message, fields, body: marked }
}

/** Media types are told apart without case (RFC 2045, section 5.1), and Asterisk takes them in small letters alone. */
function inSmallLetters(message: SipRequest, type: string): SipRequest {
  if (type === type.toLowerCase()) return message
  const fields = message.fields.map(field =>
    field.name === 'content-type' ? written(field, 'Content-Type', field.value.toLowerCase()) : field,
  )
  return { ...message, fields }
}

const written = (field: SipField, name: string, value: string): SipField => ({
  ...field,
  value,
  raw: `${name}: ${value}`,
})
