/** "Which merchant?" By number, and the merchant's name is read back, so that a slip of the finger is heard at once. */
import type { Bank, Payee } from '../../src/bank/bank.ts'
import { accepted, type Call, refused } from '../../src/phone/call.ts'

export async function askPayee(call: Call, bank: Bank): Promise<Payee> {
  const payee = await call.ask('buy.payee', {
    phrase: 'buy.payee',
    digits: { min: 1, max: 8 },
    refusals: ['unknown'],
    accept: async number => {
      const found = await call.during(bank.findPayee(number))
      return found ? accepted(found) : refused('unknown', 'buy.payee.unknown', { number })
    },
  })
  await call.say('buy.payee.is', { payee: payee.name })
  return payee
}
