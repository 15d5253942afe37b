/** How a customer comes in and is paid: a new PIN, the code by which a passkey is enrolled at the bank's page, being a payee, their telephone. */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { tellSecret } from '../dialogs/tell-secret.ts'
import { beingPaid } from './being-paid.ts'
import { changePin } from './change-pin.ts'
import { stillSignedIn } from './still-signed-in.ts'
import { thisTelephone } from './this-telephone.ts'

/** As the caller is signed in afterwards: with a new PIN, when it was changed. */
export async function accessMenu(call: Call, bank: Bank, signedIn: Customer): Promise<Customer> {
  let customer = signedIn
  await call.menu('access.menu', {
    phrase: 'access.menu',
    help: 'access.help',
    back: true,
    choices: {
      '1': async () => {
        customer = await changePin(call, bank, customer)
      },
      '2': () => tellPasskeyCode(call, bank, customer),
      '3': async () => {
        await stillSignedIn(call, bank, customer)
        await beingPaid(call, bank, customer)
      },
      '4': () => thisTelephone(call, bank, customer),
    },
  })
  return customer
}

/** Each code is a new one: whoever asks again, or is cut off, has only the last. */
async function tellPasskeyCode(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const { account } = customer
  await stillSignedIn(call, bank, customer)
  const { code, forMs } = await untilKnown(call, () => bank.passkeyCode(account))
  await call.say('passkey.intro', { minutes: forMs / 60_000 })
  await tellSecret(call, 'passkey', code)
}
