import { expect, test } from 'vitest'
import { findLeaks } from '../../support/leaks/places.ts'
import { significant, tracesIn } from '../../support/leaks/traces.ts'

const pin = '482913'
const noise = Buffer.from('2026-11-22T21:53:01.482Z call 00ff sign-in.pin answered valid in 91 ms\n'.repeat(50))
const surround = (bytes: Buffer | string) => Buffer.concat([noise, Buffer.from(bytes as string), noise])

test.each([
  ['raw', surround(`pin=${pin}`)],
  ['reversed', surround('319284')],
  ['utf16', surround(Buffer.from(pin, 'utf16le'))],
  ['hex', surround('343832393133')],
  ['base64', surround(Buffer.from(`x${pin}yz`).toString('base64'))],
  ['base64', surround(Buffer.from(`xy${pin}z`).toString('base64'))],
  ['base64', surround(Buffer.from(pin).toString('base64'))],
  ['bcd', surround(Buffer.from('482913', 'hex'))],
  ['bcd', surround(Buffer.from('849231', 'hex'))],
  [
    'one-digit-a-line',
    surround([...pin].map((digit, at) => `[12:00:0${at}] DTMF end '${digit}' on PJSIP/a-01\n`).join('')),
  ],
])('finds a secret left as %s', (encoding, bytes) => {
  expect(tracesIn(bytes, [pin])).toContainEqual({ secret: pin, encoding })
})

test('keys of two calls that are logged in turn are put together call by call', () => {
  const lines = [...pin].flatMap(digit => [`key ${digit} ${'a'.repeat(32)}`, `key 7 ${'b'.repeat(32)}`])
  expect(tracesIn(surround(lines.join('\n')), [pin])).toEqual([{ secret: pin, encoding: 'one-digit-a-line' }])
})

test.each([
  [
    'a key in four lines',
    (key: string) => `DTMF begin '${key}' on it\nDTMF begin ignored '${key}' on it\nDTMF end '${key}' on it`,
  ],
  [
    'two events of many lines',
    (key: string) =>
      ['DTMFBegin', 'DTMFEnd'].map(event => `Event: ${event}\r\nChannelState: 6\r\nDigit: ${key}\r\n`).join(''),
  ],
  ['a number in JSON', (key: string) => `{"level":30,"call":"${'a'.repeat(32)}","key":${key}}`],
])('puts together what a program writes each time: %s', (_, writes) => {
  expect(tracesIn(surround([...pin].map(writes).join('\n')), [pin])).toEqual([
    { secret: pin, encoding: 'one-digit-a-line' },
  ])
})

test('events of two calls at once are told apart by the channel that each names', () => {
  const event = (channel: string, key: string) => `Event: DTMFEnd\r\nChannel: PJSIP/${channel}\r\nDigit: ${key}\r\n\r\n`
  const events = [...pin].map(key => event('phone1-00000001', key) + event('phone2-00000002', '7'))
  expect(tracesIn(surround(events.join('')), [pin])).toEqual([{ secret: pin, encoding: 'one-digit-a-line' }])
})

test('finds nothing where nothing is', () => {
  expect(tracesIn(noise, [pin, '77120934'])).toEqual([])
})

test('three bytes that look like one PIN are chance, like two of them a leak', () => {
  expect(significant([{ secret: pin, encoding: 'bcd' }])).toEqual([])
  const both = [pin, '990142'].map(secret => ({ secret, encoding: 'bcd' as const }))
  expect(significant(both)).toEqual(both)
  expect(significant([{ secret: pin, encoding: 'raw' }])).toHaveLength(1)
})

test('what spells digits line by line counts in a log, and is chance in sound', () => {
  const bytes = surround([...pin].map(digit => `${digit}\n`).join(''))
  const secrets = [{ what: 'PIN', digits: pin }]
  expect(findLeaks([{ name: 'a.log', bytes }], secrets, new Map())).toEqual(['a.log: the PIN, one-digit-a-line'])
  expect(findLeaks([{ name: 'a.alaw', bytes }], secrets, new Map())).toEqual([])
})

test('samples that look like packed decimals are sound, and digits that are written into sound are a leak', () => {
  const secrets = [pin, '605938'].map(digits => ({ what: `PIN ${digits[0]}`, digits }))
  const samples = Buffer.from(`d5d5${pin}55d5605938d5`, 'hex')
  const found = (name: string, bytes: Buffer) => findLeaks([{ name, bytes }], secrets, new Map())
  expect(found('a.alaw', samples)).toEqual([])
  expect(found('a.bin', samples)).toHaveLength(2)
  expect(found('a.alaw', surround(pin))).toEqual(['a.alaw: the PIN 4, raw'])
})

test('six digits within a digest are chance, and beside one a leak', () => {
  const digest = `8046efdac22883248b${pin}e42186226ae3f7febae6ae1fadf807e56df6642b097f`
  expect(tracesIn(surround(`{"of":"${digest}"}`), [pin])).toEqual([])
  expect(tracesIn(surround(`{"of":"${digest}","pin":"${pin}"}`), [pin])).toEqual([{ secret: pin, encoding: 'raw' }])
})
