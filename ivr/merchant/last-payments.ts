/** What was paid with this voucher, the newest first. */
import type { Merchant, PastPayment, VoucherSession } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'
import { dateOf, timeOf } from '../dialogs/when.ts'
import { sessionEnded } from './session-ended.ts'

/** As many as one can follow by ear. */
const most = 3

export async function lastPayments(
  call: Call,
  merchant: Merchant,
  session: VoucherSession,
): Promise<'leave' | undefined> {
  const past = await call.during(merchant.lastPayments(session, most))
  if (past.outcome === 'session-ended') return sessionEnded(call)
  await tell(call, past.payments)
  return undefined
}

async function tell(call: Call, payments: readonly PastPayment[]): Promise<void> {
  if (payments.length === 0) return call.say('payments.none')

  await call.say('payments.intro')
  for (const { at, amount, reference } of payments) {
    await call.say('payments.item', { date: dateOf(at), time: timeOf(at), amount, reference })
  }
}
