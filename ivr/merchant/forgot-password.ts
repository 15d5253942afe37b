/**
 * Whoever forgot the payment password hears it for the backup password, which their bank tells them. It is told in full and
 * can be heard again; nothing is lost by hanging up, as it can be asked for as often as one likes.
 */
import type { Merchant } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'
import { tellSecret } from '../dialogs/tell-secret.ts'
import { askBackup } from './ask-backup.ts'
import { askNumber } from './ask-number.ts'
import { tellDead } from './dead-voucher.ts'

export async function forgotPassword(call: Call, merchant: Merchant): Promise<void> {
  const number = await askNumber(call, merchant, 'forgot')
  const answer = await askBackup(call, 'forgot', number, request => merchant.revealPassword(request))
  if (answer.outcome !== 'revealed') return tellDead(call, answer)

  await tellSecret(call, 'forgot', answer.password)
  await call.say(answer.isLocked ? 'forgot.locked' : 'forgot.done')
}
