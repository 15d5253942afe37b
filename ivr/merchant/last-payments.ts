/** What was paid with this voucher, the newest first. */
import type { Merchant, VoucherSession } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'
import { dateOf, timeOf } from '../dialogs/when.ts'

/** As many as one can follow by ear. */
const most = 3

export async function lastPayments(call: Call, merchant: Merchant, session: VoucherSession): Promise<void> {
  const payments = await call.during(merchant.lastPayments(session, most))
  if (payments.length === 0) return call.say('payments.none')

  await call.say('payments.intro')
  for (const { at, amount, reference } of payments) {
    await call.say('payments.item', { date: dateOf(at), time: timeOf(at), amount, reference })
  }
}
