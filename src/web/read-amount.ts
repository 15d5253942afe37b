/** An amount as people type it: `32.5`, `32,50`, `￥1,032.50`, in full-width digits too. */
import { type Money, money } from '../money.ts'
import type { Trouble } from './fields.ts'
import type { Words } from './words.ts'

/** @returns undefined when it is no amount: more than two decimals, two points, no digit, more than 12 whole digits. */
export function parseTypedAmount(typed: string): bigint | undefined {
  const plain = typed
    .normalize('NFKC')
    .replace(/[\s¥元]/g, '')
    // A comma between thousands is none between yuan and fen.
    .replace(/,(?=\d{3}(?:\D|$))/g, '')
    .replace(/[,。]/, '.')
  const [, whole, fraction = ''] = /^(\d{1,12})(?:\.(\d{0,2}))?$/.exec(plain) ?? []
  return whole === undefined ? undefined : BigInt(whole + fraction.padEnd(2, '0'))
}

export function readAmount(
  { words }: { readonly words: Words },
  field: string,
  typed: string,
): { readonly money: Money } | { readonly trouble: Trouble } {
  if (typed === '') return { trouble: { field, message: words.say('page.pay.amount.missing') } }
  const minor = parseTypedAmount(typed)
  if (minor === undefined) return { trouble: { field, message: words.say('page.pay.amount.unreadable') } }
  if (minor === 0n) return { trouble: { field, message: words.say('amount.zero') } }
  return { money: money(minor) }
}
