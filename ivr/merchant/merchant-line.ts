/** A merchant's line: "Welcome to Lantern Books." Language, then what a caller may do here with a voucher, or by card. */
import type { Merchant } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'
import { greet } from '../dialogs/greet.ts'
import { forgotPassword } from './forgot-password.ts'
import { payByCard } from './pay-by-card.ts'
import { tellWhatBecameOf } from './resumed-call.ts'
import { unlock } from './unlock.ts'
import { useVoucher } from './use-voucher.ts'

/** `use`: what one does with a voucher here. */
export async function merchantLine(
  call: Call,
  merchant: Merchant,
  use = () => useVoucher(call, merchant),
): Promise<void> {
  await greet(call, 'merchant.welcome', merchant.name)
  if (call.resumed?.intent) await tellWhatBecameOf(call, merchant, call.resumed.intent)

  await merchantMenu(call, merchant, use)
}

/** Once it is known who is paid. */
export function merchantMenu(call: Call, merchant: Merchant, use = () => useVoucher(call, merchant)): Promise<void> {
  const choices = {
    '1': use,
    '2': () => forgotPassword(call, merchant),
    '3': () => unlock(call, merchant),
  }
  if (!merchant.takesCards)
    return call.menu('merchant.menu', { phrase: 'merchant.menu', help: 'merchant.help', choices })
  return call.menu('merchant.menu', {
    phrase: 'merchant.menu.card',
    help: 'merchant.help.card',
    choices: { ...choices, '5': () => payByCard(call, merchant) },
  })
}
