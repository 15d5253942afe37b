/** The line was interrupted in mid-call and the caller is still there: what became of what their card was asked to sign is told before anything else. */
import { parseAccountNumber } from '../../src/ids.ts'
import type { Call, Intent } from '../../src/phone/call.ts'
import type { Securities } from '../../src/securities/securities.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { tellInterrupted } from '../dialogs/receiver-became.ts'

/** Whoever was about to sign in signs in now: there is nothing to tell. What was asked and not answered will not be done any more. */
export async function tellWhatBecameOf(call: Call, firm: Securities, { id, principal }: Intent): Promise<void> {
  const account = parseAccountNumber(principal)
  if (account === undefined) return
  const became = await untilKnown(call, () => firm.becameOf({ account, intent: id }))
  if (became.outcome === 'decided') return call.say('resumed.decided')
  return tellInterrupted(call, became, { unknown: 'funds.unknown' })
}
