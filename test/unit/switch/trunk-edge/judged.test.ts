/** What becomes of one message at a trunk's edge: what Asterisk could read differently from its judge does not reach it. */
import { describe, expect, test } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { headersOf, readSipMessage } from '../../../../src/sip-message.ts'
import { Flows } from '../../../../src/switch/sip-edge/flows.ts'
import { type Edge, judge } from '../../../../src/switch/sip-edge/relay.ts'
import { TrunkArrivals } from '../../../../src/switch/trunk-edge/arrivals.ts'
import type { Trunk } from '../../../../src/switch/trunk-edge/trunk.ts'

const number = '+862161234567'
const trunk: Trunk = {
  ...{ name: 'carrier', addresses: [], register: undefined, numbers: { [number]: '9001' }, attested: true, key: 'KEY' },
  provider: { host: '192.0.2.9', port: 5060, transport: 'udp' },
  own: { address: '192.0.2.1', port: 5080 },
  calls: { mostAtOnce: 1, rate: { burst: 100, perMinute: 1 } },
}
const provider = { address: '192.0.2.9', port: 5060 }
const arrivals = new TrunkArrivals(trunk, () => false, systemRuntime)
const edge: Edge = {
  ...{ runtime: systemRuntime, flows: new Flows(systemRuntime), userAgent: 'Tonebank abcdefgh', admits: () => true },
  ...{ own: trunk.own, asterisk: { address: '127.0.0.1', port: 5070 } },
  trunk: {
    takes: () => false,
    refusalOf: request => arrivals.refusalOf(request),
    readdressed: message => arrivals.readdressed(message),
    renames: { from: '127.0.0.1:5070', to: '192.0.2.1:5080' },
  },
}

const said = (startLine: string, ...lines: string[]) =>
  Buffer.from(
    [
      startLine,
      ...['Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1', 'From: <sip:+8613800138000@x>;tag=1', `To: <sip:${number}@x>`],
      ...['Call-ID: a', 'CSeq: 1 INVITE', ...lines, '', ''],
    ].join('\r\n'),
  )
const invite = (...lines: string[]) => said(`INVITE sip:${number}@192.0.2.1 SIP/2.0`, ...lines)

const verdictOn = (bytes: Buffer) => {
  const verdict = judge(bytes, provider, edge)
  return verdict && [verdict.kind, verdict.bytes.toString('latin1').split('\r\n')[0]]
}

describe('a head that two could read differently', () => {
  test.each([
    ['a lone CR', 'Subject: hi\rP-Asserted-Identity: <sip:+8613900139000@x>'],
    ['a lone LF', 'Subject: hi\nP-Asserted-Identity: <sip:+8613900139000@x>'],
    ['CR CR LF', 'Subject: hi\r\r\nP-Asserted-Identity: <sip:+8613900139000@x>'],
    ['a NUL', 'Subject: hi\0'],
    ['a colon in the next line', 'P-Asserted-Identity\r\n : <sip:+8613900139000@x>'],
    ['privacy with its colon in the next line', 'Privacy\r\n : id'],
    ['no name', ': <sip:+8613900139000@x>'],
    ['no colon', 'Privacy id'],
    ['a name of other characters', 'Priv=acy: id'],
  ])('%s is answered, and Asterisk hears nothing', (_, line) => {
    expect(verdictOn(invite(line))).toEqual(['answer', 'SIP/2.0 400 Bad Request'])
    expect(verdictOn(said('OPTIONS sip:a SIP/2.0', line))).toEqual(['answer', 'SIP/2.0 400 Bad Request'])
    // Neither has an answer.
    expect(verdictOn(said('ACK sip:a SIP/2.0', line))).toBeUndefined()
    expect(verdictOn(said('SIP/2.0 200 OK', line))).toBeUndefined()
  })

  test('and first of all is not copied into its answer', () => {
    const bytes = said('OPTIONS sip:a SIP/2.0', 'To: <sip:a\rX-A: b\nX-B: c>')
    expect(judge(bytes, provider, edge)?.bytes.toString('latin1')).not.toMatch(/\r(?!\n)|(?<!\r)\n/)
  })
})

test('what everybody reads alike passes, with the body as it is', () => {
  const folded = invite('Subject: a\r\n b', 'P-Asserted-Identity : <sip:+8613900139000@x>')
  const verdict = judge(Buffer.concat([folded, Buffer.from('v=0\rlone\n')]), provider, edge)
  const passed = verdict && readSipMessage(verdict.bytes)
  expect(verdict?.kind).toBe('pass')
  expect(passed?.startLine).toBe(`INVITE sip:KEYy${number}@127.0.0.1 SIP/2.0`)
  expect(passed && headersOf(passed, 'p-asserted-identity')).toEqual(['<sip:+8613900139000@127.0.0.1>'])
  expect(Buffer.from(passed?.body ?? []).toString()).toBe('v=0\rlone\n')
})
