import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { headerOf, headersOf, readSipMessage, type SipMessage, tagOf, writeSipMessage } from '../../src/sip-message.ts'

const seed = { seed: 20261126 }

const bytes = (...lines: string[]) => Buffer.from(lines.join('\r\n'), 'latin1')
function read(...lines: string[]): SipMessage {
  const message = readSipMessage(bytes(...lines))
  if (!message) throw new Error('not read')
  return message
}

describe('a message', () => {
  test('is a request with its method and address, or a response with its status', () => {
    expect(read('INVITE sip:9001@127.0.0.1 SIP/2.0', '', '')).toMatchObject({
      ...{ kind: 'request', method: 'INVITE', uri: 'sip:9001@127.0.0.1' },
    })
    expect(read('SIP/2.0 486 Busy Here', '', '')).toMatchObject({ kind: 'response', status: 486 })
    expect(read('SIP/2.0 200', '', '')).toMatchObject({ kind: 'response', status: 200 })
  })

  test('has its headers by any of their names, in any case, with or without space', () => {
    const message = read(
      'INFO sip:9001@127.0.0.1 SIP/2.0',
      ...['v: SIP/2.0/UDP a', 'VIA : SIP/2.0/UDP b', 'i:7', 'c: text/plain', 'L: 4', 'X-Own: 1:2', '', 'four'],
    )
    expect(headersOf(message, 'via')).toEqual(['SIP/2.0/UDP a', 'SIP/2.0/UDP b'])
    expect(headerOf(message, 'call-id')).toBe('7')
    expect(headerOf(message, 'content-type')).toBe('text/plain')
    expect(headerOf(message, 'content-length')).toBe('4')
    expect(headerOf(message, 'x-own')).toBe('1:2')
    expect(headerOf(message, 'constructor')).toBeUndefined()
    expect(Buffer.from(message.body).toString()).toBe('four')
  })

  test('has a header that goes on in the next line as one value, and keeps a line that is no header', () => {
    const lines = ['BYE sip:a SIP/2.0', 'Subject: one', ' two', '\tthree', 'nonsense', 'To: <sip:a>', '', '']
    const message = read(...lines)
    expect(headerOf(message, 'subject')).toBe('one two three')
    expect(headerOf(message, 'to')).toBe('<sip:a>')
    expect(writeSipMessage(message)).toEqual(bytes(...lines))
  })

  test('may stand behind empty lines, and end its lines with a line feed alone', () => {
    const message = readSipMessage(Buffer.from('\r\n\r\nBYE sip:a SIP/2.0\nCall-ID: 7\n\nbody\n\n'))
    expect(message && headerOf(message, 'call-id')).toBe('7')
    expect(Buffer.from(message?.body ?? []).toString()).toBe('body\n\n')
  })

  test.each([
    ['nothing', ''],
    ['empty lines, as they keep a way through a NAT open', '\r\n\r\n'],
    ['no empty line', 'BYE sip:a SIP/2.0\r\nCall-ID: 7\r\n'],
    ['another version', 'BYE sip:a SIP/3.0\r\n\r\n'],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a status that is none', 'SIP/2.0 700 Odd\r\n\r\n'],
    ['a method that is no token', 'BY@E sip:a SIP/2.0\r\n\r\n'],
    ['STUN', '\x00\x01\x00\x00!\x12\xa4B'],
  ])('is not %s', (_, text) => {
    expect(readSipMessage(Buffer.from(text, 'latin1'))).toBeUndefined()
  })
})

describe('the tag of a party', () => {
  test.each([
    ['<sip:9001@127.0.0.1>;tag=abc', 'abc'],
    ['sip:9001@127.0.0.1;tag=abc', 'abc'],
    ['"A, B" <sip:9001@127.0.0.1;tag=uri>; TAG = abc;x=1', 'abc'],
    ['"not;tag=this" <sip:9001@127.0.0.1>', undefined],
    ['"nor \\" ;tag=this" <sip:9001@127.0.0.1>', undefined],
    ['<sip:9001@127.0.0.1;tag=uri>', undefined],
    ['<sip:9001@127.0.0.1>;stage=1', undefined],
    ['<sip:open;tag=uri', undefined],
    ['"open;tag=name', undefined],
    ['', undefined],
  ])('%s: %s', (party, tag) => {
    expect(tagOf(party)).toBe(tag)
  })
})

const line = fc.stringMatching(/^[A-Za-z-]{1,12}: [ -~]{0,40}$/)

test('every message with lines that end as they should is written as it was read', () => {
  const body = fc.uint8Array({ maxLength: 60 })
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), body, (lines, body) => {
      const whole = Buffer.concat([bytes('OPTIONS sip:a SIP/2.0', ...lines, '', ''), body])
      const message = readSipMessage(whole)
      expect(message && writeSipMessage(message)).toEqual(whole)
    }),
    { ...seed, numRuns: 500 },
  )
})

test('bytes of any kind, and messages with bytes changed, are read or not, without a throw', () => {
  const good = bytes('INFO sip:a SIP/2.0', 'To: "A" <sip:a>;tag=1', 'Via: SIP/2.0/UDP a', 'l: 2', '', 'hi')
  const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), changes), input => {
      const changed = input instanceof Uint8Array ? Buffer.from(input) : Buffer.from(good)
      if (!(input instanceof Uint8Array)) for (const [at, byte] of input) changed[at] = byte
      const message = readSipMessage(changed)
      if (!message) return
      tagOf(headerOf(message, 'to') ?? '')
      // What was read once is read again as the same.
      expect(readSipMessage(writeSipMessage(message))).toEqual(message)
    }),
    { ...seed, numRuns: 3_000 },
  )
})

test('the longest of messages are read in no time, whatever they hold', () => {
  const hostile = ['<', '"', '"\\"', ';tag', '; ', ' \r\n', 'a:\r\n', '\r\n a', ',', '\r']
  for (const piece of hostile) {
    const filling = piece.repeat(Math.floor(65_000 / piece.length))
    const beganAtMs = performance.now()
    const message = readSipMessage(bytes('BYE sip:a SIP/2.0', `To: ${filling}`, '', ''))
    tagOf((message && headerOf(message, 'to')) ?? filling)
    // A few milliseconds on a quiet machine; what grows with the square takes several seconds there.
    expect(performance.now() - beganAtMs, JSON.stringify(piece)).toBeLessThan(2_000)
  }
})
