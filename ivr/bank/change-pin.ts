/** A new PIN, keyed in twice and never spoken. */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import { accepted, type Call, refused } from '../../src/phone/call.ts'
import { Secret } from '../../src/secret.ts'
import { carryOut } from '../dialogs/carry-out.ts'
import { originOf } from '../dialogs/origin.ts'

const sixDigits = { digits: { min: 6, max: 6 }, secret: true } as const

export async function changePin(call: Call, bank: Bank, { account }: Customer): Promise<void> {
  for (;;) {
    const next = await askTwice(call)
    const change = await carryOut(call, ['pin-change', account], intent =>
      bank.changePin({ intent, account, next, origin: originOf(call) }),
    )
    switch (change.outcome) {
      case 'changed':
        return call.say('pin.changed')
      case 'too-easy':
        await call.say('pin.weak')
    }
  }
}

async function askTwice(call: Call): Promise<Secret> {
  const next = await call.ask('pin.new', {
    phrase: 'pin.new',
    ...sixDigits,
    accept: keys => accepted(new Secret(keys)),
  })
  return call.ask('pin.repeat', {
    phrase: 'pin.repeat',
    ...sixDigits,
    refusals: ['different'],
    accept: keys => (keys === next.reveal() ? accepted(next) : refused('different', 'pin.different')),
  })
}
