/**
 * A caller: a softphone, and a patience that waits until a question has been put before it is answered. What was heard
 * is known only after the call, from the recording.
 */

import { type Heard, type Phone, startPhone } from './baresip.ts'
import type { InstitutionLog } from './institution-log.ts'
import type { Network } from './network.ts'

export interface Caller {
  /** The call's id, which stays with it whichever process serves it. */
  readonly id: string
  readonly phone: Phone
  readonly log: InstitutionLog
  /** Waits until `step` is asked in this call, then presses `keys`. */
  answer(step: string, keys: string): Promise<void>
  /** Presses what answers the first questions, as who knows them does, while the line still says its name. */
  keyAhead(keys: string): Promise<void>
  /** Waits until the phrase is being said. */
  hears(phrase: string): Promise<void>
  hangUp(): Promise<void>
  /** Ends the phone and gives what it recorded. */
  quit(): Promise<Heard>
}

/** Dials `number` from `user`'s phone; `institution` is whose log tells how far the call has come. */
export async function call(network: Network, user: string, number: string, institution: string): Promise<Caller> {
  const log = network.log(institution)
  log.skip()
  const phone = await startPhone({ server: network.server, account: network.phoneAccount(user) })
  await phone.dial(number)
  const { call: id } = await log.next({ event: 'answered-call' })
  const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
  return {
    id: String(id),
    phone,
    log,
    answer: async (step, keys) => {
      await log.next({ call: id, event: 'asked', step })
      // As a person does: what comes within half a second of the last key was keyed before the question could be heard.
      await sleep(650)
      await phone.press(keys)
    },
    keyAhead: async keys => {
      await sleep(650)
      await phone.press(keys)
    },
    hears: async phrase => void (await log.next({ call: id, event: 'said', phrase })),
    hangUp: async () => {
      await phone.hangUp()
      await log.next({ call: id, event: 'ended' })
    },
    quit: () => phone.quit(),
  }
}
