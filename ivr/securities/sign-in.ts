/** Signing in by card: whoever has it, its PIN and its personal password is the customer. Of a card that comes for the first time its bank is asked. */
import type { CardResult } from '../../src/card/messages/result.ts'
import type { Call } from '../../src/phone/call.ts'
import type { Client, Securities, SignedIn } from '../../src/securities/securities.ts'
import { refusalResult, tellNotAccepted } from '../dialogs/sign-by-card.ts'
import { bySignature, nothing } from './by-signature.ts'

/** Undefined: they have heard why not. */
export async function signIn(call: Call, firm: Securities): Promise<Client | undefined> {
  let client: Client | undefined
  await bySignature<SignedIn>(call, firm, '', {
    name: 'sign-in',
    ask: intent => firm.askSignIn(intent),
    announce: () => call.say('customer.signing-in'),
    send: answered => call.during(firm.signIn(answered)),
    result: resultFor,
    tell: async signed => {
      if (signed.outcome === 'signed-in') client = signed.client
      await tell(call, signed)
    },
  })
  return client
}

function resultFor(signed: SignedIn): CardResult {
  switch (signed.outcome) {
    case 'signed-in':
      return { outcome: 'paid', reference: '' }
    case 'bank-out-of-reach':
      return { outcome: 'refused', reason: 'not-now' }
    default:
      return refusalResult(signed)
  }
}

function tell(call: Call, signed: SignedIn): Promise<void> {
  switch (signed.outcome) {
    case 'signed-in':
      return call.say('customer.signed-in')
    case 'bank-out-of-reach':
      return call.refuse('securities.bank-away')
    default:
      return tellNotAccepted(call, signed, nothing)
  }
}
