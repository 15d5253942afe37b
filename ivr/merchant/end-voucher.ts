/**
 * Ends a voucher: what is left and where it goes is read back, and a fresh key says yes. From then on its password opens
 * nothing; the money is on its way back to the account that bought it.
 */
import type { Merchant, VoucherSession } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'
import { carryOut } from '../dialogs/carry-out.ts'
import { sessionEnded } from './session-ended.ts'

export async function endVoucher(
  call: Call,
  merchant: Merchant,
  session: VoucherSession,
): Promise<'leave' | undefined> {
  const balance = await call.during(merchant.balance(session))
  if (balance.outcome === 'session-ended') return sessionEnded(call)
  if (balance.remaining.minor > 0n && !(await call.confirm('end.confirm', { left: balance.remaining }))) {
    await call.say('cancelled')
    return undefined
  }

  const ending = await carryOut(call, ['termination', session.voucher], intent =>
    merchant.endVoucher({ intent, session }),
  )
  switch (ending.outcome) {
    case 'ended': {
      const { amount, reference } = ending
      await call.say('end.done', { amount, reference })
      return 'leave'
    }
    case 'nothing-left':
      await call.refuse('voucher.exhausted')
      return 'leave'
    case 'not-now':
    case 'intent-reused':
      await call.refuse('end.not-now')
      return undefined
    case 'session-ended':
      return sessionEnded(call)
  }
}
