/** A new PIN for the account that has signed in. */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { askNewSecret } from '../dialogs/ask-new-secret.ts'
import { carryOut } from '../dialogs/carry-out.ts'
import { originOf } from '../dialogs/origin.ts'
import { signedInNoMore } from './still-signed-in.ts'

/** As the caller goes on: what an earlier PIN opened elsewhere has ended. */
export async function changePin(call: Call, bank: Bank, customer: Customer): Promise<Customer> {
  const { account } = customer
  const change = await askNewSecret(call, {
    of: 'pin',
    digits: { min: 6, max: 6 },
    judge: next => bank.judgePin({ account, next }),
    take: next =>
      carryOut(call, ['pin-change', account], intent =>
        bank.changePin({ intent, session: customer, next, origin: originOf(call) }),
      ),
  })
  if (change === undefined) return customer
  if (change.outcome === 'session-ended') return signedInNoMore(call)
  await call.say('pin.changed')
  return { ...customer, ...change.session }
}
