/** Writes Asterisk's extensions.conf: it takes each call to its institution, or says why it cannot. */
import type { Line, TrunkLine } from './lines.ts'

/** The clips that Asterisk plays by itself, in both languages: nobody knows yet which one the caller speaks. */
const sorry = (clip: string) => `Playback(tonebank/en/${clip}&tonebank/zh/${clip})`

/**
 * Police, fire and ambulance of China, the European Union, Britain, North America and Australia. Nobody who is in need is to believe
 * that a wrong number was dialled.
 */
const emergencyNumbers = ['110', '112', '119', '120', '122', '911', '999', '000'] as const

/** A phone that calls once more than this at the same time gets the busy tone: one that went mad does not fill the house. */
export const mostCallsPerPhone = 4

/**
 * @param callsPerPhone of each SIP account at the same time
 * @returns the text of extensions.conf; phones arrive in its context `callers`, calls by trunks in `trunks`
 */
export function extensionsConf(
  lines: readonly Line[],
  callsPerPhone = mostCallsPerPhone,
  trunks: readonly TrunkLine[] = [],
): string {
  return [
    '; Written by dialplan/extensions.ts from what the file of the installation says.',
    '[globals]',
    ...[...new Set(lines.map(({ institution }) => institution))].map(
      institution => `${drainVariable(institution)} = 0`,
    ),
    '',
    ...placedByPages,
    ...placedByTrunks(trunks),
    '[callers]',
    ...lines.flatMap(line => extension(line, callsPerPhone)),
    ...emergency(lines),
    ...unknownNumber(callsPerPhone),
    '',
    ...releasedCallers,
    '',
  ].join('\n')
}

/** The global that turns new calls away while an institution is drained. The switch sets the same name. */
export function drainVariable(institution: string): string {
  return `DRAIN_${institution.replace(/\W/g, '_')}`
}

function extension({ number, institution, line }: Line, callsPerPhone: number): string[] {
  refuseSyntax(number, institution, line)
  return [
    ...countCall(number, callsPerPhone),
    ` same = n(counted),GotoIf($["\${${drainVariable(institution)}}" = "1"]?drained)`,
    ` same = n,Stasis(${institution},${line},\${ATTESTED}\${CAPTIONS})`,
    // SUCCESS means that the application had the call and let it go; anything else, that nobody was there to take it.
    ` same = n,GotoIf($["\${STASISSTATUS}" = "SUCCESS"]?done)`,
    ' same = n(away),Answer()',
    // The first half second of audio is lost while the phone opens its ear.
    ' same = n,Wait(0.5)',
    ` same = n,${sorry('apology')}`,
    ' same = n(done),Hangup()',
    ' same = n(drained),Answer()',
    ' same = n,Wait(0.5)',
    ` same = n,${sorry('busy')}`,
    ' same = n,Hangup()',
    busy,
  ]
}

/** Emergency numbers that are let in however many calls there are. A number that the installation gave away is a line's. */
export const emergencyNumbersBeside = (lines: readonly Pick<Line, 'number'>[]): readonly string[] =>
  emergencyNumbers.filter(number => !lines.some(line => line.number === number))

/** However many calls the phone has: nothing may keep this sentence back. */
const emergency = (lines: readonly Line[]) =>
  emergencyNumbersBeside(lines).flatMap(number => [
    `exten = ${number},1,${forgetOurHeaders}`,
    ' same = n,Answer()',
    ' same = n,Wait(0.5)',
    ` same = n,${sorry('emergency')}`,
    ' same = n,Hangup()',
  ])

/**
 * What nobody has: digits, star and hash, or a name of two letters and more. A single letter would match Asterisk's own
 * extensions `h`, `i` and `t`.
 */
const unknownNumber = (callsPerPhone: number) =>
  ['_[0-9*#+]!', '_[a-zA-Z][a-zA-Z0-9]!'].flatMap(pattern => [
    ...countCall(pattern, callsPerPhone),
    ' same = n,Answer()',
    ' same = n,Wait(0.5)',
    ` same = n,${sorry('unknown-number')}`,
    ' same = n,Hangup(UNALLOCATED)',
    busy,
  ])

const busy = ' same = n(busy),Hangup(USER_BUSY)'

/**
 * Whose call it is has been found by a header of Kamailio's (asterisk-conf/templates/kamailio.cfg), whose key nobody else is to read, and whatever a telephone
 * wrote there is nothing that anybody here is to believe: before anything else is done with the call, it has no such header any more.
 */
const forgetOurHeaders = 'Set(PJSIP_HEADER(remove,X-Tonebank-*)=)'

/** Asterisk counts the channels of a group; this one is the SIP account's. Hung up before the answer, it is a 486. */
function countCall(extension: string, callsPerPhone: number): string[] {
  return [
    `exten = ${extension},1,${forgetOurHeaders}`,
    ` same = n,Set(GROUP(phone)=\${CHANNEL(endpoint)})`,
    ` same = n,GotoIf($[\${GROUP_COUNT(\${CHANNEL(endpoint)}@phone)} > ${callsPerPhone}]?busy)`,
  ]
}

/**
 * Telephones in browsers arrive here. The edge in front of them says by which key this call's captions are asked for; what
 * another telephone may write there is not read. With its comma it is one more argument of `Stasis`, and without a key there is none.
 */
const placedByPages = [
  '[pages]',
  `exten = _[0-9*#]!,1,Set(CAPTIONS=,\${PJSIP_HEADER(read,X-Tonebank-Captions)})`,
  ` same = n,Goto(callers,\${EXTEN},1)`,
  '',
]

/**
 * Calls by trunks arrive here, under names that their edges alone know (`src/switch/trunk-edge/`). Whatever else is asked for nobody has:
 * no pattern, no way on to another context, and nothing that dials.
 */
function placedByTrunks(trunks: readonly TrunkLine[]): string[] {
  if (trunks.length === 0) return []
  const extensions = trunks.flatMap(({ trunk, extension, rings, isAttested, mostCalls }) => {
    refuseSyntax(trunk, rings, extension.replace('+', ''))
    return [
      `exten = ${extension},1,${forgetOurHeaders}`,
      ` same = n,Set(GROUP(trunk)=${trunk})`,
      ` same = n,GotoIf($[\${GROUP_COUNT(${trunk}@trunk)} > ${mostCalls}]?busy)`,
      ` same = n,Set(ATTESTED=${isAttested ? 'trunk' : ''})`,
      ` same = n,Goto(callers,${rings},counted)`,
      busy,
    ]
  })
  return ['[trunks]', ...extensions, '']
}

/** Where the switch sends callers who are still on the line of an application that is gone for good. */
const releasedCallers = ['[released]', `exten = s,1,${sorry('apology')}`, ' same = n,Hangup()']

/** Asterisk would read a comma, a bracket or a line break as another argument or another line. */
function refuseSyntax(...words: string[]): void {
  for (const word of words) {
    if (!/^[\w-]+$/.test(word)) throw new Error(`dialplan: ${JSON.stringify(word)} is no plain word`)
  }
}
