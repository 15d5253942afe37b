/** A merchant's line: "Welcome to Lantern Books." Language, then what a caller may do here with a voucher. */
import type { Merchant } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'
import { greet } from '../dialogs/greet.ts'
import { forgotPassword } from './forgot-password.ts'
import { tellWhatBecameOf } from './resumed-call.ts'
import { unlock } from './unlock.ts'
import { useVoucher } from './use-voucher.ts'

export async function merchantLine(call: Call, merchant: Merchant): Promise<void> {
  await greet(call, 'merchant.welcome', merchant.name)
  if (call.resumed?.intent) await tellWhatBecameOf(call, merchant, call.resumed.intent)

  await call.menu('merchant.menu', {
    phrase: 'merchant.menu',
    help: 'merchant.help',
    choices: {
      '1': () => useVoucher(call, merchant),
      '2': () => forgotPassword(call, merchant),
      '3': () => unlock(call, merchant),
    },
  })
}
