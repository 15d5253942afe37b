/**
 * The line was interrupted in mid-call and the caller is still there: before anything else they are told what became of
 * what was under way.
 */
import { parseVoucherNumber } from '../../src/ids.ts'
import type { Merchant } from '../../src/merchant/merchant.ts'
import type { Call, Intent } from '../../src/phone/call.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { tellInterrupted } from '../dialogs/receiver-became.ts'
import { cardPayment } from './pay-by-card.ts'

export async function tellWhatBecameOf(call: Call, merchant: Merchant, intent: Intent): Promise<void> {
  if (intent.name === cardPayment) return tellCardPayment(call, merchant, intent)
  const principal = parseVoucherNumber(intent.principal)
  if (principal === undefined) return call.say('resumed.not-done')
  const answer = await untilKnown(call, () => merchant.resolve({ intent: intent.id, principal }))
  if (answer.outcome === 'not-done') return call.say('resumed.not-done')

  switch (answer.kind) {
    case 'payment': {
      const { amount, remaining: left, reference } = answer
      return call.say('resumed.paid', { amount, left, reference })
    }
    case 'listening': {
      const { amount, remaining: left, reference } = answer
      return call.say('resumed.listened', { amount, left, reference })
    }
    case 'password-change':
      return call.say('resumed.password-changed')
    case 'termination': {
      const { amount, reference } = answer
      return call.say('resumed.ended', { amount, reference })
    }
  }
}

async function tellCardPayment(call: Call, merchant: Merchant, { id }: Intent): Promise<void> {
  const became = await untilKnown(call, () => merchant.becameOfCardIntent(id))
  return tellInterrupted(call, became, { unknown: 'card.unknown' })
}
