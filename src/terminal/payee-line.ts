/** Keys the way through a payee's line to a payment by card, ahead of its questions as a caller may: language, menu, amount. */
import type { Money } from '../money.ts'
import type { Runtime } from '../runtime.ts'
import { english, keyedAmount, openingMs, pace } from './keyed.ts'
import type { Sent, TerminalLine } from './line.ts'

const menuKey = '5'

export async function keysOfCardPayment(
  line: TerminalLine,
  runtime: Pick<Runtime, 'sleep'>,
  amount: Money,
): Promise<Sent> {
  await runtime.sleep(openingMs)
  return line.keys(`${english}${menuKey}${keyedAmount(amount)}#`, pace)
}
