/** Amounts in rows: the minor units, and the asset in two columns of its own. */
import type { Money } from '../money.ts'

/** A type and not an interface, as only a type fits where any row is wanted. */
export type AmountColumns = {
  readonly minor: bigint
  readonly asset: string
  readonly scale: bigint
}

export function amountOf({ minor, asset, scale }: AmountColumns): Money {
  return { minor, asset: { code: asset, scale: Number(scale) } }
}

/** In the order `minor`, `asset`, `scale`. */
export function columnsOf({ minor, asset }: Money): [bigint, string, bigint] {
  return [minor, asset.code, BigInt(asset.scale)]
}
