/** Opens a voucher with its number and password; then the caller pays, hears what is left, or looks after the voucher. */

import type { VoucherNumber } from '../../src/ids.ts'
import type { Merchant, VoucherSession } from '../../src/merchant/merchant.ts'
import { accepted, type Call, refused } from '../../src/phone/call.ts'
import { Secret } from '../../src/secret.ts'
import { originOf } from '../dialogs/origin.ts'
import { askNumber } from './ask-number.ts'
import { changePassword } from './change-password.ts'
import { tellDead } from './dead-voucher.ts'
import { endVoucher } from './end-voucher.ts'
import { lastPayments } from './last-payments.ts'
import { pay } from './pay.ts'
import { sessionEnded } from './session-ended.ts'
import { tellGivenBack } from './tell-given-back.ts'

/** What an opened voucher is for. */
interface Purpose {
  readonly phrase: 'voucher.menu' | 'information.menu'
  readonly help: 'voucher.help' | 'information.help'
  /** The first of the choices. */
  readonly first: (session: VoucherSession) => Promise<'leave' | undefined>
}

export async function useVoucher(
  call: Call,
  merchant: Merchant,
  purpose: Purpose = {
    phrase: 'voucher.menu',
    help: 'voucher.help',
    first: session => pay(call, merchant, session),
  },
): Promise<void> {
  const number = await askNumber(call, merchant, 'voucher')
  const opening = await askPassword(call, merchant, number)
  if (opening.outcome === 'under-review') return call.refuse('voucher.under-review')
  if (opening.outcome !== 'open') return tellDead(call, opening)

  let { session } = opening
  await call.say('voucher.opened', { left: opening.remaining })
  await tellGivenBack(call, merchant, session, opening.givenBack)
  await call.menu('voucher.menu', {
    phrase: purpose.phrase,
    help: purpose.help,
    back: true,
    choices: {
      '1': () => purpose.first(session),
      '2': () => tellWhatIsLeft(call, merchant, session),
      '3': () => lastPayments(call, merchant, session),
      '4': async () => {
        const next = await changePassword(call, merchant, session)
        if (next === 'leave') return next
        session = next
        return undefined
      },
      '6': () => endVoucher(call, merchant, session),
    },
  })
}

/** Whatever is wrong otherwise, unknown, unsold, locked or the password itself, is one sentence. */
function askPassword(call: Call, merchant: Merchant, number: VoucherNumber) {
  return call.ask('voucher.ask-password', {
    phrase: 'voucher.ask-password',
    digits: { min: 8, max: 12 },
    secret: true,
    refusals: ['wrong', 'too-many'],
    accept: async keys => {
      const opening = await call.during(
        merchant.openVoucher({ number, password: new Secret(keys), origin: originOf(call) }),
      )
      switch (opening.outcome) {
        case 'open':
        case 'exhausted':
        case 'terminated':
        case 'under-review':
          return accepted(opening)
        case 'refused':
        case 'bad-number':
          return refused('wrong', 'voucher.refused')
        case 'busy':
          return refused('too-many', 'try-again-soon')
      }
    },
  })
}

async function tellWhatIsLeft(call: Call, merchant: Merchant, session: VoucherSession): Promise<'leave' | undefined> {
  const balance = await call.during(merchant.balance(session))
  if (balance.outcome === 'session-ended') return sessionEnded(call)
  await call.say('left.told', { left: balance.remaining })
  await tellGivenBack(call, merchant, session, balance.givenBack)
  return undefined
}
