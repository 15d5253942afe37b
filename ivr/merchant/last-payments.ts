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
  await tell(call, past.payments, merchant.timeZone)
  return undefined
}

async function tell(call: Call, payments: readonly PastPayment[], timeZone: string): Promise<void> {
  if (payments.length === 0) return call.say('payments.none')

  await call.say('payments.intro')
  for (const { kind, at, amount, reference } of payments) {
    const when = { date: dateOf(at, timeZone), time: timeOf(at, timeZone) }
    await call.say(kind === 'payment' ? 'payments.item' : 'payments.reversal', { ...when, amount, reference })
  }
}
