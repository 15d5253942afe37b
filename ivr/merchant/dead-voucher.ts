/** Number and password were right, and nothing can be done with the voucher any more: it is used up, or was ended. */
import type { Dead } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'

export function tellDead(call: Call, { outcome }: Dead): Promise<void> {
  switch (outcome) {
    case 'exhausted':
      return call.refuse('voucher.exhausted')
    case 'terminated':
      return call.refuse('voucher.terminated')
  }
}
