/** RTP and telephone events against bytes put together by hand from RFC 3550 and RFC 4733. */
import { describe, expect, it } from 'vitest'
import { parseRtp, rtpBytes } from '../../../src/rtp/packet.ts'
import { readTelephoneEvent, writeTelephoneEvent } from '../../../src/rtp/telephone-event.ts'

describe('an RTP packet', () => {
  const bytes = Buffer.from('80e5 0102 00005f50 70b3ba2c d5d5'.replaceAll(' ', ''), 'hex')

  it('is read by the field', () => {
    expect(parseRtp(bytes)).toEqual({
      marker: true,
      payloadType: 101,
      sequence: 0x0102,
      timestamp: 0x5f50,
      source: 0x70b3ba2c,
      payload: Buffer.from([0xd5, 0xd5]),
    })
  })

  it('is written to the same bytes', () => {
    const packet = parseRtp(bytes)
    expect(packet && Buffer.from(rtpBytes(packet))).toEqual(bytes)
  })

  it('is found behind contributing sources and a header extension', () => {
    const extended = Buffer.from('91080001 00000002 00000003 cccccccc bede0001 eeeeeeee 07'.replaceAll(' ', ''), 'hex')
    expect(parseRtp(extended)?.payload).toEqual(Buffer.from([7]))
    expect(parseRtp(extended.subarray(0, 18))).toBeUndefined()
    expect(parseRtp(extended.subarray(0, 23))).toBeUndefined()
  })

  it('is not RTCP, and nothing of another version', () => {
    expect(parseRtp(Buffer.from('80c80006000000020000000300000004', 'hex'))).toBeUndefined()
    expect(parseRtp(Buffer.from('40080006000000020000000300000004', 'hex'))).toBeUndefined()
    expect(parseRtp(Buffer.from('8008', 'hex'))).toBeUndefined()
  })
})

describe('a telephone event', () => {
  it.each([
    ['the end of a 1 after 200 ms', '018a0640', { key: '1', end: true, duration: 1600 }],
    ['a hash that is down', '0b0a00a0', { key: '#', end: false, duration: 160 }],
    ['a letter, as machines have them', '0f0a00a0', { key: 'D', end: false, duration: 160 }],
    ['a star', '0a8a0320', { key: '*', end: true, duration: 800 }],
  ])('is read and written: %s', (_, hex, event) => {
    expect(readTelephoneEvent(Buffer.from(hex, 'hex'))).toEqual(event)
    expect(writeTelephoneEvent(event).toString('hex')).toBe(hex)
  })

  it('is no key when it is a flash or too short', () => {
    for (const hex of ['108a0640', '018a']) {
      expect(readTelephoneEvent(Buffer.from(hex, 'hex')), hex).toBeUndefined()
    }
  })
})
