/** How questions are answered that are alike on every line, and a table of keys for those that are not. */
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import type { Answer } from './path.ts'
import type { Pressed } from './place.ts'

/** By step, by class of answer, by variant: what to press. `''` names the only variant. */
export type Ways<Facts> = Readonly<Record<string, Partial<Record<AnswerClass, Readonly<Record<string, Keys<Facts>>>>>>>

type Keys<Facts> = (facts: Facts, pressed: readonly Pressed[]) => string

/** Questions that one key answers; all others are entries. */
const oneKey =
  /^(language\.choose|listen\.(next|last|confirm\..*)|.*\.menu|.*\.confirm|.*\.more|voucher\.written|(forgot|backup|passkey)\.written|vouchers\.last|block\.(account|vouchers|telephone)|paid\.(offer|payee|stop)|telephone\.(register|forget)|care\.(wait|call-back)|buy\.(again|amount\.nearest.*))$/

const general: Partial<Record<AnswerClass, (step: string) => string>> = {
  silence: () => '',
  repeat: () => '*',
  help: () => '0',
  clerk: () => '0',
  came: () => '',
  back: step => (oneKey.test(step) ? '9' : '#'),
  'wrong-key': () => '#',
  'too-short': () => '12#',
  'too-long': () => `${'1'.repeat(30)}#`,
  'start-again': () => '1*',
}

export function waysOf<Facts>(table: (scenario: string) => Ways<Facts>) {
  return {
    keys({ step, answer, variant = '' }: Answer, scenario: string, facts: Facts, pressed: readonly Pressed[]): string {
      const own =
        table(scenario)[step]?.[answer]?.[variant] ?? (variant ? table('')[step]?.[answer]?.[variant] : undefined)
      const keys = own?.(facts, pressed) ?? /^key-(\d)$/.exec(answer)?.[1] ?? general[answer]?.(step)
      if (keys === undefined) throw new Error(`nobody knows how to answer ${step} by ${answer} ${variant}`)
      return keys
    },
    variants(step: string, answer: AnswerClass, scenario: string): readonly string[] {
      const own = table(scenario)[step]?.[answer]
      if (own) return Object.keys(own)
      return answer.startsWith('key-') || general[answer] ? [''] : []
    },
  }
}
