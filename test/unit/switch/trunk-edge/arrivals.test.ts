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
const arrivals = (options: Partial<Trunk> = {}) => new TrunkArrivals({ ...trunk, ...options }, runtime)

interface Said {
  readonly uri?: string
  readonly to?: string
  readonly from?: string
  readonly call?: string
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
  ])
    expect([said, isVouchedFor(said)]).toEqual([said, false])
})
