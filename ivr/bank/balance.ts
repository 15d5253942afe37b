/** "Your balance is two hundred yuan." */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'

export async function tellBalance(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const balance = await call.during(bank.balance(customer.account))
  await call.say('balance.told', { balance })
}
