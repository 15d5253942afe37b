/** Who is an offender, by what telephones ask and how Asterisk answers; and who asks too often. */
import { expect, test } from 'vitest'
import { systemRuntime } from '../../../../src/runtime.ts'
import { readSipMessage, type SipRequest, type SipResponse } from '../../../../src/sip-message.ts'
import { Claims } from '../../../../src/switch/sip-edge/claims.ts'
import type { Flow } from '../../../../src/switch/sip-edge/flows.ts'
import { Blocks } from '../../../../src/switch/tls-edge/blocks.ts'
import { TelephoneDoorkeeper } from '../../../../src/switch/tls-edge/doorkeeper.ts'

function open() {
  let nowMs = 0
  const runtime = { ...systemRuntime, monotonicMs: () => nowMs }
  const blocks = new Blocks(runtime, () => {})
  const doorkeeper = new TelephoneDoorkeeper(runtime, blocks)
  const flowOf = (address: string): Flow => ({
    ...{ phone: { address, port: 1 }, claims: new Claims(), isLate: () => false, close: () => {} },
  })
  let sequence = 0
  /** @returns the status that the doorkeeper itself gave; undefined: it was passed on, and answered with `status` */
  const ask = (flow: Flow, method: string, status: number, ...more: string[]) => {
    const named = ['Call-ID: 7', `CSeq: ${++sequence} ${method}`]
    const request = read([`${method} sip:9001@a SIP/2.0`, 'To: <sip:9001@a>', ...named, ...more]) as SipRequest
    const refusal = doorkeeper.asks(flow, request)
    if (refusal) return refusal
    const challenge = status === 401 && more.includes('stale') ? ['WWW-Authenticate: Digest stale=true'] : []
    doorkeeper.answers(flow, read([`SIP/2.0 100 Trying`, ...named]) as SipResponse)
    doorkeeper.answers(flow, read([`SIP/2.0 ${status} x`, ...named, ...challenge]) as SipResponse)
    return undefined
  }
  const counted = () => Object.fromEntries([...blocks.counted()].filter(([, count]) => count > 0))
  return { blocks, doorkeeper, flowOf, ask, counted, later: (ms: number) => (nowMs += ms) }
}

function read(lines: readonly string[]) {
  const message = readSipMessage(Buffer.from([...lines, '', ''].join('\r\n')))
  if (!message) throw new Error('not read')
  return message
}

const who = (user = 'room1') => `Authorization: Digest username="${user}", realm="asterisk"`

test('a telephone that is asked and answers right is no offender, however often', () => {
  const { doorkeeper, flowOf, ask, counted, later } = open()
  const flow = flowOf('192.0.2.1')
  for (let time = 0; time < 100; time++) {
    ask(flow, 'REGISTER', 401)
    ask(flow, 'REGISTER', 200, who())
    ask(flow, 'INVITE', 401)
    // Asterisk's answer to a number that nobody has, or to a fifth call.
    ask(flow, 'INVITE', 486, who())
    doorkeeper.sweep()
    later(60_000)
  }
  doorkeeper.left(flow)
  expect(counted()).toEqual({})
})

test('whoever is asked and asks again, or leaves, or waits, is a stranger', () => {
  const { doorkeeper, flowOf, ask, counted, later } = open()
  const again = flowOf('192.0.2.1')
  ask(again, 'INVITE', 401)
  expect(counted()).toEqual({})
  ask(again, 'INVITE', 401)
  expect(counted()).toEqual({ stranger: 1 })
  doorkeeper.left(again)
  doorkeeper.left(again)
  expect(counted()).toEqual({ stranger: 2 })
  const waits = flowOf('192.0.2.1')
  ask(waits, 'OPTIONS', 404)
  later(10_000)
  doorkeeper.sweep()
  doorkeeper.sweep()
  expect(counted()).toEqual({ stranger: 3 })
})

test('a wrong password is told from a question that was too old', () => {
  const { flowOf, ask, counted } = open()
  const flow = flowOf('192.0.2.1')
  ask(flow, 'REGISTER', 401)
  ask(flow, 'REGISTER', 401, who(), 'stale')
  expect(counted()).toEqual({})
  ask(flow, 'REGISTER', 401, who())
  ask(flow, 'REGISTER', 403, who())
  expect(counted()).toEqual({ 'wrong-password': 2 })
})

test('an address that is shut out is told for how long, but for a flow that a call needs', () => {
  const { blocks, flowOf, ask } = open()
  const [stranger, inCall] = [flowOf('192.0.2.1'), flowOf('192.0.2.1')]
  inCall.claims.fromAsterisk(read(['SIP/2.0 200 OK', 'Call-ID: 7', 'CSeq: 2 INVITE']), 0)
  for (let time = 0; time < 11; time++) blocks.offended('192.0.2.1', 'stranger')
  expect(ask(stranger, 'INVITE', 401)).toMatchObject({ status: 503, says: ['Retry-After: 60'] })
  expect(ask(inCall, 'INVITE', 401)).toBeUndefined()
})

test('an account registers and calls so often and no oftener, and another one is not kept from it', () => {
  const { flowOf, ask, later } = open()
  const flow = flowOf('192.0.2.1')
  for (const [method, most] of [['REGISTER', 10] as const, ['INVITE', 20] as const]) {
    for (let time = 0; time < most; time++) expect(ask(flow, method, 200, who())).toBeUndefined()
    expect(ask(flow, method, 200, who())).toMatchObject({ status: 503 })
    expect(ask(flow, method, 200, who('room2'))).toBeUndefined()
    // Whoever merely knows its name, from elsewhere.
    expect(ask(flowOf('192.0.2.2'), method, 401, who())).toBeUndefined()
    later(60_000)
    expect(ask(flow, method, 200, who())).toBeUndefined()
  }
})

test('an address begins two hundred things at once and no more; what belongs to a call is not counted', () => {
  const { flowOf, ask } = open()
  const flow = flowOf('192.0.2.1')
  for (let time = 0; time < 200; time++) expect(ask(flow, 'OPTIONS', 200, who(`r${time}`))).toBeUndefined()
  expect(ask(flow, 'OPTIONS', 200, who())).toMatchObject({ status: 503 })
  expect(ask(flow, 'ACK', 200)).toBeUndefined()
  expect(ask(flow, 'CANCEL', 200)).toBeUndefined()
  expect(ask(flowOf('192.0.2.2'), 'OPTIONS', 200, who())).toBeUndefined()
})

test('a tag, another way to write a number, or a Call-ID too many hides nobody', () => {
  const { doorkeeper, flowOf, counted } = open()
  const flow = flowOf('192.0.2.1')
  const asked = (...fields: string[]) =>
    doorkeeper.asks(flow, read(['REGISTER sip:a SIP/2.0', who(), ...fields]) as SipRequest)
  const answered = (sequence: number) =>
    doorkeeper.answers(flow, read(['SIP/2.0 401 x', 'Call-ID: 7', `CSeq: ${sequence} REGISTER`]) as SipResponse)
  expect(asked('To: <sip:room1@a>;tag=1', 'Call-ID: 7', 'CSeq: 1 REGISTER')).toBeUndefined()
  answered(1)
  expect(asked('To: <sip:room1@a>', 'Call-ID: 7', 'CSeq: 002   REGISTER')).toBeUndefined()
  answered(2)
  expect(counted()).toEqual({ 'wrong-password': 2 })
  expect(asked('To: <sip:room1@a>', 'Call-ID: 7', 'Call-ID: 8', 'CSeq: 3 REGISTER')).toMatchObject({ status: 400 })
  expect(asked('To: <sip:room1@a>', 'Call-ID: 7', 'CSeq: x REGISTER')).toMatchObject({ status: 400 })
  expect(counted()).toEqual({ 'wrong-password': 2, 'no-sip': 2 })
})

test('what belongs to no call that stands, and answers that nobody asked for, pass so often and no oftener', () => {
  const { doorkeeper, flowOf } = open()
  const flow = flowOf('192.0.2.1')
  const bye = () =>
    doorkeeper.asks(flow, read(['BYE sip:a SIP/2.0', 'To: <sip:a>;tag=1', 'Call-ID: 7', 'CSeq: 1 BYE']) as SipRequest)
  for (let time = 0; time < 200; time++) {
    expect(bye()).toBeUndefined()
    expect(doorkeeper.replies(flow)).toBe(true)
  }
  expect(bye()).toMatchObject({ status: 503 })
  expect(doorkeeper.replies(flow)).toBe(false)
  // Within a call that stands all may be said.
  flow.claims.fromAsterisk(read(['SIP/2.0 200 OK', 'Call-ID: 7', 'CSeq: 2 INVITE']), 0)
  expect(bye()).toBeUndefined()
})

test('a telephone that is registered asks whether we are there without saying who it is, and is no offender', () => {
  const { doorkeeper, flowOf, ask, counted, later } = open()
  const flow = flowOf('192.0.2.1')
  flow.claims.fromAsterisk(
    read(['SIP/2.0 200 OK', 'Call-ID: 1', 'CSeq: 2 REGISTER', 'Contact: <sip:a>;expires=3600']),
    0,
  )
  for (let time = 0; time < 40; time++) {
    ask(flow, 'OPTIONS', 401)
    later(20_000)
    doorkeeper.sweep()
  }
  expect(counted()).toEqual({})
})

test('whoever said who they are waits for Asterisk as long as it takes', () => {
  const { doorkeeper, flowOf, ask, counted, later } = open()
  const flow = flowOf('192.0.2.1')
  ask(flow, 'INVITE', 401)
  doorkeeper.asks(
    flow,
    read(['INVITE sip:9001@a SIP/2.0', 'To: <sip:9001@a>', 'Call-ID: 7', 'CSeq: 9 INVITE', who()]) as SipRequest,
  )
  later(30_000)
  doorkeeper.sweep()
  expect(counted()).toEqual({})
})

test('no page that is opened beside an office’s telephones shuts them out', () => {
  const runtime = { ...systemRuntime, monotonicMs: () => 0 }
  const blocks = new Blocks(runtime, () => {})
  const doorkeeper = new TelephoneDoorkeeper(runtime, blocks, address => address === '192.0.2.1')
  const flowAt = (address: string): Flow => ({
    ...{ phone: { address, port: 1 }, claims: new Claims(), isLate: () => false, close: () => {} },
  })
  for (const address of ['192.0.2.1', '192.0.2.2'])
    for (let time = 0; time < 11; time++) doorkeeper.saidNonsense(flowAt(address))
  expect(blocks.now().map(({ address }) => address)).toEqual(['192.0.2.2'])
})
