/** How a terminal keys what it wants, whichever line it has dialled. */
import type { Money } from '../money.ts'
import type { KeyPace } from './line.ts'

export const english = '1'
/** A line that has just been answered takes so long to listen. */
export const openingMs = 1_500
/** As an exchange on a busy machine still tells two presses apart. */
export const pace: KeyPace = { toneMs: 100, pauseMs: 100 }

/** The star is the decimal point: `12*50`. */
export function keyedAmount({ minor, asset: { scale } }: Money): string {
  const digits = minor.toString().padStart(scale + 1, '0')
  const [whole, decimals] = [digits.slice(0, digits.length - scale), digits.slice(digits.length - scale)]
  return /^0*$/.test(decimals) ? whole : `${whole}*${decimals}`
}
