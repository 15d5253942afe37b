/** Pays with an opened voucher: the amount, yes or no, then what is left and a reference to quote to the shop. */
import type { Merchant, VoucherSession } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'
import { askAmount } from '../dialogs/ask-amount.ts'
import { carryOut } from '../dialogs/carry-out.ts'
import { sessionEnded } from './session-ended.ts'

export async function pay(call: Call, merchant: Merchant, session: VoucherSession): Promise<'leave' | undefined> {
  const amount = await askAmount(call, 'pay.amount')
  if (!(await call.confirm('pay.confirm', { amount, payee: merchant.name }))) {
    await call.say('cancelled')
    return undefined
  }

  const payment = await carryOut(call, ['payment', session.voucher], intent =>
    merchant.pay({ intent, session, amount }),
  )
  switch (payment.outcome) {
    case 'paid': {
      const { remaining: left, reference } = payment
      if (left.minor > 0n) await call.say('pay.done', { amount, left, reference })
      else await call.say('pay.done.exhausted', { amount, reference })
      return undefined
    }
    case 'insufficient-value':
      await call.refuse('pay.too-much', { left: payment.remaining })
      return undefined
    case 'refused-amount':
    case 'intent-reused':
      await call.refuse('pay.refused')
      return undefined
    case 'under-review':
      await call.refuse('voucher.under-review')
      return 'leave'
    case 'session-ended':
      return sessionEnded(call)
  }
}
