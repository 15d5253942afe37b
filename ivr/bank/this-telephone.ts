/** Registers the telephone that calls, where `#` then stands for the account number, or takes that back. */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { originOf } from '../dialogs/origin.ts'
import { signedInNoMore, stillSignedIn } from './still-signed-in.ts'

export async function thisTelephone(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const { account } = customer
  const origin = originOf(call)
  await stillSignedIn(call, bank, customer)
  switch (await call.during(bank.telephoneStanding({ account, origin }))) {
    case 'not-attested':
      return call.refuse('telephone.not-attested')
    case 'registered':
      if (!(await call.confirm('telephone.forget'))) return call.say('cancelled')
      await untilKnown(call, () => bank.forgetTelephone({ account, origin }))
      return call.say('telephone.forgotten')
    case 'not-registered':
      if (!(await call.confirm('telephone.register'))) return call.say('cancelled')
      return register(call, bank, customer)
  }
}

async function register(call: Call, bank: Bank, session: Customer): Promise<void> {
  const { outcome } = await untilKnown(call, () => bank.registerTelephone({ session, origin: originOf(call) }))
  switch (outcome) {
    case 'registered':
      return call.say('telephone.registered')
    case 'not-attested':
      return call.refuse('telephone.not-attested')
    case 'session-ended':
      return signedInNoMore(call)
  }
}
