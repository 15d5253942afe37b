/** Sells one voucher: payee, amount, yes or no, then the number and password until the caller has them in writing. */
import type { Bank, Customer, OnSale, Sale } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { carryOut } from '../dialogs/carry-out.ts'
import { askDenomination } from './ask-denomination.ts'
import { askPayee } from './ask-payee.ts'
import { stillSignedIn } from './still-signed-in.ts'
import { tellVoucher } from './tell-voucher.ts'

export async function buyVoucher(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const again = await call.during(bank.lastBought(customer.account))
  if (again && (await call.offer('buy.again', { amount: again.amount, payee: again.payee.name }))) {
    const nearest = await sell(call, bank, customer, again)
    return chooseAndBuy(call, bank, customer, again.payee, nearest)
  }
  const payee = await askPayee(call, bank)
  return chooseAndBuy(call, bank, customer, payee, payee.denominations)
}

/** Until something was bought, or nothing can be. */
async function chooseAndBuy(
  call: Call,
  bank: Bank,
  customer: Customer,
  payee: OnSale['payee'],
  offered: OnOffer,
): Promise<void> {
  let onOffer = offered
  while (onOffer !== 'done') {
    if (onOffer.length === 0) return call.refuse('buy.unavailable')
    const amount = await askDenomination(call, onOffer)
    if (!(await call.confirm('buy.confirm', { amount, payee: payee.name }))) return call.say('cancelled')
    onOffer = await sell(call, bank, customer, { payee, amount })
  }
}

/** The amounts that are left to choose from when this one is sold out. */
type OnOffer = Extract<Sale, { outcome: 'out-of-stock' }>['nearest'] | 'done'

async function sell(call: Call, bank: Bank, customer: Customer, { payee, amount }: OnSale): Promise<OnOffer> {
  await stillSignedIn(call, bank, customer)
  const order = { buyer: customer.account, payee: payee.id, amount, channel: 'telephone' } as const
  const sale = await carryOut(call, ['sale', customer.account], intent => bank.sellVoucher({ intent, ...order }))
  switch (sale.outcome) {
    case 'sold':
      await call.say('buy.sold')
      await tellVoucher(call, bank, customer, sale.voucher)
      break
    case 'already-confirmed':
      await call.say('voucher.confirmed')
      break
    case 'out-of-stock':
      await call.refuse('buy.out-of-stock', { amount })
      return sale.nearest
    default:
      await tellWhyNot(call, sale, payee)
  }
  return 'done'
}

type NotSold = Exclude<Sale, { outcome: 'sold' | 'already-confirmed' | 'out-of-stock' }>

function tellWhyNot(call: Call, sale: NotSold, payee: OnSale['payee']): Promise<void> {
  switch (sale.outcome) {
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
  }
}
