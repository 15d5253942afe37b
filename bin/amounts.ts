/** Amounts as people type them. */
import { CannotDo } from '../src/operations/cannot-do.ts'

/** Whole units, with a point before the decimals, as minor units: `250` or `12.50`. @throws CannotDo */
export function minorUnits(text: string, { scale }: { readonly scale: number }): bigint {
  const [, whole, decimals = ''] = /^(\d{1,10})(?:\.(\d+))?$/.exec(text) ?? []
  if (whole === undefined || decimals.length > scale) throw new CannotDo(`${text} is no amount: write 250 or 12.50`)
  return BigInt(whole + decimals.padEnd(scale, '0'))
}
