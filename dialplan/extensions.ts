/** Writes Asterisk's extensions.conf: it takes each call to its institution, or says why it cannot. */
import type { Line } from './lines.ts'

/** The clips that Asterisk plays by itself, in both languages: nobody knows yet which one the caller speaks. */
const sorry = (clip: string) => `Playback(tonebank/en/${clip}&tonebank/zh/${clip})`

/** @returns the text of extensions.conf; phones arrive in its context `callers` */
export function extensionsConf(lines: readonly Line[]): string {
  return [
    '; Written by dialplan/extensions.ts from what the file of the installation says.',
    '[globals]',
    ...[...new Set(lines.map(({ institution }) => institution))].map(
      institution => `${drainVariable(institution)} = 0`,
    ),
    '',
    '[callers]',
    ...lines.flatMap(extension),
    ...unknownNumber,
    '',
    ...releasedCallers,
    '',
  ].join('\n')
}

/** The global that turns new calls away while an institution is drained. The switch sets the same name. */
export function drainVariable(institution: string): string {
  return `DRAIN_${institution.replace(/\W/g, '_')}`
}

function extension({ number, institution, line }: Line): string[] {
  refuseSyntax(number, institution, line)
  return [
    `exten = ${number},1,GotoIf($["\${${drainVariable(institution)}}" = "1"]?away)`,
    ` same = n,Stasis(${institution},${line})`,
    // SUCCESS means that the application had the call and let it go; anything else, that nobody was there to take it.
    ` same = n,GotoIf($["\${STASISSTATUS}" = "SUCCESS"]?done)`,
    ' same = n(away),Answer()',
    // The first half second of audio is lost while the phone opens its ear.
    ' same = n,Wait(0.5)',
    ` same = n,${sorry('apology')}`,
    ' same = n(done),Hangup()',
  ]
}

/**
 * What nobody has: digits, star and hash, or a name of two letters and more. A single letter would match Asterisk's own
 * extensions `h`, `i` and `t`.
 */
const unknownNumber = ['_[0-9*#+]!', '_[a-zA-Z][a-zA-Z0-9]!'].flatMap(pattern => [
  `exten = ${pattern},1,Answer()`,
  ' same = n,Wait(0.5)',
  ` same = n,${sorry('unknown-number')}`,
  ' same = n,Hangup(UNALLOCATED)',
])

/** Where the switch sends callers who are still on the line of an application that is gone for good. */
const releasedCallers = ['[released]', `exten = s,1,${sorry('apology')}`, ' same = n,Hangup()']

/** Asterisk would read a comma, a bracket or a line break as another argument or another line. */
function refuseSyntax(...words: string[]): void {
  for (const word of words) {
    if (!/^[\w-]+$/.test(word)) throw new Error(`dialplan: ${JSON.stringify(word)} is no plain word`)
  }
}
