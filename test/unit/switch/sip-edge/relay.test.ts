/** What becomes of one message: answered, or passed on with as little changed as must be. */
import { describe, expect, test } from 'vitest'
import { infoKeyMs } from '../../../../src/phone/asterisk/key-report.ts'
import { systemRuntime } from '../../../../src/runtime.ts'
import { headerOf, readSipMessage, type SipMessage, writeSipMessage } from '../../../../src/sip-message.ts'
import { Flows } from '../../../../src/switch/sip-edge/flows.ts'
import { type Edge, judge } from '../../../../src/switch/sip-edge/relay.ts'
import { towardsPhone } from '../../../../src/switch/sip-edge/translation.ts'

const phone = { address: '192.0.2.7', port: 5062 }
const inner = { address: '127.0.0.1', port: 4123 }
const edge: Edge = {
  ...{ runtime: systemRuntime, flows: new Flows(systemRuntime), userAgent: 'Tonebank abcdefgh', admits: () => true },
  ...{ own: { address: '127.0.0.1', port: 5060 }, asterisk: { address: '127.0.0.1', port: 5070 } },
}

const bytes = (...lines: string[]) => Buffer.from([...lines, '', ''].join('\r\n'))
const ofCall = (method: string) => [
  'v: SIP/2.0/UDP 10.1.1.1:5062;branch=z9hG4bK1;rport, SIP/2.0/UDP b;branch=2',
  'Via: SIP/2.0/UDP c;branch=3',
  'f: <sip:desk1@127.0.0.1>;tag=1',
  't: <sip:9001@127.0.0.1>;tag=2',
  'i: 7',
  `CSeq: 3 ${method}`,
]
const inCall = ofCall('FOOBAR')

function read(message: Buffer): SipMessage {
  const found = readSipMessage(message)
  if (!found) throw new Error('not read')
  return found
}

const toPhone = (...lines: string[]) =>
  writeSipMessage(towardsPhone(read(bytes(...lines)), phone, inner))
    .toString()
    .split('\r\n')

describe('of what a telephone sends', () => {
  test('a request in a call that Asterisk would not answer is answered, to where it came from', () => {
    const verdict = judge(bytes('FOOBAR sip:a SIP/2.0', ...inCall, 'Subject: not copied'), phone, edge)
    expect(verdict?.kind).toBe('answer')
    expect(verdict?.bytes.toString().split('\r\n')).toEqual([
      'SIP/2.0 405 Method Not Allowed',
      'Via: SIP/2.0/UDP 10.1.1.1:5062;branch=z9hG4bK1;received=192.0.2.7;rport=5062, SIP/2.0/UDP b;branch=2',
      'Via: SIP/2.0/UDP c;branch=3',
      'f: <sip:desk1@127.0.0.1>;tag=1',
      't: <sip:9001@127.0.0.1>;tag=2',
      'i: 7',
      'CSeq: 3 FOOBAR',
      'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REGISTER',
      'Server: Tonebank abcdefgh',
      'Content-Length: 0',
      '',
      '',
    ])
  })

  test('the edge’s own answer has a tag, the same each time, and another for another request', () => {
    const trunk = {
      ...{ takes: () => false, readdressed: (message: SipMessage) => message, renames: { from: 'a', to: 'b' } },
      refusalOf: () => ({ status: 404, reason: 'Not Found', says: [] }),
    }
    const answeredTo = (branch: string, to: string) => {
      const asked = bytes(
        'INVITE sip:a SIP/2.0',
        `v: SIP/2.0/UDP a;branch=${branch}`,
        `t: ${to}`,
        'i: 7',
        'CSeq: 3 INVITE',
      )
      const verdict = judge(asked, phone, { ...edge, trunk })
      return verdict && headerOf(read(verdict.bytes), 'to')
    }
    const first = answeredTo('1', '"a;tag=b" <sip:9001@x;tag=c>')
    expect(first).toMatch(/^"a;tag=b" <sip:9001@x;tag=c>;tag=[0-9a-f]{16}$/)
    expect(answeredTo('1', '"a;tag=b" <sip:9001@x;tag=c>')).toBe(first)
    expect(answeredTo('2', '"a;tag=b" <sip:9001@x;tag=c>')).not.toBe(first)
    expect(answeredTo('1', '<sip:a>;tag=2')).toBe('<sip:a>;tag=2')
  })

  test('what is longest to read is answered as quickly as anything', () => {
    const beganMs = performance.now()
    for (const spaces of ['rport=', 'rport', 'received', '']) {
      const via = `Via: SIP/2.0/TLS a;${spaces}${' '.repeat(64_000)}x`
      const verdict = judge(
        bytes('FOOBAR sip:a SIP/2.0', via, 't: <sip:a>;tag=2', 'i: 7', 'CSeq: 3 FOOBAR'),
        phone,
        edge,
      )
      expect(verdict?.kind).toBe('answer')
    }
    // Four times the square of 64,000 steps would take a minute.
    expect(performance.now() - beganMs).toBeLessThan(2_000)
  })

  test.each([
    ['a request outside any call', bytes('FOOBAR sip:a SIP/2.0', 't: "not;tag=this" <sip:9001@127.0.0.1>')],
    ['an ACK', bytes('ACK sip:a SIP/2.0', ...inCall)],
    ['an empty INFO', bytes('INFO sip:a SIP/2.0', ...ofCall('INFO'), 'l: 0')],
    ['a key', bytes('INFO sip:a SIP/2.0', ...ofCall('INFO'), 'c: application/dtmf-relay; a=b', 'l: 0')],
    ['an answer', bytes('SIP/2.0 200 OK', ...inCall)],
  ])('%s passes as it is, byte for byte', (_, message) => {
    expect(judge(message, phone, edge)).toMatchObject({ kind: 'pass', bytes: message })
  })

  test('the type of a key passes in small letters: Asterisk reads no others', () => {
    const message = bytes('INFO sip:a SIP/2.0', ...ofCall('INFO'), 'Content-Type: Application/DTMF-Relay', 'l: 0')
    expect(judge(message, phone, edge)?.bytes).toEqual(
      bytes('INFO sip:a SIP/2.0', ...ofCall('INFO'), 'Content-Type: application/dtmf-relay', 'l: 0'),
    )
  })

  const marked = `Signal=5\r\nDuration=${infoKeyMs}\r\n`
  test.each([
    ['whatever it declares', 'application/dtmf-relay', 'Signal=5\r\nDuration=250\r\n', marked],
    ['with spaces and without a length', 'application/dtmf-relay;charset=utf-8', 'Signal= 5\n', marked],
    ['with its length first', 'Application/DTMF-Relay', 'Duration=160\r\nSignal=5', marked],
    ['as the digit alone', 'application/dtmf', '5\r\n', marked],
    ['by its number', 'application/dtmf', '11', marked.replace('5', '11')],
  ])('a key as INFO passes with the length by which its report is known: %s', (_, type, body, right) => {
    const whole = (contentType: string, text: string) =>
      Buffer.concat([
        bytes(
          'INFO sip:a SIP/2.0',
          ...ofCall('INFO'),
          `Content-Type: ${contentType}`,
          `Content-Length: ${text.length}`,
        ),
        Buffer.from(text),
      ])
    expect(String(judge(whole(type, body), phone, edge)?.bytes)).toBe(String(whole('application/dtmf-relay', right)))
  })

  test.each(['', 'Signal=Z', 'Signal=555', 'Duration=3'])('%j is no key, and passes as it is', body => {
    const message = Buffer.concat([
      bytes('INFO sip:a SIP/2.0', ...ofCall('INFO'), 'Content-Type: application/dtmf-relay', `l: ${body.length}`),
      Buffer.from(body),
    ])
    expect(judge(message, phone, edge)?.bytes).toEqual(message)
  })

  test.each(['sip:9001@127.0.0.1', 'sip:PJSIP%2Fdesk1@127.0.0.1'])(
    'a telephone that is rung sends nobody on to %s: it is not there',
    elsewhere => {
      const said = (status: string, method: string) =>
        bytes(`SIP/2.0 ${status}`, ...inCall.slice(0, 5), `CSeq: 3 ${method}`, `m: <${elsewhere}>`)
      for (const isTls of [false, true]) {
        for (const status of ['300 Multiple Choices', '302 Moved Temporarily', '399 x']) {
          const verdict = judge(said(status, 'INVITE'), phone, { ...edge, isTls })
          expect(verdict?.kind).toBe('pass')
          expect(verdict?.bytes.toString().split('\r\n')[0]).toBe('SIP/2.0 480 Temporarily Unavailable')
          expect(verdict?.bytes.toString()).not.toContain(`m: <${elsewhere}>`)
        }
      }
      for (const [status, method] of [
        ['200 OK', 'INVITE'],
        ['302 Moved Temporarily', 'OPTIONS'],
      ] as const)
        expect(judge(said(status, method), phone, edge)?.bytes).toEqual(said(status, method))
    },
  )

  test('what is no message is neither', () => {
    expect(judge(Buffer.from('\r\n\r\n'), phone, edge)).toBeUndefined()
  })

  test.each(['v:', 'f:', 't:', 'i:', 'CSeq:'])(
    'what lacks %s is none: Asterisk would log the key that it carries',
    name => {
      const lines = [...ofCall('INFO'), 'Content-Type: application/dtmf-relay']
      const isOther = (line: string) => !line.startsWith(name) && !(name === 'v:' && line.startsWith('Via:'))
      expect(judge(bytes('INFO sip:a SIP/2.0', ...lines), phone, edge)).toBeDefined()
      expect(judge(bytes('INFO sip:a SIP/2.0', ...lines.filter(isOther)), phone, edge)).toBeUndefined()
    },
  )
})

describe('of what Asterisk sends', () => {
  test('an answer names the telephone where Asterisk sees the edge, and lists what is answered', () => {
    const lines = toPhone(
      'SIP/2.0 200 OK',
      'Via: SIP/2.0/UDP 10.1.1.1:5062;rport=4123;received=127.0.0.1;branch=z9hG4bK1',
      'Via: SIP/2.0/UDP c;branch=3;rport=4123',
      'Call-ID: 7@127.0.0.1:4123',
      'Contact: <sip:desk1@127.0.0.1:4123>;expires=60, <sip:desk1@127.0.0.1:41234>, <sip:desk1@27.127.0.0.1:4123>',
      'Allow: OPTIONS, SUBSCRIBE, INVITE, MESSAGE',
      'Content-Length: 0',
    )
    expect(lines).toEqual([
      'SIP/2.0 200 OK',
      'Via: SIP/2.0/UDP 10.1.1.1:5062;branch=z9hG4bK1;received=192.0.2.7;rport=5062',
      'Via: SIP/2.0/UDP c;branch=3;rport=4123',
      'Call-ID: 7@127.0.0.1:4123',
      'Contact: <sip:desk1@192.0.2.7:5062>;expires=60, <sip:desk1@127.0.0.1:41234>, <sip:desk1@27.127.0.0.1:4123>',
      'Allow: OPTIONS, INVITE',
      'Content-Length: 0',
      '',
      '',
    ])
  })

  test('a request is for the telephone, and keeps the way on which its answer goes back', () => {
    const via = 'Via: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKPj1'
    expect(toPhone('BYE sip:desk1@127.0.0.1:4123 SIP/2.0', via, 'To: <sip:desk1@127.0.0.1>;tag=1').slice(0, 2)).toEqual(
      ['BYE sip:desk1@192.0.2.7:5062 SIP/2.0', via],
    )
  })
})
