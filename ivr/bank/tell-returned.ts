/** What came back to the account by a day end since its owner last heard of it. Once each, and heard to its end. */
import type { Bank, CameBack, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { dateOf } from '../dialogs/when.ts'

export async function tellReturned(
  call: Call,
  bank: Bank,
  { account }: Customer,
  returned: readonly CameBack[],
): Promise<void> {
  if (returned.length === 0) return
  for (const { kind, at, amount, payee } of returned) {
    await call.say(`returned.${kind}`, { date: dateOf(at, bank.timeZone), amount, payee }, { inFull: true })
  }
  await call.during(bank.heardOfReturned({ account, ids: returned.map(({ id }) => id) }))
}
