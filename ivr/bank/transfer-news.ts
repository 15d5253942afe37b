/**
 * What became of money that earlier calls sent to other banks: told after sign-in until it is final and was heard. What is
 * still on its way is said in every call.
 */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { dateOf } from '../dialogs/when.ts'

export async function tellTransferNews(call: Call, bank: Bank, { account }: Customer): Promise<void> {
  for (const { transfer, state, amount, bank: other, sentAt } of await call.during(bank.transferNews(account))) {
    const date = dateOf(sentAt, bank.timeZone)
    await call.say(`transfer.news.${state}`, { date, amount, bank: other }, { inFull: true })
    if (state !== 'pending') await untilKnown(call, () => bank.heardOfTransfer({ account, transfer }))
  }
}
