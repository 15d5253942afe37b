/** "Its backup password?" Whatever is wrong with it or with the voucher, unknown, unsold or out of tries, is one sentence. */
import type { BackupRequest, Unproved } from '../../src/merchant/merchant.ts'
import { accepted, type Call, type Judged, refused } from '../../src/phone/call.ts'
import { Secret } from '../../src/secret.ts'
import { originOf } from '../dialogs/origin.ts'

/** `of`: the errand that it is asked for. `prove`: what the merchant is asked to do with it. Returns the answer to the one that was right. */
export function askBackup<O extends { readonly outcome: string }>(
  call: Call,
  of: 'forgot' | 'unlock',
  number: BackupRequest['number'],
  prove: (request: BackupRequest) => Promise<O>,
): Promise<Exclude<O, Unproved>> {
  type Right = Exclude<O, Unproved>
  return call.ask(`${of}.ask-backup`, {
    phrase: 'backup.ask-password',
    digits: { min: 12, max: 12 },
    secret: true,
    refusals: ['wrong', 'too-many'],
    accept: async (keys): Promise<Judged<Right>> => {
      const answer = await call.during(prove({ number, backup: new Secret(keys), origin: originOf(call) }))
      switch (answer.outcome) {
        case 'refused':
        case 'bad-number':
          return refused('wrong', 'backup.refused')
        case 'busy':
          return refused('too-many', 'try-again-soon')
        default:
          return accepted(answer as Right)
      }
    },
  })
}
