/** A new PIN for the account that has signed in. */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { askNewSecret } from '../dialogs/ask-new-secret.ts'
import { carryOut } from '../dialogs/carry-out.ts'
import { originOf } from '../dialogs/origin.ts'

export async function changePin(call: Call, bank: Bank, { account }: Customer): Promise<void> {
  const change = await askNewSecret(call, {
    of: 'pin',
    digits: { min: 6, max: 6 },
    judge: next => bank.judgePin({ account, next }),
    take: next =>
      carryOut(call, ['pin-change', account], intent =>
        bank.changePin({ intent, account, next, origin: originOf(call) }),
      ),
  })
  if (change) await call.say('pin.changed')
}
