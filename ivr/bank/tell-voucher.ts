/**
 * Tells a voucher's number and password until the caller has them in writing. Nothing can be interrupted, and no key
 * pressed meanwhile counts: "I have written it down" is an answer only to what was heard to its end. Until it is given
 * the bank keeps the password; a caller who is cut off hears it first at the next sign-in.
 */
import type { Bank, Customer, UnconfirmedVoucher } from '../../src/bank/bank.ts'
import { type Call, WentBack } from '../../src/phone/call.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { timeToWrite } from '../dialogs/time-to-write.ts'

export async function tellVoucher(
  call: Call,
  bank: Bank,
  { account }: Customer,
  voucher: UnconfirmedVoucher,
): Promise<void> {
  if (!(await tellUntilWritten(call, voucher))) return call.say('voucher.kept')

  const { outcome } = await untilKnown(call, () => bank.confirmHeard({ buyer: account, voucher: voucher.id }))
  switch (outcome) {
    case 'confirmed':
      return call.say('voucher.confirmed')
    case 'unknown-voucher':
      return call.say('voucher.kept')
  }
}

/** What earlier calls left untold, the oldest first: nobody is asked what they want before they have what they paid for. */
export async function tellUnconfirmedVouchers(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const vouchers = await call.during(bank.vouchers(customer.account))
  for (const voucher of vouchers.toReversed()) {
    if (voucher.state === 'confirmed') continue
    await call.say('buy.pending-first', { amount: voucher.amount, payee: voucher.payee.name })
    await tellVoucher(call, bank, customer, voucher)
  }
}

/** False when the caller would rather hear it another time. */
async function tellUntilWritten(call: Call, { number, password }: UnconfirmedVoucher): Promise<boolean> {
  const question = { phrase: 'voucher.written', choices: { '1': 'written', '2': 'again' }, times: timeToWrite } as const
  try {
    for (let slowly = false; ; slowly = true) {
      await call.say('voucher.number', { number }, { inFull: true, slowly })
      await call.say('voucher.password', { password }, { inFull: true, slowly })
      if ((await call.choose('voucher.written', question)) === 'written') return true
    }
  } catch (left) {
    if (left instanceof WentBack) return false
    throw left
  }
}
