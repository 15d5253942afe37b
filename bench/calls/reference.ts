/**
 * The reference: what one would write without an application. The same questions in Asterisk's own dialplan, with
 * Background and WaitExten, on the same Asterisk, with the same clips; no account is looked up and no PIN is checked.
 */
import type { Clip } from '../../src/speech/speech.ts'
import type { HeardPrompts } from './prompts.ts'

export const referenceNumber = '7001'

/** Contexts to be added to a dialplan, and the extension that leads to them from its context `callers`. */
export function referenceDialplan({ greeting, after }: HeardPrompts, accountDigits: number, pinDigits: number): string {
  return [
    '',
    '[callers](+)',
    `exten = ${referenceNumber},1,Answer()`,
    ' same = n,Goto(reference-language,s,1)',
    '',
    ...question('language', greeting, [['1', 'account']]),
    ...question('account', after.language, [[`_${'X'.repeat(accountDigits)}#`, 'pin']]),
    ...question('pin', after.account, [[`_${'X'.repeat(pinDigits)}`, 'menu']]),
    ...question('menu', after.pin, [['1', 'balance']]),
    ...question('balance', after.menu, [['1', 'balance']]),
  ].join('\n')
}

/** One context: say it, wait for keys, go where they lead. Anything else ends the call, and the benchmark counts it. */
function question(name: string, clips: readonly Clip[], answers: readonly (readonly [string, string])[]): string[] {
  return [
    `[reference-${name}]`,
    `exten = s,1,Background(${clips.map(clip => `tonebank/${clip.name}`).join('&')})`,
    ' same = n,WaitExten(30)',
    ...answers.map(([keys, next]) => `exten = ${keys},1,Goto(reference-${next},s,1)`),
    'exten = i,1,Hangup()',
    'exten = t,1,Hangup()',
    '',
  ]
}
