/** What the shop gave back of earlier payments, since the caller last heard of it. Once each, and heard to its end. */
import type { GivenBack, Merchant, VoucherSession } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'
import { dateOf, timeOf } from '../dialogs/when.ts'

export async function tellGivenBack(
  call: Call,
  merchant: Merchant,
  session: VoucherSession,
  givenBack: readonly GivenBack[],
): Promise<void> {
  if (givenBack.length === 0) return
  for (const { at, amount, reference } of givenBack) {
    const when = { date: dateOf(at, merchant.timeZone), time: timeOf(at, merchant.timeZone) }
    await call.say('given-back', { ...when, amount, reference }, { inFull: true })
  }
  await call.during(merchant.heardOf({ session, references: givenBack.map(({ reference }) => reference) }))
}
