/** Which INFO reaches Asterisk: what it could not read it would write into its log, and with it the key that the caller pressed. */
import { describe, expect, test } from 'vitest'
import { infoKeyMs } from '../../../../src/phone/asterisk/key-report.ts'
import { systemRuntime } from '../../../../src/runtime.ts'
import { Flows } from '../../../../src/switch/sip-edge/flows.ts'
import { type Edge, judge } from '../../../../src/switch/sip-edge/relay.ts'

const phone = { address: '192.0.2.7', port: 5062 }
const edge: Edge = {
  ...{ runtime: systemRuntime, flows: new Flows(systemRuntime), userAgent: 'Tonebank abcdefgh', admits: () => true },
  ...{ own: { address: '127.0.0.1', port: 5060 }, asterisk: { address: '127.0.0.1', port: 5070 } },
}

const key = 'Signal=5\r\nDuration=160\r\n'
const marked = `Signal=5\r\nDuration=${infoKeyMs}\r\n`
const plain = [
  'Via: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bK1;rport',
  'From: <sip:desk1@bank.example>;tag=1',
  'To: <sip:9001@bank.example>;tag=2',
  'Call-ID: 7@192.0.2.7',
  'CSeq: 3 INFO',
  'Max-Forwards: 70',
  'Content-Type: application/dtmf-relay',
  `Content-Length: ${key.length}`,
]
const nameOf = (line: string) => line.split(':', 1)[0]
const packet = (lines: readonly string[], body = key, start = 'INFO sip:9001@192.0.2.1:5060 SIP/2.0') =>
  Buffer.from([start, ...lines, '', body].join('\r\n'), 'latin1')
/** The plain one with this line in place of that of its name, or besides. */
const withLine = (line: string, isBesides = false) =>
  packet([...plain.filter(each => isBesides || nameOf(each) !== nameOf(line)), line])

function answered(bytes: Buffer) {
  const verdict = judge(bytes, phone, edge)
  const said = verdict?.bytes.toString('latin1') ?? ''
  return { kind: verdict?.kind, status: said.split('\r\n', 1)[0], isKeySaid: /signal/i.test(said) }
}
const refused = { kind: 'answer', status: 'SIP/2.0 400 Bad Request', isKeySaid: false }

describe('is refused, and reaches nobody', () => {
  test.each([
    'Via: SIP/2.0/UDP',
    'Via: SIP/2.0 192.0.2.7',
    'Via: SIP/2.0/UDP 192.0.2.7:99999;branch=z9hG4bK1',
    'Via: SIP/2.0/UDP [2001:db8::7;branch=z9hG4bK1',
    'Via: SIP/2.0/UDP 192.0.2.7;branch=',
    'Via: SIP/2.0/UDP 192.0.2.7;branch="z9hG4bK1',
    'Via: SIP/2.0/UDP 192.0.2.7;rport=x',
    'Via: SIP/2.0/UDP 192.0.2.7;rport=70000',
    'Via: SIP/2.0/UDP 192.0.2.7;ttl=999',
    'Via: SIP/2.0/UDP 192.0.2.7;received=[x',
    'Via: SIP/2.0/UDP 192.0.2.7;branch=1,',
    'Via: SIP/2.0/UDP 192.0.2.7;branch=1 SIP/2.0/UDP 192.0.2.8',
    'From: <sip:desk1@bank.example;tag=1',
    'From: sip:desk1@[;tag=1',
    'From: <sip:desk1@bank.example>',
    'From: "Ada <sip:desk1@bank.example>;tag=1',
    'From: <>;tag=1',
    'From: <sip:>;tag=1',
    'From: <sip:desk1@bank.example:x>;tag=1',
    'From: <sip:a@b@bank.example>;tag=1',
    'From: <sip:%zz@bank.example>;tag=1',
    'From: <http://bank.example>;tag=1',
    'From: <sip:desk1@bank.example;ttl=x>;tag=1',
    'From: \u00c4da <sip:desk1@bank.example>;tag=1',
    'From: <sip:desk1@bank.example>;tag=1, <sip:desk2@bank.example>;tag=2',
    'To: <sip:9001@bank.example>;tag=2;=',
    'To: <sip:9001@bank.example>;tag=2 x',
    'To: <sip:9001@bank.example>;tag=2\rX: 5',
    'To: <sip:9001@bank.example>;tag=2\0',
    'Call-ID: ',
    'Call-ID: 7 8',
    'CSeq: x INFO',
    'CSeq: 3',
    'CSeq: 3 INVITE',
    'CSeq: 4294967296 INFO',
    'Max-Forwards: seventy',
    'Max-Forwards: 256',
    'Max-Forwards: -1',
    'Route: <',
    'Route: sip:192.0.2.9;lr',
    'Route: <sip:192.0.2.9;lr>,',
    'Content-Length: x',
    'Content-Length: 99',
    'Content-Length: -1',
    'Content-Type: application/dtmf-relay;',
    'Content-Type: application/dtmf-relay;a="b',
  ])('%j', line => {
    expect(answered(withLine(line))).toEqual(refused)
  })

  test.each(plain.filter(line => !/^(?:Via|Route)/.test(line)))('a second %j', line => {
    expect(answered(withLine(line, true))).toEqual(refused)
  })

  test.each(['sip:x@[', 'sip:', 'x', 'http://a', 'sip:9001@192.0.2.1:x', 'sip:9001@192.0.2.1;ttl=x', 'sip:<a>'])(
    'one that is for %j',
    uri => {
      expect(answered(packet(plain, key, `INFO ${uri} SIP/2.0`))).toEqual(refused)
    },
  )

  test('one with a body of no type', () => {
    expect(answered(packet(plain.filter(line => nameOf(line) !== 'Content-Type')))).toEqual(refused)
  })

  test('one in small letters', () => {
    expect(answered(packet(plain, key, 'info sip:9001@192.0.2.1 SIP/2.0'))).toMatchObject({ kind: 'answer' })
    const outside = plain.map(line => line.replace(/^(To:.*);tag=2$/, '$1'))
    expect(answered(packet(outside, key, 'info sip:9001@192.0.2.1 SIP/2.0'))).toEqual(refused)
  })

  test('one outside any call', () => {
    const outside = plain.map(line => line.replace(/^(To:.*);tag=2$/, '$1'))
    const status = 'SIP/2.0 481 Call/Transaction Does Not Exist'
    expect(answered(packet(outside))).toEqual({ ...refused, status })
  })

  test.each(['Via: SIP/2.0/UDP a', 'Route: <sip:a>', 'From: <sip:a>;tag=1', 'From: "', 'Via: SIP/2.0/UDP a;b='])(
    '%j with very much after it, as quickly as anything',
    begin => {
      const beganMs = performance.now()
      for (const much of [' ', ';a', ',', 'a', '\\', ';a=b ', '%41', ' ;'])
        for (const length of [1_900, 16_000])
          expect(answered(withLine(`${begin}${much.repeat(length / much.length)}\x01`))).toEqual(refused)
      expect(performance.now() - beganMs).toBeLessThan(2_000)
    },
  )
})

describe('is passed on', () => {
  const lineOf = (bytes: Buffer) => bytes.toString('latin1').split('\r\n')
  const passed = (bytes: Buffer) => {
    const verdict = judge(bytes, phone, edge)
    expect(verdict?.kind).toBe('pass')
    return lineOf(verdict?.bytes ?? Buffer.alloc(0))
  }
  const [branch, tag] = ['branch=z9hG4bK-d8754z-9a1f0c', 'tag=SP2f0~a1.b']

  test('without what nobody needs, however it is written', () => {
    const bad = [
      'Contact: <sip:x@[>',
      'User-Agent: \u00e9',
      'Session-Expires: soon',
      'Event: ',
      'no header',
      ' : 5',
      'Date: 5',
    ]
    expect(
      passed(packet([...bad, ...plain, ...bad, 'Authorization: Digest username="desk1', 'RAck: x', 'Require: y'])),
    ).toEqual(
      lineOf(
        packet(
          plain.map(line => line.replace(/^(Content-Length:) .*/, `$1 ${marked.length}`)),
          marked,
        ),
      ),
    )
  })

  test.each<[string, string[], string, string?]>([
    [
      'Linphone',
      [
        `Via: SIP/2.0/UDP 10.0.0.5:5060;${branch};rport`,
        'From: "Ada" <sip:ada@bank.example>;tag=~TFQ2Uw~1',
        'To: sip:9001@bank.example;tag=2',
        'CSeq: 21 INFO',
        'Call-ID: 3Qx-7yLmM8',
        'Max-Forwards: 70',
        'Supported: replaces, outbound, gruu',
        'Content-Type: application/dtmf-relay',
        'Content-Length: 26',
        'User-Agent: Linphone/5.2 (belle-sip/5.3)',
      ],
      'Signal=5\r\nDuration=250\r\n\r\n',
    ],
    [
      'Cisco',
      [
        'Via: SIP/2.0/TCP 10.0.0.6:51422;branch=z9hG4bK5d1e',
        'From: "6501" <sip:6501@10.0.0.1>;tag=00077d3e-4f0a',
        'To: <sip:9001@10.0.0.1>;tag=as7d',
        'Call-ID: 00077d3e-0b@10.0.0.6',
        'Date: Sun, 29 Nov 2026 08:00:00 GMT',
        'CSeq: 102 INFO',
        'Contact: <sip:6501@10.0.0.6:51422;user=phone;transport=tcp>',
        'Content-Length: 21',
        'Content-Type: application/dtmf-relay',
        'Max-Forwards: 70',
      ],
      'Signal=5\nDuration=100',
    ],
    [
      'Grandstream',
      [
        `Via: SIP/2.0/UDP 10.0.0.7:5060;${branch};rport;alias`,
        'Route: <sip:10.0.0.1;lr;ftag=9a>,<sip:10.0.0.2:5080;transport=tcp;lr=on>',
        `From: "\u6d77" <sip:6502@10.0.0.1;user=phone>;${tag}`,
        'To: <sip:9001@10.0.0.1;user=phone>;tag=2',
        'Call-ID: 211-5060-2@BA.A.A.H',
        'CSeq: 30 INFO',
        'Authorization: Digest username="6502", realm="a", nonce="b", uri="sip:10.0.0.1", response="c"',
        'Content-Type: application/dtmf',
        'Content-Length: 1',
      ],
      '5',
    ],
    [
      'compact forms, folded',
      [
        `v:SIP/2.0/UDP 10.0.0.8 ;${branch},\r\n SIP/2.0/UDP [2001:db8::7]:5060;branch=z9hG4bK2;received=[2001:db8::8];rport=61234`,
        'f :Ada Chen  <sip:+86%2010@10.0.0.1> ; tag=1',
        't: <tel:9001;phone-context=+86>;tag=2',
        'i:7',
        'CSeq:\t2147483647   INFO',
        'c:application/dtmf-relay ; charset="utf-8"',
        `l:${key.length}`,
      ],
      key,
    ],
    [
      'a secret in its address, more after its body',
      [
        `Via: SIP/2.0/TLS phone.example:5061;${branch};rport`,
        'From: <sips:ada:pw@bank.example:5061;transport=tls>;tag=a1b2%40c',
        'To: "nine \\"thousand\\" one" <sip:9001@[2001:db8::1]:65535>;tag=2',
        'Call-ID: {7}<a>/b?c@[::1]',
        'CSeq: 1 INFO',
        'Max-Forwards: 0',
        'Content-Type: application/dtmf-relay',
        `Content-Length: ${key.length}`,
      ],
      `${key}INFO 5`,
    ],
    [
      'no length',
      plain.filter(line => nameOf(line) !== 'Content-Length'),
      key,
      'INFO sip:asterisk@192.0.2.1:5060;transport=udp;ob SIP/2.0',
    ],
  ])('%s', (_, lines, body, start) => {
    const latin1 = (text: string) => Buffer.from(text).toString('latin1')
    const got = passed(packet(lines.map(latin1), body, start))
    expect(got.slice(-3)).toEqual(marked.split('\r\n'))
    expect(got.some(line => new RegExp(`^(content-length|l): *${marked.length}$`, 'i').test(line))).toBe(true)
    expect(got.some(line => /^(user-agent|authorization|contact|date|supported)/i.test(line))).toBe(false)
    const kept = (name: RegExp) =>
      lines.filter(line => name.test(line)).map(line => latin1(line).replace(/^[^:]*:\s*|\r\n/g, ''))
    const valuesOf = (name: RegExp) => got.filter(line => name.test(line)).map(line => line.replace(/^[^:]*:\s*/, ''))
    for (const name of [
      /^(via|v) *:/i,
      /^(from|f) *:/i,
      /^(to|t) *:/i,
      /^(call-id|i) *:/i,
      /^cseq/i,
      /^max-f/i,
      /^route/i,
    ])
      expect(valuesOf(name)).toEqual(kept(name))
  })
})
