/**
 * A customer becomes a payee, hears the number by which payers choose it, or is a payee no more. Each may be asked for as often as
 * one likes: it is done once.
 */
import type { Bank, BeingPaid, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { untilKnown } from '../dialogs/carry-out.ts'

export async function beingPaid(call: Call, bank: Bank, { account }: Customer): Promise<void> {
  const now = await call.during(bank.beingPaid(account))
  if (now.outcome !== 'no-payee') return tellBeingPaid(call, bank, account, now)
  if (!(await call.confirm('paid.offer'))) return call.say('cancelled')

  const asked = await untilKnown(call, () => bank.becomePayee(account))
  if (asked.outcome === 'no-payee') return call.refuse('paid.refused')
  await tellBeingPaid(call, bank, account, asked)
}

async function tellBeingPaid(call: Call, bank: Bank, account: Customer['account'], now: BeingPaid): Promise<void> {
  switch (now.outcome) {
    case 'payee': {
      const { number, host, phone } = now
      const question = { phrase: 'paid.payee', values: { number, host, phone }, choices: { '2': 'stop' } } as const
      await call.choose('paid.payee', question)
      return stop(call, bank, account)
    }
    case 'asked':
      return call.say('paid.asked')
    case 'no-host':
      return call.refuse('paid.no-host')
    case 'account-blocked':
      return call.refuse('account.blocked')
    case 'out-of-reach':
      return call.refuse('paid.out-of-reach')
    case 'no-payee':
      return call.say('paid.stopped')
  }
}

async function stop(call: Call, bank: Bank, account: Customer['account']): Promise<void> {
  if (!(await call.confirm('paid.stop'))) return call.say('cancelled')
  const stopped = await untilKnown(call, () => bank.stopBeingPaid(account))
  await (stopped.outcome === 'out-of-reach' ? call.refuse('paid.out-of-reach') : call.say('paid.stopped'))
}
