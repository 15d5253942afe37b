/** Keys the way through a bank's line to a large payment, ahead of its questions as a caller may: language, account, PIN, menu, payee, amount. */
import type { AccountNumber } from '../ids.ts'
import type { Money } from '../money.ts'
import type { Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import { english, keyedAmount, openingMs, pace } from './keyed.ts'
import type { Sent, TerminalLine } from './line.ts'

export interface LargePayment {
  readonly account: AccountNumber
  /** Of the account, as on the telephone. */
  readonly pin: Secret
  readonly to: AccountNumber
  readonly amount: Money
}

const menuKey = '6'

export async function keysOfLargePayment(
  line: TerminalLine,
  runtime: Pick<Runtime, 'sleep'>,
  { account, pin, to, amount }: LargePayment,
): Promise<Sent> {
  await runtime.sleep(openingMs)
  return line.keys(`${english}${account}#${pin.reveal()}${menuKey}${to}#${keyedAmount(amount)}#`, pace)
}
