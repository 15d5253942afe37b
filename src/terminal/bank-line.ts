/** Keys the way through a bank's line to a large payment, ahead of its questions as a caller may: language, account, PIN, menu, payee, amount. */
import type { AccountNumber } from '../ids.ts'
import type { Money } from '../money.ts'
import type { Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import type { KeyPace, Sent, TerminalLine } from './line.ts'

export interface LargePayment {
  readonly account: AccountNumber
  /** Of the account, as on the telephone. */
  readonly pin: Secret
  readonly to: AccountNumber
  readonly amount: Money
}

const english = '1'
const menuKey = '6'
/** A line that has just been answered takes so long to listen. */
const openingMs = 1_500
/** As an exchange on a busy machine still tells two presses apart. */
const pace: KeyPace = { toneMs: 100, pauseMs: 100 }

export async function keysOfLargePayment(
  line: TerminalLine,
  runtime: Pick<Runtime, 'sleep'>,
  { account, pin, to, amount }: LargePayment,
): Promise<Sent> {
  await runtime.sleep(openingMs)
  return line.keys(`${english}${account}#${pin.reveal()}${menuKey}${to}#${keyedAmount(amount)}#`, pace)
}

/** The star is the decimal point: `12*50`. */
function keyedAmount({ minor, asset: { scale } }: Money): string {
  const digits = minor.toString().padStart(scale + 1, '0')
  const [whole, decimals] = [digits.slice(0, digits.length - scale), digits.slice(digits.length - scale)]
  return /^0*$/.test(decimals) ? whole : `${whole}*${decimals}`
}
