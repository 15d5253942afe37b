import { describe, expect, test } from 'vitest'
import { readSipMessage, type SipRequest } from '../../../../src/sip-message.ts'
import { TrunkArrivals } from '../../../../src/switch/trunk-edge/arrivals.ts'
import type { Trunk } from '../../../../src/switch/trunk-edge/trunk.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'

const number = '+862161234567'
const trunk: Trunk = {
  ...{ name: 'carrier', addresses: [], register: undefined, numbers: { [number]: '9001' }, attested: true, key: 'KEY' },
  provider: { host: '192.0.2.9', port: 5060, transport: 'udp' },
  own: { address: '192.0.2.1', port: 5080 },
  calls: { mostAtOnce: 1, rate: { burst: 2, perMinute: 1 } },
}
const runtime = new VirtualRuntime()
const arrivals = (options: Partial<Trunk> = {}) =>
  new TrunkArrivals({ ...trunk, ...options }, call => call === 'standing', runtime)

interface Said {
  readonly uri?: string
  readonly to?: string
  readonly from?: string
  readonly call?: string
  readonly branch?: string
  readonly headers?: readonly string[]
}

function request(method: string, said: Said = {}): SipRequest {
  const {
    uri = `sip:${number}@192.0.2.1`,
    to = `<sip:${number}@192.0.2.1>`,
    from = '<sip:+8613800138000@x>;tag=1',
  } = said
  const lines = [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.9;rport;branch=${said.branch ?? 'z9hG4bK1'}`,
    `To: ${to}`,
    `From: ${from}`,
    `Call-ID: ${said.call ?? 'a'}`,
    `CSeq: 1 ${method}`,
  ]
  const message = readSipMessage(Buffer.from([...lines, ...(said.headers ?? []), '', ''].join('\r\n')))
  if (message?.kind !== 'request') throw new Error('no request')
  return message
}

const placedAt = (said: Said, options: Partial<Trunk> = {}) =>
  arrivals(options).readdressed(request('INVITE', said)).uri

describe('a call', () => {
  test('goes to the name by which the dialplan knows its number, however the provider writes it', () => {
    expect(placedAt({})).toBe(`sip:KEYy${number}@127.0.0.1`)
    expect(placedAt({ uri: `sip:${number};npdi;rn=+861@192.0.2.1;user=phone` })).toBe(`sip:KEYy${number}@127.0.0.1`)
    // Whoever we registered as is called there, and To says what was dialled.
    expect(placedAt({ uri: 'sip:tonebank@192.0.2.1:5080' })).toBe(`sip:KEYy${number}@127.0.0.1`)
    expect(placedAt({}, { attested: false })).toBe(`sip:KEYn${number}@127.0.0.1`)
  })

  test('to any other number is refused, and so is what is no call', () => {
    const refused = (method: string, said: Said = {}) => arrivals().refusalOf(request(method, said))?.status
    expect(refused('INVITE')).toBeUndefined()
    const others = ['9001', '', 'constructor', `KEYy${number}`, '%2B862161234567', `${number}0`, `x@y;z=sip:${number}`]
    for (const other of others) expect(refused('INVITE', { uri: `sip:${other}@192.0.2.1` })).toBe(404)
    expect(refused('INVITE', { uri: 'sip:tonebank@192.0.2.1', to: '"sip:+862161234567@a" <sip:9@b>' })).toBe(404)
    for (const method of ['REGISTER', 'MESSAGE', 'SUBSCRIBE', 'REFER', 'NOTIFY']) expect(refused(method)).toBe(405)
    expect(refused('OPTIONS')).toBe(200)
    for (const method of ['ACK', 'CANCEL']) expect(refused(method)).toBeUndefined()
    expect(refused('BYE', { to: '<sip:a@b>;tag=2' })).toBeUndefined()
  })

  test('comes so often and no more; said again, it is the same call', async () => {
    const all = arrivals()
    const statusOf = (call: string) => all.refusalOf(request('INVITE', { call }))?.status
    expect(['a', 'b', 'c', 'a', 'b'].map(statusOf)).toEqual([undefined, undefined, 503, undefined, undefined])
    await runtime.run(() => runtime.sleep(61_000))
    expect(['d', 'e'].map(statusOf)).toEqual([undefined, 503])
  })

  test('is not said again by another transaction, from another caller, of another dialog, too late or for ever', async () => {
    const others: Said[] = [
      { branch: 'z9hG4bK2' },
      { from: '<sip:+8613800138000@x>;tag=2' },
      { to: '<sip:a@b>;tag=3' },
      { call: 'b' },
    ]
    for (const other of others) {
      const one = arrivals({ calls: { mostAtOnce: 1, rate: { burst: 1, perMinute: 0.001 } } })
      expect(one.refusalOf(request('INVITE'))).toBeUndefined()
      expect([other, one.refusalOf(request('INVITE', other))?.status]).toEqual([other, 503])
    }
    const one = arrivals({ calls: { mostAtOnce: 1, rate: { burst: 1, perMinute: 0.001 } } })
    const statusOf = () => one.refusalOf(request('INVITE'))?.status
    expect(Array.from({ length: 12 }, statusOf)).toEqual([...Array(11).fill(undefined), 503])
    const another = arrivals({ calls: { mostAtOnce: 1, rate: { burst: 1, perMinute: 0.001 } } })
    expect(another.refusalOf(request('INVITE'))).toBeUndefined()
    await runtime.run(() => runtime.sleep(32_001))
    expect(another.refusalOf(request('INVITE'))?.status).toBe(503)
  })

  test('of no call that stands is counted whatever it claims, and one that stands goes on', () => {
    const one = arrivals()
    const statusOf = (call: string) => one.refusalOf(request('INVITE', { to: '<sip:a@b>;tag=2', call }))?.status
    const calls = ['standing', 'a', 'b', 'c', 'standing']
    expect(calls.map(statusOf)).toEqual([undefined, undefined, undefined, 503, undefined])
    // There is no call to begin, and whatever else is said about one costs nothing.
    expect(one.refusalOf(request('INVITE', { call: 'd' }))?.status).toBe(503)
    expect(one.refusalOf(request('BYE', { to: '<sip:a@b>;tag=2', call: 'd' }))).toBeUndefined()
  })
})

test('a caller is vouched for where one plain number is said, by nobody withheld, and no verdict is against it', () => {
  const isVouchedFor = (said: Said) => placedAt(said).startsWith('sip:KEYy')
  const asserted = (...values: string[]) => values.map(value => `P-Asserted-Identity: ${value}`)
  for (const said of [
    { from: '"sip:x@y" <sip:+8613800138000@x>;tag=1' },
    { from: '<sip:anonymous@anonymous.invalid>;tag=1', headers: asserted('<sip:13800138000@x>') },
    { headers: ['Privacy: none', ...asserted('<sip:+8613800138000;verstat=TN-Validation-Passed@x>')] },
  ])
    expect([said, isVouchedFor(said)]).toEqual([said, true])
  for (const said of [
    { from: '<sip:anonymous@anonymous.invalid>;tag=1' },
    { from: '<sip:desk1@x>;tag=1' },
    { from: '"sip:+8613800138000@x" <sip:desk1@x>;tag=1' },
    { from: '<sip:b.ob@x;y=sip:+8613800138000@z>;tag=1' },
    { headers: ['Privacy: id'] },
    { headers: ['Remote-Party-ID: <sip:1@x>'] },
    { headers: asserted('<tel:+8613800138000>') },
    { headers: asserted('<sip:+8613800138000@x>', '<sip:+8613900139000@x>') },
    { headers: asserted('<sip:+8613800138000@x>, <sip:+8613900139000@x>') },
    { headers: asserted('<sip:+8613800138000;verstat=TN-Validation-Failed@x>') },
    { headers: asserted('<sip:+8613800138000;verstat=No-TN-Validation@x>') },
    { headers: asserted('<sip:+8613800138000;verstat="TN-Validation-Failed"@x>') },
    { headers: asserted('<sip:+8613800138000@x>;verstat="TN-Validation-Failed"') },
    { headers: asserted('<sip:+8613800138000@x>;verstat = TN-Validation-Failed') },
    { headers: asserted('<sip:+8613800138000;%76erstat=TN-Validation-Failed@x>') },
    { headers: asserted('<sip:+8613800138000;verstat=TN-Validation-Passed,TN-Validation-Failed@x>') },
    { headers: asserted('"a <sip:+8613800138000@x>') },
    { headers: asserted('"a\\" <sip:+8613800138000@x>') },
    { headers: asserted('<sip:+8613800138000@x') },
    { headers: asserted('<sip:+8613800138000@x?P-Asserted-Identity=%3Csip:1%3E>') },
    { headers: asserted('<sip:+8613800138000@x> <sip:+8613900139000@x>') },
  ])
    expect([said, isVouchedFor(said)]).toEqual([said, false])
})

describe('of who calls', () => {
  const identitiesIn = (said: Said, options: Partial<Trunk> = {}) =>
    arrivals(options)
      .readdressed(request('INVITE', said))
      .fields.flatMap(({ name, raw }, at) => (/identity|party-id/.test(name) ? [[at, raw]] : []))
  const asserted = 'P-Asserted-Identity: "A" <sip:+8613900139000;verstat=TN-Validation-Passed@x>'

  test('Asterisk hears in the first line, from the edge, and nothing of what a caller may have written', () => {
    expect(identitiesIn({})).toEqual([[0, 'P-Asserted-Identity: <sip:+8613800138000@127.0.0.1>']])
    expect(identitiesIn({ headers: [asserted] })).toEqual([[0, 'P-Asserted-Identity: <sip:+8613900139000@127.0.0.1>']])
    expect(identitiesIn({ headers: [asserted, 'Remote-Party-ID: <sip:1@x>'] })).toEqual([])
    expect(identitiesIn({ headers: [asserted] }, { attested: false })).toEqual([])
  })

  test('who withholds the number is nobody, whatever else is said', () => {
    const nobody = [[0, 'P-Asserted-Identity: <sip:anonymous@anonymous.invalid>']]
    for (const attested of [true, false]) {
      const headers = [asserted, 'Remote-Party-ID: <sip:1@x>', 'Privacy: id']
      expect(identitiesIn({ headers }, { attested })).toEqual(nobody)
      expect(identitiesIn({ headers: ['Privacy: user;id'] }, { attested })).toEqual(nobody)
    }
  })

  test('it hears nothing more in the call', () => {
    for (const method of ['INVITE', 'UPDATE', 'BYE']) {
      const later = request(method, { to: '<sip:a@b>;tag=2', headers: [asserted, 'Subject: a'] })
      expect(
        arrivals()
          .readdressed(later)
          .fields.map(({ name }) => name),
      ).toEqual([...['via', 'to', 'from', 'call-id', 'cseq', 'subject']])
    }
    const answer = readSipMessage(Buffer.from(`SIP/2.0 200 OK\r\nCall-ID: a\r\n${asserted}\r\n\r\n`))
    expect(
      answer &&
        arrivals()
          .readdressed(answer)
          .fields.map(({ name }) => name),
    ).toEqual(['call-id'])
  })

  test('the longest of headers is judged in no time', () => {
    for (const piece of [' ', ';a', '; ', '"', '\\"', 'verstat', ';verstat=', 'a ', '<', '@']) {
      const beganAtMs = performance.now()
      for (const before of ['', '<sip:+8613800138000', '"', 'sip:+8613800138000@x'])
        placedAt({ headers: [`P-Asserted-Identity: ${before}${piece.repeat(60_000 / piece.length)}\x01`] })
      expect(performance.now() - beganAtMs, JSON.stringify(piece)).toBeLessThan(2_000)
    }
  })
})
