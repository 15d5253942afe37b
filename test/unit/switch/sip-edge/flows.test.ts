/** How long a way between telephone and Asterisk stays open, and who makes room for whom. */
import { describe, expect, test } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { readSipMessage, type SipMessage } from '../../../../src/sip-message.ts'
import { Claims } from '../../../../src/switch/sip-edge/claims.ts'
import { type Flow, Flows } from '../../../../src/switch/sip-edge/flows.ts'

function message(...lines: string[]): SipMessage {
  const found = readSipMessage(Buffer.from([...lines, 'Call-ID: 7', '', ''].join('\r\n')))
  if (!found) throw new Error('not read')
  return found
}
const accepted = message('SIP/2.0 200 OK', 'CSeq: 2 INVITE')
const bye = message('BYE sip:a SIP/2.0', 'CSeq: 3 BYE')
const registered = (...lines: string[]) => message('SIP/2.0 200 OK', 'CSeq: 2 REGISTER', ...lines)
const hoursMs = 3_600_000

describe('a flow is claimed', () => {
  test('by a call, until one of the two ends it', () => {
    for (const ended of [
      (claims: Claims) => claims.fromPhone(bye),
      (claims: Claims) => claims.fromAsterisk(bye, 0),
      (claims: Claims) => claims.forgetCalls(),
    ]) {
      const claims = new Claims()
      expect(claims.areOpen(0)).toBe(false)
      claims.fromAsterisk(accepted, 0)
      expect(claims.areOpen(3 * hoursMs)).toBe(true)
      ended(claims)
      expect(claims.areOpen(0)).toBe(false)
    }
  })

  test('by a call whose end never came, not for ever', () => {
    const claims = new Claims()
    claims.fromAsterisk(accepted, 0)
    expect(claims.areOpen(5 * hoursMs)).toBe(false)
  })

  test.each<[string, string[], number]>([
    ['as each contact says', ['Contact: <sip:a;expires=9>;expires=60, <sip:b>;expires=120', 'Expires: 7'], 120],
    ['as the answer says', ['m: <sip:a>', 'Expires: 90'], 90],
    ['for an hour, if nobody says', ['Contact: <sip:a>'], 3_600],
    ['no longer, once no contact is left', ['Expires: 60'], 0],
  ])('by a registration, %s', (_, lines, seconds) => {
    const claims = new Claims()
    claims.fromAsterisk(registered('Contact: <sip:a>;expires=5'), 0)
    claims.fromAsterisk(registered(...lines), 0)
    if (seconds > 0) expect(claims.areOpen(seconds * 1_000 - 1)).toBe(true)
    expect(claims.areOpen(seconds * 1_000)).toBe(false)
  })

  test('by nothing that a telephone says, nor by a call that was refused', () => {
    const claims = new Claims()
    claims.fromPhone(accepted)
    claims.fromPhone(registered('Contact: <sip:a>'))
    claims.fromAsterisk(message('SIP/2.0 401 Unauthorized', 'CSeq: 1 INVITE'), 0)
    claims.fromAsterisk(message('SIP/2.0 180 Ringing', 'CSeq: 1 INVITE'), 0)
    claims.fromAsterisk(message('SIP/2.0 200 OK', 'CSeq: 1 OPTIONS'), 0)
    expect(claims.areOpen(0)).toBe(false)
  })
})

describe('flows', () => {
  let nowMs = 0
  const ended: string[] = []
  const flow = (address: string, isClaimed = false, isLate = false): Flow => {
    const claims = new Claims()
    if (isClaimed) claims.fromAsterisk(accepted, nowMs)
    return { phone: { address, port: 1 }, claims, isLate: () => isLate, close: () => void ended.push(address) }
  }
  const open = () => {
    nowMs = 0
    ended.length = 0
    return new Flows({ ...systemRuntime, monotonicMs: () => nowMs }, { most: 4, mostOfOneAddress: 2 })
  }

  test('are over after silence, unless they are claimed, or at once when somebody is kept waiting', () => {
    const flows = open()
    const used = flow('used')
    for (const each of [flow('silent'), flow('claimed', true), used]) expect(flows.admit(each)).toBe(true)
    nowMs = 150_000
    flows.used(used)
    flows.admit(flow('late', false, true))
    nowMs = 201_000
    flows.sweep()
    expect(ended).toEqual(['silent', 'late'])
    expect(flows.size).toBe(2)
  })

  test('make room for one more: the one of the same address, or else the one of all, that was silent for longest', () => {
    const flows = open()
    const first = flow('a')
    for (const each of [first, flow('b'), flow('c')]) flows.admit(each)
    flows.used(first)
    flows.admit(flow('a'))
    // Four in all: of address a there are two, and the one that was used least lately goes.
    flows.admit(flow('a'))
    expect(ended).toEqual(['a'])
    flows.admit(flow('d'))
    expect(ended).toEqual(['a', 'b'])
    expect(flows.size).toBe(4)
  })

  test('make no room that a call needs: one more is refused', () => {
    const flows = open()
    for (const address of ['a', 'a', 'b', 'b']) expect(flows.admit(flow(address, true))).toBe(true)
    expect(flows.admit(flow('a'))).toBe(false)
    expect(flows.admit(flow('c'))).toBe(false)
    expect(ended).toEqual([])
    flows.forgetCalls()
    expect(flows.admit(flow('c'))).toBe(true)
    flows.endAll()
    expect(flows.size).toBe(0)
  })

  test('make the room of a registration where all are needed: its telephone comes back', () => {
    const flows = open()
    const register = (address: string) => {
      const made = flow(address)
      made.claims.fromAsterisk(registered('Contact: <sip:a>;expires=3600'), 0)
      return made
    }
    for (const each of [flow('a', true), register('a'), flow('b', true), register('b')])
      expect(flows.admit(each)).toBe(true)
    expect([flows.isNeededAt('a'), flows.isNeededAt('c')]).toEqual([true, false])
    expect(flows.admit(flow('a'))).toBe(true)
    expect(ended).toEqual(['a'])
    expect(flows.admit(flow('c'))).toBe(true)
    expect(ended).toHaveLength(2)
  })
})
