/** What the two sides of a call say of their sound, and what is not agreed to. */
import { describe, expect, it } from 'vitest'
import { answerOffer, offerOf, readAnswer } from '../../../src/terminal/sip/description.ts'

const key = Uint8Array.from({ length: 30 }, (_, index) => index)
const theirKey = Buffer.from(key).reverse()
const plain = { address: '192.0.2.1', port: 4000, key: undefined, hasEvents: true, version: 1 }
const secure = { ...plain, key }

const lines = (...all: string[]) => ['v=0', 'o=- 9 9 IN IP4 192.0.2.9', 's=-', 't=0 0', ...all, ''].join('\r\n')
const connection = 'c=IN IP4 192.0.2.9'
const aLaw = (profile = 'RTP/AVP') => [`m=audio 5000 ${profile} 8 96`, 'a=rtpmap:96 telephone-event/8000']
const crypto = (tag: number, suite = 'AES_CM_128_HMAC_SHA1_80', more = '') =>
  `a=crypto:${tag} ${suite} inline:${theirKey.toString('base64')}${more}`
const theirs = { address: '192.0.2.9', port: 5000, eventType: 96, key: undefined, listens: true }

describe('an offer', () => {
  it('names A-law and telephone events, and nothing else', () => {
    expect(offerOf(plain)).toBe(
      [
        ...['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 4000 RTP/AVP 8 101'],
        ...['a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', 'a=ptime:20'],
        ...['a=sendrecv', ''],
      ].join('\r\n'),
    )
  })

  it('from the network is of SRTP alone, with its key', () => {
    expect(offerOf(secure)).toContain('m=audio 4000 RTP/SAVP 8 101\r\n')
    expect(offerOf(secure)).toContain(
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd\r\n',
    )
  })
})

describe('an answer', () => {
  it.each<[string, string[], object]>([
    ['with the address of the session', [connection, ...aLaw()], theirs],
    ['with an address of its own', ['c=IN IP4 192.0.2.7', ...aLaw(), connection], theirs],
    ['without events', [connection, 'm=audio 5000 RTP/AVP 8'], { ...theirs, eventType: undefined }],
    [
      'with events of another clock',
      [connection, 'm=audio 5000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/48000'],
      { ...theirs, eventType: undefined },
    ],
    ['that puts us on hold', [connection, ...aLaw(), 'a=sendonly'], { ...theirs, listens: false }],
    ['that puts us on hold, for all streams', [connection, 'a=inactive', ...aLaw()], { ...theirs, listens: false }],
  ])('%s is understood', (_, more, sound) => {
    expect(readAnswer(lines(...more), plain)).toEqual(sound)
  })

  it.each<[string, string[]]>([
    ['without sound', [connection]],
    ['that refuses it', [connection, 'm=audio 0 RTP/AVP 8']],
    ['of another codec', [connection, 'm=audio 5000 RTP/AVP 0 9']],
    ['without an address', aLaw()],
    ['of SRTP, where sound was to go in the clear', [connection, ...aLaw('RTP/SAVP'), crypto(1)]],
  ])('%s is none', (_, more) => {
    expect(readAnswer(lines(...more), plain)).toBeUndefined()
  })

  it('under SRTP has a key', () => {
    const answer = lines(connection, ...aLaw('RTP/SAVP'), crypto(1, undefined, '|2^31'))
    expect(readAnswer(answer, secure)).toEqual({ ...theirs, key: theirKey })
  })

  it.each<[string, string[]]>([
    ['in the clear', aLaw()],
    ['in the clear, with a key', [...aLaw(), crypto(1)]],
    ['without a key', aLaw('RTP/SAVP')],
    ['under another suite', [...aLaw('RTP/SAVP'), crypto(1, 'AES_CM_128_HMAC_SHA1_32')]],
    ['under another tag than was offered', [...aLaw('RTP/SAVP'), crypto(2)]],
    ['without encryption', [...aLaw('RTP/SAVP'), crypto(1, undefined, ' UNENCRYPTED_SRTP')]],
    ['with a key that is too short', [...aLaw('RTP/SAVP'), 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAw==']],
    ['with several keys', [...aLaw('RTP/SAVP'), crypto(1, undefined, '|2^20|1:4')]],
  ])('to SRTP %s is none', (_, more) => {
    expect(readAnswer(lines(connection, ...more), secure)).toBeUndefined()
  })
})

describe('an offer of theirs', () => {
  it('of several streams is answered for each, in its place', () => {
    const offer = lines(connection, 'm=video 7000 RTP/AVP 96', ...aLaw(), 'm=audio 6000 RTP/AVP 8')
    const answered = answerOffer(offer, plain)
    const streams = answered?.answer.split('\r\n').filter(line => line.startsWith('m='))
    expect(streams).toEqual(['m=video 0 RTP/AVP 96', 'm=audio 4000 RTP/AVP 8 96', 'm=audio 0 RTP/AVP 8'])
    expect(answered?.theirs).toEqual(theirs)
  })

  it('is answered with the tag of the key line that was chosen', () => {
    const offer = lines(connection, ...aLaw('RTP/SAVP'), crypto(3, 'AES_256_CM_HMAC_SHA1_80'), crypto(4))
    expect(answerOffer(offer, secure)?.answer).toContain('a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:')
  })

  it.each([
    ['sendrecv', 'sendrecv'],
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
  ])('that is %s is answered %s', (offered, answered) => {
    expect(answerOffer(lines(connection, ...aLaw(), `a=${offered}`), plain)?.answer).toContain(`a=${answered}\r\n`)
  })
})
