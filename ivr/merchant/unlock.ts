/** Three wrong passwords have locked a voucher: its backup password gives it its tries back. */
import type { Merchant } from '../../src/merchant/merchant.ts'
import type { Call } from '../../src/phone/call.ts'
import { askBackup } from './ask-backup.ts'
import { askNumber } from './ask-number.ts'
import { tellDead } from './dead-voucher.ts'

export async function unlock(call: Call, merchant: Merchant): Promise<void> {
  const number = await askNumber(call, merchant, 'unlock')
  const answer = await askBackup(call, 'unlock', number, request => merchant.unlock(request))
  switch (answer.outcome) {
    case 'unlocked':
      return call.say('unlock.done')
    case 'not-locked':
      return call.say('unlock.not-locked')
    default:
      return tellDead(call, answer)
  }
}
