/**
 * A new PIN, keyed in twice and never spoken. One that is easy to guess is refused before it is keyed again, and after two
 * different entries both are asked for anew: nobody knows which of them was the slip.
 */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import { accepted, type Call, type Judged, refused, turnedAway } from '../../src/phone/call.ts'
import { Secret } from '../../src/secret.ts'
import { carryOut } from '../dialogs/carry-out.ts'
import { originOf } from '../dialogs/origin.ts'

const sixDigits = { digits: { min: 6, max: 6 }, secret: true } as const

/** How often two different entries are forgiven. */
const mostTries = 3

export async function changePin(call: Call, bank: Bank, customer: Customer): Promise<void> {
  for (let tries = 0; tries < mostTries; tries++) {
    const next = await askTwice(call, bank, customer)
    if (next === 'different') continue

    const { account } = customer
    const change = await carryOut(call, ['pin-change', account], intent =>
      bank.changePin({ intent, account, next, origin: originOf(call) }),
    )
    switch (change.outcome) {
      case 'changed':
        return call.say('pin.changed')
      case 'too-easy':
        await call.refuse('pin.weak')
    }
  }
  await call.refuse('cancelled')
}

async function askTwice(call: Call, bank: Bank, { account }: Customer): Promise<Secret | 'different'> {
  const next = await call.ask('pin.new', {
    phrase: 'pin.new',
    ...sixDigits,
    refusals: ['too-easy'],
    accept: async keys => {
      const next = new Secret(keys)
      const { outcome } = await call.during(bank.judgePin({ account, next }))
      return outcome === 'too-easy' ? refused('too-easy', 'pin.weak') : accepted(next)
    },
  })
  return call.ask('pin.repeat', {
    phrase: 'pin.repeat',
    ...sixDigits,
    refusals: ['different'],
    accept: (keys): Judged<Secret | 'different'> =>
      keys === next.reveal() ? accepted(next) : turnedAway('different', 'different', 'pin.different'),
  })
}
