/** Sells one voucher: payee, amount, yes or no, then the number and password until the caller has them in writing. */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { carryOut } from '../dialogs/carry-out.ts'
import { askDenomination } from './ask-denomination.ts'
import { askPayee } from './ask-payee.ts'
import { stillSignedIn } from './still-signed-in.ts'
import { tellVoucher } from './tell-voucher.ts'

export async function buyVoucher(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const payee = await askPayee(call, bank)
  let onOffer = payee.denominations

  while (onOffer.length > 0) {
    const amount = await askDenomination(call, onOffer)
    if (!(await call.confirm('buy.confirm', { amount, payee: payee.name }))) return call.say('cancelled')

    await stillSignedIn(call, bank, customer)
    const order = { buyer: customer.account, payee: payee.id, amount, channel: 'telephone' } as const
    const sale = await carryOut(call, ['sale', customer.account], intent => bank.sellVoucher({ intent, ...order }))
    switch (sale.outcome) {
      case 'sold':
        await call.say('buy.sold')
        return tellVoucher(call, bank, customer, sale.voucher)
      case 'already-confirmed':
        return call.say('voucher.confirmed')
      case 'insufficient-funds':
        return call.refuse('buy.insufficient-funds', { balance: sale.balance })
      case 'limit-exceeded':
        return call.refuse('buy.limit-exceeded', { limit: sale.limit })
      case 'card-needed':
        return call.refuse('account.card-needed', { limit: sale.limit })
      case 'account-blocked':
        return call.refuse('account.blocked')
      case 'payee-ceiling':
        return call.refuse('buy.payee-ceiling', { payee: payee.name })
      case 'under-review':
        return call.refuse('account.under-review')
      case 'payee-out-of-reach':
        return call.refuse('buy.payee-out-of-reach', { payee: payee.name })
      case 'refused-amount':
      case 'intent-reused':
        return call.refuse('buy.unavailable')
      case 'out-of-stock':
        await call.refuse('buy.out-of-stock', { amount })
        onOffer = sale.nearest
    }
  }
  await call.refuse('buy.unavailable')
}
