/** What browser and Asterisk say of a call's sound, as Chromium 156 and Asterisk 22.10 wrote it. */
import { expect, test } from 'vitest'
import { Secret } from '../../../../src/secret.ts'
import { answerToBrowser, offerToAsterisk, readSound } from '../../../../src/switch/browser-edge/descriptions.ts'
import { chromiumsOffer } from './offer.ts'

const offer = readSound(chromiumsOffer)
const relay = { address: '127.0.0.1', port: 40_000 }

test('Asterisk is offered A-law and telephone events by way of the relay, and not a line that the browser wrote', () => {
  if (offer === undefined) throw new Error('unread')
  const lines = offerToAsterisk(offer, relay).split('\r\n')
  expect(lines).toContain('m=audio 40000 UDP/TLS/RTP/SAVPF 8 126')
  expect(lines).toContain('a=setup:actpass')
  expect(lines).toContain(`a=fingerprint:${offer.fingerprint}`)
  expect(lines.filter(line => /candidate|ice-|opus|extmap|\.local/.test(line))).toEqual([])
})

test('the browser is answered with where the relay awaits its checks', () => {
  if (offer === undefined) throw new Error('unread')
  const ice = { fragment: 'abcd', password: new Secret('0123456789abcdef0123456789abcdef') }
  const answer = { ...offer, setup: 'passive', port: 12_000 }
  const lines = answerToBrowser(answer, offer, relay, ice).split('\r\n')
  expect(lines).toContain('a=ice-lite')
  expect(lines).toContain('a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host')
  expect(lines).toContain('a=ice-pwd:0123456789abcdef0123456789abcdef')
  expect(lines).toContain('a=mid:0')
  expect(lines.some(line => line.includes('12000'))).toBe(false)
})

test.each([
  ['no A-law', (sdp: string) => sdp.replace(/(m=audio .*) 8 /, '$1 ')],
  ['no telephone events', (sdp: string) => sdp.replace('telephone-event/8000', 'telephone-event/16000')],
  ['no encryption', (sdp: string) => sdp.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP')],
  ['no fingerprint', (sdp: string) => sdp.replace(/a=fingerprint.*\r\n/, '')],
  ['an old fingerprint', (sdp: string) => sdp.replace('sha-256', 'sha-1')],
  ['a second stream', (sdp: string) => `${sdp}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n`],
  ['reports on a port of their own', (sdp: string) => sdp.replace('a=rtcp-mux\r\n', '')],
])('a description with %s is none', (_, changed) => {
  expect(readSound(changed(chromiumsOffer))).toBeUndefined()
})
