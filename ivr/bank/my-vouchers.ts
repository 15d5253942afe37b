/**
 * The vouchers a customer has bought, the newest first. One that is not yet confirmed is told in full, password and
 * all; of a confirmed one the bank knows no password any more: number, payee and amount.
 */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { tellVoucher } from './tell-voucher.ts'

export async function myVouchers(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const vouchers = await call.during(bank.vouchers(customer.account))
  if (vouchers.length === 0) return call.say('vouchers.none')

  await (vouchers.length === 1 ? call.say('vouchers.one') : call.say('vouchers.count', { count: vouchers.length }))
  for (const [index, voucher] of vouchers.entries()) {
    if (index > 0) await call.choose('vouchers.more', { phrase: 'vouchers.more', choices: { '1': 'more' } })
    const { number, payee, amount } = voucher
    await call.say('vouchers.item', { number, payee: payee.name, amount })
    if (voucher.state === 'unconfirmed') {
      await call.say('vouchers.unconfirmed')
      await tellVoucher(call, bank, customer, voucher)
    }
  }
  await call.say('vouchers.end')
}
