/**
 * What browser and Asterisk say to each other of a call's sound (SDP, RFC 8866), each made anew from what the other said: A-law
 * and telephone events under DTLS-SRTP, by way of our relay. Nothing that we do not know gets through.
 */
import type { IceCredentials } from './connectivity-checks.ts'

/** What of a description matters here. */
export interface Sound {
  readonly port: number
  /** Of telephone events at 8 kHz. */
  readonly eventType: number
  /** `sha-256 AB:CD:…`, of the certificate that the DTLS handshake will show. */
  readonly fingerprint: string
  readonly setup: string
  readonly direction: string
  /** The stream's name (RFC 9143), by which an answer refers to it. */
  readonly mid: string
  readonly source: string | undefined
}

const aLaw = 8
const profile = 'UDP/TLS/RTP/SAVPF'

/** Of a description with one stream that both of our ends can do; undefined of any other. */
export function readSound(description: string): Sound | undefined {
  const lines = description.split(/\r?\n/)
  const media = lines.filter(line => line.startsWith('m='))
  const [, port, types = ''] =
    /^m=audio (\d{1,5}) UDP\/TLS\/RTP\/SAVPF (\d{1,3}(?: \d{1,3}){0,63})$/.exec(media[0] ?? '') ?? []
  if (media.length !== 1 || port === undefined || !types.split(' ').includes(`${aLaw}`)) return undefined
  const value = (pattern: RegExp) => lines.map(line => pattern.exec(line)?.[1]).find(found => found !== undefined)
  const eventType = value(/^a=rtpmap:(\d{1,3}) telephone-event\/8000$/i)
  const fingerprint = value(/^a=fingerprint:(sha-256 (?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i)
  const setup = value(/^a=setup:(actpass|active|passive)$/)
  if (eventType === undefined || fingerprint === undefined || setup === undefined) return undefined
  if (!lines.includes('a=rtcp-mux')) return undefined
  return {
    port: Number(port),
    eventType: Number(eventType),
    fingerprint,
    setup,
    direction: value(/^a=(sendrecv|sendonly|recvonly|inactive)$/) ?? 'sendrecv',
    mid: value(/^a=mid:([\w-]{1,16})$/) ?? '0',
    source: value(/^a=ssrc:(\d{1,10}) cname:/),
  }
}

/** The browser's offer, as Asterisk gets it: our relay at `port` is who wants to be heard. */
export const offerToAsterisk = (offer: Sound, { address, port }: { address: string; port: number }): string =>
  written([
    ...head(address, offer.mid),
    `m=audio ${port} ${profile} ${aLaw} ${offer.eventType}`,
    `c=IN IP4 ${address}`,
    ...stream(offer, offer.mid, 'sendrecv'),
  ])

/** Asterisk's answer, as the browser gets it, with where our relay awaits its checks. */
export function answerToBrowser(
  answer: Sound,
  offer: Sound,
  { address, port }: { address: string; port: number },
  ice: IceCredentials,
): string {
  return written([
    ...head(address, offer.mid),
    'a=ice-lite',
    'a=msid-semantic: WMS line',
    `m=audio ${port} ${profile} ${aLaw} ${answer.eventType}`,
    `c=IN IP4 ${address}`,
    ...stream(answer, offer.mid, answer.direction),
    'a=msid:line voice',
    `a=ice-ufrag:${ice.fragment}`,
    `a=ice-pwd:${ice.password.reveal()}`,
    // RFC 8445, section 5.1.2.1: of a host, the only one.
    `a=candidate:1 1 udp 2130706431 ${address} ${port} typ host`,
    'a=end-of-candidates',
  ])
}

const head = (address: string, mid: string) => [
  'v=0',
  `o=- 1 1 IN IP4 ${address}`,
  's=-',
  't=0 0',
  `a=group:BUNDLE ${mid}`,
]

const stream = ({ eventType, fingerprint, setup, source }: Sound, mid: string, direction: string) => [
  `a=mid:${mid}`,
  `a=${direction}`,
  'a=rtcp-mux',
  `a=setup:${setup}`,
  `a=fingerprint:${fingerprint}`,
  `a=rtpmap:${aLaw} PCMA/8000`,
  `a=rtpmap:${eventType} telephone-event/8000`,
  `a=fmtp:${eventType} 0-16`,
  'a=ptime:20',
  ...(source === undefined ? [] : [`a=ssrc:${source} cname:line`]),
]

const written = (lines: readonly string[]) => `${lines.join('\r\n')}\r\n`
