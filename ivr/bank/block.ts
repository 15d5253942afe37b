/**
 * Something is lost: the customer blocks their account, their vouchers, their telephone or their card at once, by day and by
 * night, and is told what happens next. Nothing is opened again by telephone.
 */
import type { Bank, Blockable, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { carryOut } from '../dialogs/carry-out.ts'

export function blockSomething(call: Call, bank: Bank, customer: Customer): Promise<void> {
  return call.menu('block.menu', {
    phrase: 'block.menu',
    help: 'block.help',
    back: true,
    choices: {
      '1': () => block(call, bank, customer, 'account'),
      '2': () => block(call, bank, customer, 'vouchers'),
      '3': () => block(call, bank, customer, 'telephone'),
      '4': () => block(call, bank, customer, 'card'),
    },
  })
}

async function block(call: Call, bank: Bank, { account }: Customer, what: Blockable): Promise<void> {
  if (!(await call.confirm(`block.${what}`))) return call.say('cancelled')

  const answer = await carryOut(call, ['block', account], intent =>
    bank.block({ intent, account, what, channel: 'telephone' }),
  )
  switch (answer.outcome) {
    case 'nothing-to-block':
      return call.refuse(what === 'card' ? 'block.no-card' : 'block.no-vouchers')
    case 'blocked-once-in-reach':
      return call.say('block.vouchers.waiting', {}, { inFull: true })
    case 'blocked':
    case 'already-blocked': {
      const done = `block.${what}.done` as const
      await call.say(done, {}, { inFull: true })
      if (what === 'telephone') await call.hangUp()
    }
  }
}
