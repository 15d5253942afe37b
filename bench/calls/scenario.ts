/** Writes the script of a call as a scenario of sipp: INVITE with digest, the keys as RTP, the listening as pauses, BYE. */
import { eventPayloadType, pressFile } from './key-presses.ts'
import { type Press, pauseMs, presses, pressMs, type Script } from './script.ts'

export interface SipUser {
  readonly user: string
  /** sipp's keyword with user and password: `authentication`. */
  readonly authorization: string
}

/** What sipp makes a digest of. */
export const authentication = (user: string, password: string) =>
  `[authentication username=${user} password=${password}]`

/** @returns the XML of a scenario. It may hold a SIP password: keep it in a file that nobody else reads. */
export function scenarioXml(script: Script, pressFolder: string, { user, authorization }: SipUser): string {
  const all = presses(script)
  return [
    '<?xml version="1.0" encoding="UTF-8" ?>',
    '<scenario name="calls">',
    ...invite(user),
    '<recv response="401" auth="true"/>',
    ...acknowledge(user, 1),
    ...invite(user, authorization),
    '<recv response="100" optional="true"/>',
    '<recv response="180" optional="true"/>',
    '<recv response="200"/>',
    ...acknowledge(user, 2),
    ...script.steps.flatMap(step => [
      listen(step.listenMs),
      ...all.filter(press => press.step === step).flatMap(press => pressKey(press, pressFolder)),
    ]),
    listen(script.listenAtEndMs),
    ...request('BYE', user, 3, { retrans: true, tag: true }),
    '<recv response="200"/>',
    '</scenario>',
    '',
  ].join('\n')
}

const listen = (ms: number) => `<pause milliseconds="${ms}"/>`

function pressKey(press: Press, pressFolder: string): string[] {
  const { keyOf, place } = press
  const play = (key: string) => `<exec play_pcap_audio="${pressFile(pressFolder, place, key)}"/>`
  const wait = `<pause milliseconds="${pressMs + pauseMs}"/>`
  if ('key' in keyOf) return [`<nop><action>${play(keyOf.key)}</action></nop>`, wait]
  // sipp loads its captures when it starts and cannot choose one by a name that it puts together: one branch per digit.
  const digits = [...'0123456789']
  const tests = digits.map(digit => `<test assign_to="is${digit}" variable="digit" compare="equal" value="${digit}"/>`)
  return [
    `<nop><action><assignstr assign_to="text" value="[field${keyOf.column}]"/>`,
    `<todouble assign_to="digit" variable="text"/>${tests.join('')}</action></nop>`,
    ...digits.map(digit => `<nop condexec="is${digit}"><action>${play(digit)}</action></nop>`),
    wait,
  ]
}

function invite(user: string, authorization?: string): string[] {
  return request('INVITE', user, authorization ? 2 : 1, { retrans: true, ...(authorization && { authorization }) }, [
    'v=0',
    'o=- 1 1 IN IP4 [local_ip]',
    's=-',
    'c=IN IP4 [media_ip]',
    't=0 0',
    `m=audio [media_port] RTP/AVP 8 ${eventPayloadType}`,
    'a=rtpmap:8 PCMA/8000',
    `a=rtpmap:${eventPayloadType} telephone-event/8000`,
    `a=fmtp:${eventPayloadType} 0-15`,
    'a=ptime:20',
  ])
}

const acknowledge = (user: string, sequence: number) => request('ACK', user, sequence, { tag: true })

interface RequestOptions {
  /** Sent again until answered. */
  readonly retrans?: boolean
  /** Within the dialogue: `To` carries the tag of the other side. */
  readonly tag?: boolean
  readonly authorization?: string
}

function request(
  method: string,
  user: string,
  sequence: number,
  { retrans = false, tag = false, authorization }: RequestOptions,
  body: readonly string[] = [],
): string[] {
  return [
    `<send${retrans ? ' retrans="500"' : ''}><![CDATA[`,
    `${method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0`,
    'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
    `From: <sip:${user}@[remote_ip]>;tag=[pid]bench[call_number]`,
    `To: <sip:[service]@[remote_ip]:[remote_port]>${tag ? '[peer_tag_param]' : ''}`,
    'Call-ID: [call_id]',
    `CSeq: ${sequence} ${method}`,
    `Contact: <sip:${user}@[local_ip]:[local_port]>`,
    'Max-Forwards: 70',
    ...(authorization ? [authorization] : []),
    ...(body.length > 0 ? ['Content-Type: application/sdp'] : []),
    'Content-Length: [len]',
    '',
    ...body,
    ']]></send>',
  ]
}
