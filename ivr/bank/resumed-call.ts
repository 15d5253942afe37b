/**
 * The line was interrupted in mid-call and the caller is still there: before anything else they are told what became of
 * the request that was under way.
 */
import type { Bank, Resolution } from '../../src/bank/bank.ts'
import { parseAccountNumber } from '../../src/ids.ts'
import type { Call, Intent } from '../../src/phone/call.ts'
import { untilKnown } from '../dialogs/carry-out.ts'

export async function tellWhatBecameOf(call: Call, bank: Bank, intent: Intent): Promise<void> {
  const principal = parseAccountNumber(intent.principal)
  if (principal === undefined) return call.say('resumed.not-done')
  await tellResolution(call, await untilKnown(call, () => bank.resolve({ intent: intent.id, principal })))
}

export async function tellResolution(call: Call, answer: Resolution): Promise<void> {
  if (answer.outcome === 'not-done') return call.say('resumed.not-done')

  switch (answer.kind) {
    case 'sale':
      return call.say('resumed.sold', { amount: answer.amount, payee: answer.payee })
    case 'transfer': {
      const { amount, to, reference } = answer
      return call.say('resumed.transferred', { amount, payee: to, reference })
    }
    case 'pending-transfer': {
      const { amount, bank: other, reference } = answer
      return call.say('resumed.pending-transfer', { amount, bank: other, reference })
    }
    case 'block':
      return call.say('resumed.blocked')
    case 'pin-change':
      return call.say('resumed.pin-changed')
  }
}
