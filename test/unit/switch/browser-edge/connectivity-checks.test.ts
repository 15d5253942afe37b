/** Connectivity checks: the request of RFC 5769, section 2.1, and what is no check for us. */
import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { Secret } from '../../../../src/secret.ts'
import { answerCheck, isStun } from '../../../../src/switch/browser-edge/connectivity-checks.ts'

const request = Buffer.from(
  '000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff' +
    '80290008932ff9b151263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2' +
    '80280004e57a3bcf',
  'hex',
)
const password = 'VOkJxbRl1RmTxUk/WvJxBt'
const own = { fragment: 'evtj', password: new Secret(password) }
const from = { address: '192.0.2.1', port: 32_853 }

test('is answered with the address that it came from, proved by our password', () => {
  const check = answerCheck(request, from, own)
  expect(check?.isChosen).toBe(false)
  const answer = check?.answer ?? Buffer.alloc(0)
  expect(answer.subarray(0, 2).toString('hex')).toBe('0101')
  expect(answer.readUInt16BE(2)).toBe(answer.length - 20)
  // Cookie and transaction are the request's; the address stands as in section 2.2 of the RFC.
  expect(answer.subarray(4, 20)).toEqual(request.subarray(4, 20))
  expect(answer.subarray(20, 32).toString('hex')).toBe('002000080001a147e112a643')
  const proved = Buffer.from(answer.subarray(0, 32))
  proved.writeUInt16BE(12 + 24, 2)
  expect(answer.subarray(36, 56)).toEqual(createHmac('sha1', password).update(proved).digest())
})

test('says whether the browser has chosen this way', () => {
  const attributes = Buffer.from('00060009' + '6576746a3a68367659202020' + '00250000', 'hex')
  const begun = Buffer.concat([request.subarray(0, 20), attributes])
  begun.writeUInt16BE(attributes.length + 24, 2)
  const proof = createHmac('sha1', password).update(begun).digest()
  const whole = Buffer.concat([begun, Buffer.from('00080014', 'hex'), proof])
  expect(answerCheck(whole, from, own)?.isChosen).toBe(true)
})

test('a check that was changed, cut, made for somebody else or without our password has no answer', () => {
  expect(answerCheck(request, from, { ...own, password: new Secret('another') })).toBeUndefined()
  expect(answerCheck(request, from, { ...own, fragment: 'evt' })).toBeUndefined()
  // All but the fingerprint at its end, which proves nothing.
  for (let at = 0; at < request.length - 8; at++) {
    const changed = Buffer.from(request)
    changed[at] = (changed[at] ?? 0) ^ 1
    expect(answerCheck(changed, from, own), `byte ${at}`).toBeUndefined()
  }
  for (let length = 0; length < request.length; length++)
    expect(answerCheck(request.subarray(0, length), from, own), `${length} bytes`).toBeUndefined()
})

test('speech and handshakes are no checks', () => {
  expect(isStun(Buffer.from([0x80, 8, ...Buffer.alloc(40)]))).toBe(false)
  expect(isStun(Buffer.from([22, 254, 253, ...Buffer.alloc(40)]))).toBe(false)
})
