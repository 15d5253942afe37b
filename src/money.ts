/** Amounts: integer minor units of one asset. There is no floating-point money anywhere. */

/** What an amount is counted in: an ISO 4217 currency code or an ISIN, and how many decimals its minor unit has. */
export interface Asset {
  readonly code: string
  readonly scale: number
}

export interface Money {
  readonly minor: bigint
  readonly asset: Asset
}

export const CNY: Asset = { code: 'CNY', scale: 2 }

export function money(minor: bigint, asset: Asset = CNY): Money {
  return { minor, asset }
}

/** Whole units, for configuration and tests: `yuan(50n)` is ¥50.00. */
export function yuan(whole: bigint): Money {
  return money(whole * 100n)
}

/** The most that a row holds. */
const mostMinor = 2n ** 63n - 1n

/** In minor units, what nobody else may tell of in one go: thousands of the largest amounts below it are together less than a row holds. */
export const tooMuch = 10n ** 15n

/** Nor as what many amounts come to: a file has four such sums, and the four of them are together less than a row holds. */
export const tooMuchTogether = 10n ** 18n

/** Whether so much can be paid in this asset: more than nothing, counted as the asset is, and no more than a row holds. */
export function isPayable(amount: Money, asset: Asset): boolean {
  return (
    amount.minor > 0n &&
    amount.minor <= mostMinor &&
    amount.asset.code === asset.code &&
    amount.asset.scale === asset.scale
  )
}

function sameAsset(a: Money, b: Money): boolean {
  return a.asset.code === b.asset.code && a.asset.scale === b.asset.scale
}

function assertSameAsset(a: Money, b: Money): void {
  if (!sameAsset(a, b)) throw new RangeError(`cannot combine ${a.asset.code} with ${b.asset.code}`)
}

export function subtract(a: Money, b: Money): Money {
  assertSameAsset(a, b)
  return { minor: a.minor - b.minor, asset: a.asset }
}

/** Negative, zero or positive, as `a` is less than, equal to or more than `b`. */
export function compare(a: Money, b: Money): number {
  assertSameAsset(a, b)
  return a.minor < b.minor ? -1 : a.minor > b.minor ? 1 : 0
}

/** For screens and reports, such as `12.50 CNY`. Speech has its own grammar. */
export function formatMoney({ minor, asset }: Money): string {
  const sign = minor < 0n ? '-' : ''
  const digits = (minor < 0n ? -minor : minor).toString().padStart(asset.scale + 1, '0')
  const whole = digits.slice(0, digits.length - asset.scale)
  const fraction = digits.slice(digits.length - asset.scale)
  return `${sign}${whole}${fraction ? `.${fraction}` : ''} ${asset.code}`
}

/**
 * Reads an amount as a caller keys it: `*` is the decimal point, so `12*5` is 12.50. Undefined when it is not an
 * amount: two points, more decimals than the asset has, no digit, or more than 12 whole digits.
 */
export function parseKeyedAmount(keys: string, asset: Asset = CNY): Money | undefined {
  const match = /^(\d{1,12})(?:\*(\d*))?$/.exec(keys)
  const [, whole, fraction = ''] = match ?? []
  if (whole === undefined || fraction.length > asset.scale) return undefined
  return money(BigInt(whole + fraction.padEnd(asset.scale, '0')), asset)
}
