/** Amounts as people type them: whole units, with a point before the decimals, such as `250` or `12.50`. */
import type { Asset } from '../src/money.ts'
import { CannotDo } from '../src/operations/cannot-do.ts'

/** In minor units. @throws CannotDo when it is no amount of this currency */
export function minorOf(text: string, { scale }: Asset): bigint {
  const [, whole, decimals = ''] = /^(\d{1,10})(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === undefined || decimals.length > scale) throw new CannotDo(`${text} is no amount: write 250 or 12.50`)
  return BigInt(whole + decimals.padEnd(scale, '0'))
}
