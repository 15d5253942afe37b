/** A new payment password for an opened voucher, of eight digits or more. The voucher's number stays what it is. */
import type { Merchant, VoucherSession } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'
import { askNewSecret } from '../dialogs/ask-new-secret.ts'
import { carryOut } from '../dialogs/carry-out.ts'
import { sessionEnded } from './session-ended.ts'

/** The session in which the caller goes on: another one after a change, which ends all earlier ones. */
export async function changePassword(
  call: Call,
  merchant: Merchant,
  session: VoucherSession,
): Promise<VoucherSession | 'leave'> {
  const { voucher: number } = session
  const change = await askNewSecret(call, {
    of: 'password',
    digits: { min: 8, max: 12 },
    judge: next => merchant.judgePassword({ number, next }),
    take: next =>
      carryOut(call, ['password-change', number], intent => merchant.changePassword({ intent, session, next })),
  })
  if (!change) return session
  if (change.outcome === 'session-ended') return sessionEnded(call)
  await call.say('password.changed')
  return change.session
}
