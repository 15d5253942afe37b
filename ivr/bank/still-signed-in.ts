/**
 * A PIN that was changed since this call signed in (by another telephone, at the page, at a branch) ends what it opened: whoever
 * has the new one calls again.
 */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'

export async function stillSignedIn(call: Call, bank: Bank, customer: Customer): Promise<void> {
  if (await call.during(bank.isSignedIn(customer))) return
  await signedInNoMore(call)
}

export async function signedInNoMore(call: Call): Promise<never> {
  await call.say('sign-in.ended', {}, { inFull: true })
  return call.hangUp()
}
