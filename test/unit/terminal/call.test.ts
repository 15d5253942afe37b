/** What the terminal's telephone says to an exchange that does what no Asterisk does. */
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { afterEach, describe, expect, it } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { headerOf, type SipRequest } from '../../../src/sip-message.ts'
import type { TerminalLine } from '../../../src/terminal/line.ts'
import { until } from '../../calls/harness/until.ts'
import { answerTo, FakeExchange, type Script } from './fake-exchange.ts'

const open: { exchange?: FakeExchange; line?: TerminalLine } = {}

afterEach(async () => {
  await open.line?.hangUp()
  open.exchange?.close()
  delete open.line
  delete open.exchange
})

/** With an exchange that does as the script says of these methods, and agrees to everything else. */
async function exchangeThat(script: Partial<Record<string, Script>> = {}): Promise<FakeExchange> {
  const exchange = await FakeExchange.open((request, times, exchange) => {
    const told = script[request.method]
    if (told) return told(request, times, exchange)
    if (request.method === 'ACK') return []
    return [request.method === 'INVITE' ? exchange.accepted(request) : answerTo(request, '200 OK')]
  })
  open.exchange = exchange
  return exchange
}

async function inCall(script: Partial<Record<string, Script>> = {}): Promise<FakeExchange> {
  const exchange = await exchangeThat(script)
  const opened = await exchange.phone().open('9001')
  if (opened.outcome !== 'open') throw new Error(JSON.stringify(opened))
  open.line = opened.line
  return exchange
}

const field = (header: string, name: string) => new RegExp(`[ ,]${name}="?([^",]+)`).exec(header)?.[1] ?? ''
const challenge = (nonce: string, more = '') =>
  `WWW-Authenticate: Digest realm="bank", nonce="${nonce}", qop="auth", algorithm=SHA-256${more}`

function isProved(request: SipRequest, nonce: string): boolean {
  const header = headerOf(request, 'authorization') ?? ''
  const hash = (...parts: string[]) => createHash('sha256').update(parts.join(':')).digest('hex')
  const what = hash(request.method, request.uri)
  const proof = hash(hash('desk1', 'bank', 'right'), nonce, '00000001', field(header, 'cnonce'), 'auth', what)
  return field(header, 'response') === proof && field(header, 'uri') === request.uri
}

describe('who calls', () => {
  it('is proved by SHA-256, again with a new nonce, and its refusals are acknowledged', async () => {
    const exchange = await inCall({
      INVITE: (request, times, exchange) => {
        if (times === 1) return [answerTo(request, '401 Unauthorized', [challenge('first')])]
        if (times === 2 && isProved(request, 'first'))
          return [answerTo(request, '401 Unauthorized', [challenge('second', ', stale=true')])]
        return [isProved(request, 'second') ? exchange.accepted(request) : answerTo(request, '403 Forbidden')]
      },
    })
    await until('all three are acknowledged', () => exchange.count('ACK') === 3)
    const numbers = exchange.asked.map(request => headerOf(request, 'cseq'))
    expect(numbers).toEqual(['1 INVITE', '1 ACK', '2 INVITE', '2 ACK', '3 INVITE', '3 ACK'])
  })

  it('is not proved twice to an exchange that does not believe it', async () => {
    const refuse: Script = request => [answerTo(request, '401 Unauthorized', [challenge('n', ', stale=true')])]
    const exchange = await exchangeThat({ INVITE: refuse })
    expect(await exchange.phone().open('9001')).toEqual({ outcome: 'wrong password' })
    expect(exchange.count('INVITE')).toBe(3)
  })

  it('is not said to an exchange that asks in a way that we do not know', async () => {
    const basic: Script = request => [answerTo(request, '401 Unauthorized', ['WWW-Authenticate: Basic realm="bank"'])]
    const exchange = await exchangeThat({ INVITE: basic })
    expect(await exchange.phone().open('9001')).toEqual({ outcome: 'refused', status: 401, reason: 'Unauthorized' })
  })
})

it('nothing leaves this machine in the clear', async () => {
  const exchange = await exchangeThat()
  for (const host of ['192.0.2.1', '2001:db8::1']) {
    const elsewhere = { host, port: 5060, transport: 'udp' } as const
    const opened = await exchange.phone({ exchange: elsewhere }).open('9001')
    expect(opened.outcome).toBe('unreachable')
    // A machine without a network says so before anybody asks where that is.
    expect('why' in opened && opened.why).toMatch(/^(it is not on this machine|ENETUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT)/)
  }
})

describe('an INVITE', () => {
  it.each([
    ['486 Busy Here', { outcome: 'busy' }],
    ['600 Busy Everywhere', { outcome: 'busy' }],
    ['480 Temporarily Unavailable', { outcome: 'no answer' }],
    ['503 Service Unavailable', { outcome: 'refused', status: 503, reason: 'Service Unavailable' }],
    ['302 Moved Temporarily', { outcome: 'refused', status: 302, reason: 'Moved Temporarily' }],
  ])('that is answered with %s', async (status, outcome) => {
    const exchange = await exchangeThat({ INVITE: request => [answerTo(request, status)] })
    expect(await exchange.phone().open('9001')).toEqual(outcome)
  })

  it('is repeated until something is heard, and its 2xx acknowledged as often as it comes', async () => {
    const exchange = await inCall({
      INVITE: (request, times, exchange) => (times < 2 ? [] : [exchange.accepted(request), exchange.accepted(request)]),
    })
    await until('both are acknowledged', () => exchange.count('ACK') === 2)
    expect(exchange.count('INVITE')).toBe(2)
  })

  it('that is accepted with sound that we cannot do is acknowledged and ended', async () => {
    const exchange = await exchangeThat({
      INVITE: (request, _, exchange) => [
        answerTo(request, '200 OK', ['Content-Type: application/sdp'], exchange.sound(4000, '0')),
      ],
    })
    expect(await exchange.phone().open('9001')).toMatchObject({ outcome: 'refused', status: 488 })
    expect([exchange.count('ACK'), exchange.count('BYE')]).toEqual([1, 1])
  })

  it('that was given up before anything was heard is cancelled when something is, and ended if it was accepted', async () => {
    const givingUp = new AbortController()
    const exchange = await exchangeThat({ INVITE: () => [] })
    const opening = exchange.phone().open('9001', givingUp.signal)
    await until('it is asked', () => exchange.count('INVITE') === 1)
    givingUp.abort()
    expect(await opening).toEqual({ outcome: 'given up' })
    const [invite] = exchange.asked
    if (!invite) throw new Error('no INVITE')
    await systemRuntime.sleep(50)
    expect(exchange.count('CANCEL')).toBe(0)
    exchange.say(answerTo(invite, '180 Ringing'))
    await until('it is cancelled', () => exchange.count('CANCEL') === 1)
    const cancel = exchange.asked.find(({ method }) => method === 'CANCEL')
    expect(cancel && headerOf(cancel, 'via')).toBe(headerOf(invite, 'via'))
    // The answer crossed it.
    exchange.say(exchange.accepted(invite))
    await until('it is ended', () => exchange.count('BYE') === 1)
  })
})

describe('a request of the exchange within the call', () => {
  it.each([
    ...['REFER', 'MESSAGE', 'SUBSCRIBE', 'NOTIFY', 'PUBLISH', 'INFO', 'PRACK', 'REGISTER'].map(name => [name, 405]),
    ['FOOBAR', 501],
    ['OPTIONS', 200],
    ['UPDATE', 200],
    ['CANCEL', 200],
  ] as [string, number][])('%s: %i', async (method, status) => {
    const exchange = await inCall()
    const answer = await exchange.ask(method)
    expect(answer.status).toBe(status)
    if (status === 405) expect(headerOf(answer, 'allow')).toBe('INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE')
  })

  it('that is about another one is told so, and ends nothing', async () => {
    const exchange = await inCall()
    exchange.tag = 'other'
    expect((await exchange.ask('BYE')).status).toBe(481)
    expect((await exchange.ask('INVITE', [], exchange.sound())).status).toBe(481)
    exchange.tag = 'theirs'
    expect((await exchange.ask('OPTIONS')).status).toBe(200)
  })

  it('out of order is refused', async () => {
    const exchange = await inCall()
    expect((await exchange.ask('OPTIONS', [], '', 50)).status).toBe(200)
    expect((await exchange.ask('UPDATE', [], exchange.sound(), 49)).status).toBe(500)
  })

  it('that requires what we do not know is refused by name', async () => {
    const exchange = await inCall()
    const answer = await exchange.ask('UPDATE', ['Require: timer, 100rel'])
    expect([answer.status, headerOf(answer, 'unsupported')]).toEqual([420, 'timer, 100rel'])
  })

  it.each(['INVITE', 'UPDATE'])('that moves the sound is followed: %s', async method => {
    const exchange = await inCall()
    const port = await soundPort()
    const answer = await exchange.ask(method, [], exchange.sound(port.port, '8'))
    expect(answer.status).toBe(200)
    const text = Buffer.from(answer.body).toString()
    expect(text).toMatch(/^m=audio \d+ RTP\/AVP 8\r$/m)
    await until('sound comes there', () => port.packets() > 3)
    port.close()
  })

  it('that puts us on hold gets no sound, and what was to be sent waits', async () => {
    const exchange = await inCall()
    const port = await soundPort()
    const hold = `${exchange.sound(port.port, '8')}a=sendonly\r\n`
    const answer = await exchange.ask('INVITE', [], hold)
    expect(Buffer.from(answer.body).toString()).toContain('a=recvonly')
    await systemRuntime.sleep(60)
    const before = port.packets()
    const sending = open.line?.send(new Float32Array(320))
    await systemRuntime.sleep(100)
    expect(port.packets()).toBe(before)
    await exchange.ask('INVITE', [], exchange.sound(port.port, '8'))
    expect(await sending).toBe('sent')
    port.close()
  })

  it('without an offer is answered with one, which the ACK answers', async () => {
    const exchange = await inCall()
    const answer = await exchange.ask('INVITE', [], '', 200)
    expect(Buffer.from(answer.body).toString()).toMatch(/^m=audio \d+ RTP\/AVP 8 101\r$/m)
    const port = await soundPort()
    exchange.send('ACK', [], exchange.sound(port.port), 200, 'z9hG4bKack')
    await until('sound comes there', () => port.packets() > 3)
    port.close()
  })

  it('that offers nothing that we can do is refused, and the call goes on', async () => {
    const exchange = await inCall()
    expect((await exchange.ask('INVITE', [], exchange.sound(4000, '0'))).status).toBe(488)
    expect((await exchange.ask('UPDATE', ['Content-Type: text/plain'], 'hello')).status).toBe(415)
    expect((await exchange.ask('OPTIONS')).status).toBe(200)
  })

  it('gets the same answer each time that it comes, and a 2xx to INVITE comes until it is acknowledged', async () => {
    const exchange = await inCall()
    const answers: Buffer[] = []
    exchange.onAnswer = answer => answers.push(answer)
    for (let times = 0; times < 2; times++) exchange.send('INVITE', [], exchange.sound(), 300, 'z9hG4bKsame')
    // One for each, and one more after 500 ms.
    await until('it comes again by itself', () => answers.length === 3)
    exchange.send('ACK', [], '', 300, 'z9hG4bKack')
    await systemRuntime.sleep(1_100)
    expect(answers).toHaveLength(3)
    expect(new Set(answers.map(answer => answer.toString('hex'))).size).toBe(1)
  })
})

describe('the end', () => {
  it('that the exchange tells twice is answered twice', async () => {
    const exchange = await inCall()
    expect((await exchange.ask('BYE', [], '', 400)).status).toBe(200)
    expect(await open.line?.ended).toBe('hung up there')
    expect((await exchange.ask('BYE', [], '', 400)).status).toBe(200)
    expect(exchange.count('BYE')).toBe(0)
  })

  it('is told with a proof where one is asked for, and the line does not wait for ever for an answer', async () => {
    const exchange = await inCall({
      BYE: (request, times) =>
        times === 1 || !isProved(request, 'n')
          ? [answerTo(request, '401 Unauthorized', [challenge('n')])]
          : [answerTo(request, '200 OK')],
    })
    await open.line?.hangUp()
    expect(exchange.count('BYE')).toBe(2)
  })

  it('is known when the exchange answers nothing any more, or knows the call no longer', async () => {
    // A minute in six tenths of a second.
    const fast = {
      ...systemRuntime,
      monotonicMs: () => systemRuntime.monotonicMs() * 100,
      sleep: (ms: number, signal?: Parameters<typeof systemRuntime.sleep>[1]) => systemRuntime.sleep(ms / 100, signal),
    }
    for (const answers of [() => [], (request: SipRequest) => [answerTo(request, '481 Call Does Not Exist')]]) {
      const exchange = await exchangeThat({ OPTIONS: answers, BYE: () => [] })
      const opened = await exchange.phone({}, fast).open('9001')
      if (opened.outcome !== 'open') throw new Error(opened.outcome)
      const { line } = opened
      expect(await line.ended).toBe('broken')
      expect(await line.send(new Float32Array(160))).toBe('ended')
      await until('it is told all the same', () => exchange.count('BYE') > 0)
      exchange.close()
    }
    delete open.exchange
  })

  it('is known when the exchange is no longer there at all', async () => {
    const exchange = await inCall()
    exchange.close()
    delete open.exchange
    const line = open.line
    // A port that nobody has answers at once.
    await line?.hangUp()
    expect(await line?.ended).toBe('hung up here')
  })
})

/** Where sound may be sent. */
async function soundPort() {
  const socket = createSocket('udp4')
  let packets = 0
  socket.on('message', () => packets++)
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  return { port: socket.address().port, packets: () => packets, close: () => socket.close() }
}
