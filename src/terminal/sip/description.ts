/**
 * What the two sides of a call say of their sound (SDP, RFC 8866; offer and answer, RFC 3264): A-law and telephone events,
 * in the clear or under SRTP whose keys travel in the description (RFC 4568), never the one where the other was agreed.
 */
import { isIPv6 } from 'node:net'
import { masterBytes } from './srtp.ts'

/** RFC 3551, table 4. */
export const aLawType = 8
/** The one that we offer; whoever answers, or offers, may have another. */
const ownEventType = 101
const suite = 'AES_CM_128_HMAC_SHA1_80'

export interface OwnSound {
  readonly address: string
  readonly port: number
  /** Master key and salt of what we send; undefined: sound goes in the clear. */
  readonly key: Uint8Array | undefined
  /** We know telephone events. */
  readonly hasEvents: boolean
  /** Counts up with each description of ours that differs from the one before. */
  readonly version: number
}

export interface TheirSound {
  readonly address: string
  readonly port: number
  /** The payload type of telephone events; undefined: they know none. */
  readonly eventType: number | undefined
  readonly key: Uint8Array | undefined
  /** Not on hold: they want to hear us. */
  readonly listens: boolean
}

type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

const directions: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive']
const opposite = { sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' } as const

export function offerOf(own: OwnSound): string {
  return [
    ...head(own),
    ...sound(own, { eventType: own.hasEvents ? ownEventType : undefined, tag: '1', direction: 'sendrecv' }),
    '',
  ].join('\r\n')
}

/** Of an answer to our offer; undefined: no sound that both can do. */
export function readAnswer(answer: string, own: OwnSound): TheirSound | undefined {
  const section = sectionsOf(answer)
    .map(lines => usable(lines, own, '1'))
    .find(each => each !== undefined)
  return section?.theirs
}

export type AnsweredOffer = { readonly answer: string; readonly theirs: TheirSound }

/** Our answer to an offer of theirs, in which each of their streams has its line; undefined: no sound that both can do. */
export function answerOffer(offer: string, own: OwnSound): AnsweredOffer | undefined {
  let chosen: Usable | undefined
  const lines = sectionsOf(offer).flatMap(section => {
    const candidate = chosen ? undefined : usable(section, own, undefined)
    if (!candidate) return [refused(section)]
    chosen = candidate
    const { tag, theirs, direction } = candidate
    return sound(own, { eventType: theirs.eventType, tag, direction: opposite[direction] })
  })
  return chosen && { answer: [...head(own), ...lines, ''].join('\r\n'), theirs: chosen.theirs }
}

interface Usable {
  readonly theirs: TheirSound
  /** Of their crypto line that was chosen. */
  readonly tag: string
  readonly direction: Direction
}

/** The lines of each stream, behind those of the whole session. */
function sectionsOf(description: string): string[][] {
  const [session = [], ...streams] = description.split(/\r?\n/).reduce<string[][]>(
    (sections, line) => {
      if (line.startsWith('m=')) sections.push([])
      sections.at(-1)?.push(line)
      return sections
    },
    [[]],
  )
  return streams.map(lines => [...lines, ...session])
}

/** @param tag of the crypto line that must be theirs; undefined: any */
function usable(lines: readonly string[], own: OwnSound, tag: string | undefined): Usable | undefined {
  const [, port = '0', profile, types = ''] = /^m=audio (\d{1,5})(?:\/\d+)? (\S+) (.+)$/.exec(lines[0] ?? '') ?? []
  const offered = types.trim().split(/\s+/)
  const address = values(lines, 'c')
    .map(value => /^IN IP[46] ([^\s/]+)/.exec(value)?.[1])
    .find(Boolean)
  if (profile !== profileOf(own) || Number(port) === 0 || Number(port) > 65_535 || !address) return undefined
  if (!offered.includes(String(aLawType))) return undefined
  const attributes = values(lines, 'a')
  const crypto = own.key ? cryptoOf(attributes, tag) : undefined
  if (own.key && !crypto) return undefined
  const eventTypes = attributes.map(value => /^rtpmap:(\d+) telephone-event\/8000/i.exec(value)?.[1])
  const eventType = own.hasEvents ? eventTypes.find(type => type !== undefined && offered.includes(type)) : undefined
  const direction = directions.find(each => attributes.includes(each)) ?? 'sendrecv'
  return {
    tag: crypto?.tag ?? '1',
    direction,
    theirs: {
      address,
      port: Number(port),
      key: crypto?.key,
      eventType: eventType === undefined ? undefined : Number(eventType),
      listens: (direction === 'sendrecv' || direction === 'recvonly') && address !== '0.0.0.0',
    },
  }
}

const values = (lines: readonly string[], letter: string) =>
  lines.filter(line => line.startsWith(`${letter}=`)).map(line => line.slice(2))

/** One with session parameters or more than one key is passed over: it asks for what is not done here. */
function cryptoOf(
  attributes: readonly string[],
  tag: string | undefined,
): { tag: string; key: Uint8Array } | undefined {
  for (const attribute of attributes) {
    const [, theirTag = '', inline = ''] =
      new RegExp(`^crypto:(\\d{1,9}) ${suite} inline:([A-Za-z0-9+/=]+)(?:\\|[\\d^]+)?\\s*$`).exec(attribute) ?? []
    const key = Buffer.from(inline, 'base64')
    if (key.length === masterBytes && (tag === undefined || theirTag === tag)) return { tag: theirTag, key }
  }
  return undefined
}

const profileOf = ({ key }: OwnSound) => (key ? 'RTP/SAVP' : 'RTP/AVP')

function head({ address, version }: OwnSound): string[] {
  const where = `IN IP${isIPv6(address) ? 6 : 4} ${address}`
  return ['v=0', `o=- 1 ${version} ${where}`, 's=-', `c=${where}`, 't=0 0']
}

function sound(
  own: OwnSound,
  { eventType, tag, direction }: { eventType: number | undefined; tag: string; direction: Direction },
): string[] {
  const events =
    eventType === undefined ? [] : [`a=rtpmap:${eventType} telephone-event/8000`, `a=fmtp:${eventType} 0-15`]
  return [
    `m=audio ${own.port} ${profileOf(own)} ${[aLawType, ...(eventType === undefined ? [] : [eventType])].join(' ')}`,
    `a=rtpmap:${aLawType} PCMA/8000`,
    ...events,
    'a=ptime:20',
    `a=${direction}`,
    ...(own.key ? [`a=crypto:${tag} ${suite} inline:${Buffer.from(own.key).toString('base64')}`] : []),
  ]
}

/** The same line with port 0 (RFC 3264, section 6). */
const refused = ([line = '']: readonly string[]) => line.replace(/^(m=\S+) \S+/, '$1 0')
