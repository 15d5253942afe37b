/**
 * Tells a secret until the caller has it in writing. It cannot be interrupted, no key pressed meanwhile counts, and it is told
 * more slowly from the second time on. Whether they wrote it down is their own affair: it can be asked for again.
 */
import { type Call, WentBack } from '../../src/phone/call.ts'
import type { Secret } from '../../src/secret.ts'
import { timeToWrite } from './time-to-write.ts'

export async function tellSecret(call: Call, of: 'forgot' | 'backup' | 'passkey', password: Secret): Promise<void> {
  const choices = { '1': 'written', '2': 'again' } as const
  try {
    for (let slowly = false; ; slowly = true) {
      await call.say(`${of}.password`, { password }, { inFull: true, slowly })
      const answer = await call.choose(`${of}.written`, { phrase: `${of}.written`, choices, times: timeToWrite })
      if (answer === 'written') return
    }
  } catch (left) {
    if (!(left instanceof WentBack)) throw left
  }
}
