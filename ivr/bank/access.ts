/** How a customer comes in: a new PIN, and the code by which a passkey is enrolled at the bank's page. */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { tellSecret } from '../dialogs/tell-secret.ts'
import { changePin } from './change-pin.ts'

export function accessMenu(call: Call, bank: Bank, customer: Customer): Promise<void> {
  return call.menu('access.menu', {
    phrase: 'access.menu',
    help: 'access.help',
    back: true,
    choices: {
      '1': () => changePin(call, bank, customer),
      '2': () => tellPasskeyCode(call, bank, customer),
    },
  })
}

/** Each code is a new one: whoever asks again, or is cut off, has only the last. */
async function tellPasskeyCode(call: Call, bank: Bank, { account }: Customer): Promise<void> {
  const { code, forMs } = await untilKnown(call, () => bank.passkeyCode(account))
  await call.say('passkey.intro', { minutes: forMs / 60_000 })
  await tellSecret(call, 'passkey', code)
}
