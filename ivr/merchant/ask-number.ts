/** "Your voucher number?" One with a slip in it gets its own sentence: it could not be anybody's, so nothing is given away. */
import type { VoucherNumber } from '../../src/ids.ts'
import type { Merchant } from '../../src/merchant/merchant.ts'
import { accepted, type Call, refused } from '../../src/phone/call.ts'
import { parseByPlan } from '../../src/voucher/voucher-number.ts'

/** `of`: the errand that it is asked for. */
export function askNumber(call: Call, merchant: Merchant, of: 'voucher' | 'forgot' | 'unlock'): Promise<VoucherNumber> {
  return call.ask(`${of}.ask-number`, {
    phrase: 'voucher.ask-number',
    digits: { min: 10, max: 16 },
    refusals: ['check-digits'],
    accept: keys => {
      const number = parseByPlan(keys, merchant.numbers)
      return number ? accepted(number) : refused('check-digits', 'voucher.bad-check-digit')
    },
  })
}
