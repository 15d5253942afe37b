/** The line of a host of private payees: "Welcome to Neighbours." Language, whom the caller wants to pay, then as at any payee's. */
import type { InstitutionId } from '../../src/ids.ts'
import { parseVoucherNumber } from '../../src/ids.ts'
import type { Host } from '../../src/merchant/host/host.ts'
import { accepted, type Call, type Intent, refused } from '../../src/phone/call.ts'
import { chooseLanguage, greet } from '../dialogs/greet.ts'
import { originOf } from '../dialogs/origin.ts'
import { withWayBack } from '../dialogs/way-back.ts'
import { merchantMenu } from '../merchant/merchant-line.ts'
import { tellWhatBecameOf } from '../merchant/resumed-call.ts'

export async function hostLine(call: Call, host: Host): Promise<void> {
  await greet(call, 'merchant.welcome', host.name)
  if (call.resumed?.intent) await tellWhatBecame(call, host, call.resumed.intent)

  const payee = await withWayBack(
    () => askWhom(call, host),
    () => chooseLanguage(call),
  )
  await merchantMenu(call, host.at(payee))
}

/** By number, and the name is read back, so that a slip of the finger is heard at once. */
async function askWhom(call: Call, host: Host): Promise<InstitutionId> {
  const { payee, name } = await call.ask('host.payee', {
    phrase: 'host.payee',
    digits: { min: 4, max: 8 },
    refusals: ['unknown', 'too-many'],
    accept: async number => {
      const found = await call.during(host.findPayee({ number, origin: originOf(call) }))
      switch (found.outcome) {
        case 'found':
          return accepted(found)
        case 'unknown':
          return refused('unknown', 'host.payee.unknown', { number })
        case 'busy':
          return refused('too-many', 'try-again-soon')
      }
    },
  })
  await call.say('host.payee.is', { payee: name })
  return payee
}

async function tellWhatBecame(call: Call, host: Host, intent: Intent): Promise<void> {
  const voucher = parseVoucherNumber(intent.principal)
  const payee = voucher && (await call.during(host.payeeOf(voucher)))
  if (payee === undefined) return call.say('resumed.not-done')
  return tellWhatBecameOf(call, host.at(payee), intent)
}
