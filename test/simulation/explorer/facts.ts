/** What keys and instants mean, worked out without the code under test. */
import type { Money } from '../../../src/money.ts'

/** `12*5` is 12.50 yuan. Throws on keys that are no amount. */
export function keyedAmount(keys: string): Money {
  const [whole = '', fraction = ''] = keys.split('*')
  return { minor: BigInt(whole) * 100n + BigInt(fraction.padEnd(2, '0')), asset: { code: 'CNY', scale: 2 } }
}

/** Shanghai is eight hours ahead of UTC all year round. */
const inShanghai = (at: number) => new Date(at + 8 * 3_600_000).toISOString()

export const shanghaiDate = (at: number) => inShanghai(at).slice(0, 10)
export const shanghaiTime = (at: number) => inShanghai(at).slice(11, 16)
