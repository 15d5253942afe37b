/**
 * The line of a payee that sells information: whatever any payee's line offers, and with an opened voucher one listens to
 * the items of its catalogue instead of keying in an amount.
 */
import type { Information } from '../../src/merchant/information/information.ts'
import type { Call } from '../../src/phone/call.ts'
import { merchantLine } from '../merchant/merchant-line.ts'
import { useVoucher } from '../merchant/use-voucher.ts'
import { chooseItem } from './choose-item.ts'

export function informationLine(call: Call, payee: Information): Promise<void> {
  return merchantLine(call, payee, () =>
    useVoucher(call, payee, {
      phrase: 'information.menu',
      help: 'information.help',
      first: session => chooseItem(call, payee, session),
    }),
  )
}
