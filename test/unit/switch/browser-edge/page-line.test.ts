/** A page's line between a page and an Asterisk that are both on paper: what gets through, as what, and what never does. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { Secret } from '../../../../src/secret.ts'
import { headerOf, headersOf, readSipMessage, type SipMessage } from '../../../../src/sip-message.ts'
import { type LineParts, type MessageSocket, PageLine } from '../../../../src/switch/browser-edge/page-line.ts'
import { chromiumsOffer } from './offer.ts'

/** One end of a WebSocket, seen from behind it. */
class PaperSocket implements MessageSocket {
  readonly got: SipMessage[] = []
  isClosed = false
  onGot: (message: SipMessage) => void = () => {}
  #onMessage: (message: Buffer) => void = () => {}
  #onClose: () => void = () => {}

  send(text: string): void {
    const message = readSipMessage(Buffer.from(text, 'latin1'))
    if (message === undefined) throw new Error(`no SIP message: ${text}`)
    this.got.push(message)
    this.onGot(message)
  }

  close(): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#onClose()
  }

  onMessage(listener: (message: Buffer) => void): void {
    this.#onMessage = listener
  }

  onClose(listener: () => void): void {
    this.#onClose = listener
  }

  says(text: string): void {
    this.#onMessage(Buffer.from(text, 'latin1'))
  }

  get starts(): string[] {
    return this.got.map(({ startLine }) => startLine)
  }
}

const password = 'a-password-that-no-page-has'
let page: PaperSocket
let asterisk: PaperSocket
let mayCall: boolean
let called: [string, string][]

const parts: LineParts = {
  runtime: systemRuntime,
  account: { user: 'browser-1', password: new Secret(password) },
  peer: { address: '127.0.0.1', port: 50_000 },
  mediaAddress: '127.0.0.1',
  userAgent: 'Tonebank abcdefgh',
  mayCall: () => mayCall,
  called: (number, key) => called.push([number, key]),
}

let line: PageLine
beforeEach(() => {
  mayCall = true
  called = []
  page = new PaperSocket()
  asterisk = new PaperSocket()
  line = new PageLine(page, asterisk, parts)
  asterisk.onGot = message => {
    if (message.kind !== 'request' || message.method !== 'OPTIONS') return
    asterisk.says(
      answer(message, '401 Unauthorized', ['WWW-Authenticate: Digest realm="asterisk",nonce="n",qop="auth"']),
    )
  }
})
afterEach(() => line.close())

function answer(request: SipMessage, status: string, headers: readonly string[] = [], body = ''): string {
  const copied = ['via', 'from', 'to', 'call-id', 'cseq'].map(name => `${name}: ${headerOf(request, name)}`)
  const lines = [`SIP/2.0 ${status}`, ...copied, ...headers, `Content-Length: ${body.length}`, '', body]
  return lines.join('\r\n').replace(/^(to: [^;\r]*)$/m, '$1;tag=theirs')
}

interface Asked {
  readonly method?: string
  readonly uri?: string
  readonly from?: string
  readonly to?: string
  readonly callId?: string
  readonly headers?: readonly string[]
  readonly body?: string
}

function request(asked: Asked = {}): string {
  const { method = 'INVITE', uri = 'sip:9001@localhost', from = '<sip:browser-1@localhost>;tag=ours' } = asked
  const {
    to = '<sip:9001@localhost>',
    callId = 'call-1',
    headers = [],
    body = method === 'INVITE' ? chromiumsOffer : '',
  } = asked
  return [
    `${method} ${uri} SIP/2.0`,
    'Via: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks',
    'Max-Forwards: 69',
    `To: ${to}`,
    `From: ${from}`,
    `Call-ID: ${callId}`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:tf5@df7jal23ls0d.invalid;transport=ws>',
    ...(body ? ['Content-Type: application/sdp'] : []),
    ...headers,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

const settled = () => systemRuntime.sleep(50)

async function inACall(): Promise<SipMessage> {
  page.says(request())
  await settled()
  const invite = asterisk.got.at(-1)
  if (invite === undefined) throw new Error('no call')
  const contact = 'Contact: <sip:127.0.0.1:8088;transport=ws>'
  const sdp = chromiumsOffer.replace('actpass', 'passive').replace('m=audio 9 ', 'm=audio 12000 ')
  asterisk.says(answer(invite, '200 OK', [contact, 'Content-Type: application/sdp'], sdp))
  page.says(request({ method: 'ACK', uri: 'sip:127.0.0.1:8088;transport=ws', to: '<sip:9001@localhost>;tag=theirs' }))
  return invite
}

test('a call is made with the account’s password, which the page never sees, and ends both ways', async () => {
  const invite = await inACall()
  expect(asterisk.starts).toEqual([
    'OPTIONS sip:9001@tonebank.invalid SIP/2.0',
    'INVITE sip:9001@localhost SIP/2.0',
    'ACK sip:127.0.0.1:8088;transport=ws SIP/2.0',
  ])
  expect(headersOf(invite, 'authorization')).toEqual([expect.stringContaining('username="browser-1"')])
  // Whoever serves the call learns by which key its captions are asked for, and the page does not.
  expect(called).toEqual([['9001', headerOf(invite, 'x-tonebank-captions')]])
  expect(Buffer.from(invite.body).toString()).not.toContain('ice-pwd')
  const told = page.got.map(message => `${message.startLine} ${Buffer.from(message.body)}`).join('\n')
  expect(told).toContain('a=ice-lite')
  expect(told).not.toContain('12000')
  expect(told).not.toContain(password)
  expect(told).not.toContain(called[0]?.[1])
  page.says(request({ method: 'BYE', uri: 'sip:127.0.0.1:8088;transport=ws' }))
  expect(asterisk.starts.at(-1)).toBe('BYE sip:127.0.0.1:8088;transport=ws SIP/2.0')
})

test('no header reaches Asterisk but those that such a request needs', async () => {
  const sent = [
    'Authorization: Digest username="phone1"',
    'X-Tonebank-Captions: 1',
    'Route: <sip:8088@127.0.0.1>',
    'Replaces: x',
    'Supported: timer',
  ]
  page.says(request({ headers: sent }))
  await settled()
  const names = asterisk.got.at(-1)?.fields.map(({ raw }) => raw.split(':')[0])
  expect(names).toEqual([
    'Via',
    'Max-Forwards',
    'To',
    'From',
    'Call-ID',
    'CSeq',
    'Contact',
    'Content-Type',
    'Authorization',
    'X-Tonebank-Captions',
    'Content-Length',
  ])
})

describe('is refused, and Asterisk hears nothing of it', () => {
  test.each<[string, Asked, number]>([
    ['another account', { from: '<sip:phone1@localhost>;tag=ours' }, 403],
    ['another lent account', { from: '<sip:browser-2@localhost>;tag=ours' }, 403],
    ['an account in a display name', { from: '"<sip:browser-1@x>" <sip:phone1@localhost>;tag=ours' }, 403],
    ['an account behind a comma', { from: '<sip:browser-1@x>, <sip:phone1@localhost>;tag=ours' }, 403],
    ['two senders', { headers: ['f: <sip:phone1@localhost>;tag=ours'] }, 400],
    ['two lengths of the sequence', { headers: ['CSeq: 2 INVITE'] }, 400],
    ...['REGISTER', 'SUBSCRIBE', 'MESSAGE', 'REFER', 'INFO', 'OPTIONS', 'UPDATE', 'PUBLISH', 'FOO'].map(
      (method): [string, Asked, number] => [method, { method }, 405],
    ),
    ['a call changed', { to: '<sip:9001@localhost>;tag=theirs' }, 488],
    ['a name', { uri: 'sip:harbour@localhost' }, 404],
    ['a number too long', { uri: `sip:${'9'.repeat(17)}@localhost` }, 404],
    ['an encrypted address', { uri: 'sips:9001@localhost' }, 404],
    ['a call without encryption', { body: chromiumsOffer.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP') }, 488],
    ['a call without sound', { body: 'v=0' }, 488],
    ['a list of sounds that takes for ever to read', { body: `m=audio 9 UDP/TLS/RTP/SAVPF ${'1'.repeat(60)}x` }, 488],
    ['a BYE of a call that is none', { method: 'BYE' }, 481],
  ])('%s', async (_, asked, status) => {
    page.says(request(asked))
    await settled()
    expect(page.got).toMatchObject([{ kind: 'response', status }])
    expect(asterisk.got).toEqual([])
  })

  test('a call when there were many from there', async () => {
    mayCall = false
    page.says(request())
    await settled()
    expect(page.got).toMatchObject([{ status: 503 }])
    expect(asterisk.got).toEqual([])
  })

  test('a second call beside the first', async () => {
    await inACall()
    page.says(request({ callId: 'call-2' }))
    expect(page.got.at(-1)).toMatchObject({ status: 486 })
    expect(asterisk.starts).toHaveLength(3)
  })

  test.each([
    ['what is no message', 'GET / HTTP/1.1\r\n\r\n'],
    ['what is too long', request({ headers: [`X: ${'x'.repeat(20_000)}`] })],
    ['a header too long', request({ from: `""${' '.repeat(12_000)}x` })],
    ...['Contact: <sip:x@y>', 'Via: SIP/2.0/WS x', 'Content-Type: application/sdp'].map((header): [string, string] => [
      `a line that ends within ${header.split(':')[0]}`,
      request({ headers: [`${header}\rFrom: <sip:phone1@x>;tag=b\rAuthorization: Digest username="phone1"`] }),
    ]),
    ['a call’s name with a line’s end in it', request({ callId: 'call-1\rX-Tonebank-Captions: 1' })],
  ])('%s, and the line is closed', (_, text) => {
    page.says(text)
    expect([page.isClosed, asterisk.isClosed]).toEqual([true, true])
    expect(asterisk.got).toEqual([])
  })
})

test('a page that is gone hangs up, or takes its call back', async () => {
  await inACall()
  page.close()
  expect(asterisk.starts.at(-1)).toBe('BYE sip:127.0.0.1:8088;transport=ws SIP/2.0')
  expect(headerOf(asterisk.got.at(-1) ?? readNothing(), 'cseq')).toBe('2 BYE')
  expect(asterisk.isClosed).toBe(true)

  page = new PaperSocket()
  const second = new PageLine(page, asterisk, parts)
  asterisk.isClosed = false
  page.says(request())
  await settled()
  page.close()
  expect(asterisk.starts.at(-1)).toBe('CANCEL sip:9001@localhost SIP/2.0')
  second.close()
})

test('a call that is taken back before Asterisk has heard of it never reaches it', async () => {
  asterisk.onGot = () => {}
  page.says(request())
  await settled()
  page.says(request({ method: 'CANCEL' }))
  expect(page.got).toMatchObject([{ status: 200 }, { status: 487 }])
  expect(asterisk.starts).toEqual(['OPTIONS sip:9001@tonebank.invalid SIP/2.0'])
})

test('Asterisk hangs up; whatever else it asks is refused', async () => {
  await inACall()
  asterisk.says(request({ method: 'INFO', from: '<sip:9001@x>;tag=theirs', to: '<sip:browser-1@x>;tag=ours' }))
  expect(asterisk.got.at(-1)).toMatchObject({ status: 405 })
  asterisk.says(request({ method: 'BYE', from: '<sip:9001@x>;tag=theirs', to: '<sip:browser-1@x>;tag=ours' }))
  expect(page.starts.at(-1)).toContain('BYE ')
  expect(asterisk.got.at(-1)).toMatchObject({ status: 200 })
})

test('what a page calls an answer reaches nobody, whatever stands behind it', async () => {
  await inACall()
  const before = asterisk.starts
  const head = ['SIP/2.0 200 OK', 'Call-ID: call-1', 'CSeq: 1 BYE', 'Content-Length: 0', '', ''].join('\r\n')
  page.says(`${head}${request({ method: 'REGISTER' })}`)
  expect(asterisk.starts).toEqual(before)
})

test('a BYE of another dialog ends the call that there is', async () => {
  await inACall()
  page.says(request({ method: 'BYE', uri: 'sip:1@evil.example', to: '<sip:9001@localhost>;tag=nobodys' }))
  const bye = asterisk.got.at(-1) ?? readNothing()
  expect(bye.startLine).toBe('BYE sip:127.0.0.1:8088;transport=ws SIP/2.0')
  expect(headerOf(bye, 'to')).toContain('tag=theirs')
  expect(page.got.at(-1)).toMatchObject({ status: 200 })
})

test('a call that is taken back while Asterisk says yes is ended there, and only then there may be another', async () => {
  page.says(request())
  await settled()
  const invite = asterisk.got.at(-1) ?? readNothing()
  page.says(request({ method: 'BYE' }))
  expect(page.got).toMatchObject([{ status: 200 }, { status: 487 }])
  page.says(request({ callId: 'call-2' }))
  expect(page.got.at(-1)).toMatchObject({ status: 486 })
  const contact = 'Contact: <sip:127.0.0.1:8088;transport=ws>'
  asterisk.says(answer(invite, '200 OK', [contact, 'Content-Type: application/sdp'], chromiumsOffer))
  const ends = ['CANCEL sip:9001@localhost SIP/2.0', 'ACK', 'BYE'].map(start => expect.stringContaining(start))
  expect(asterisk.starts.slice(-3)).toEqual(ends)
  expect(page.got).toHaveLength(3)
  page.says(request({ callId: 'call-3' }))
  await settled()
  expect(asterisk.starts.at(-1)).toBe('INVITE sip:9001@localhost SIP/2.0')
})

test('a yes to a call that was taken back leaves the line to the page', async () => {
  await inACall()
  const invite = asterisk.got.find(({ startLine }) => startLine.startsWith('INVITE')) ?? readNothing()
  page.says(request({ method: 'BYE' }))
  asterisk.says(answer(invite, '200 OK', ['Content-Type: application/sdp'], chromiumsOffer))
  expect([page.isClosed, asterisk.isClosed]).toEqual([false, false])
})

function readNothing(): never {
  throw new Error('nothing was said')
}
