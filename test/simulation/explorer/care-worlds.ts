/** The worlds in which a caller of the bank can ask for a clerk. */

import { care } from '../../../ivr/care/care.ts'
import type { CareDesk } from '../../../ivr/care/care-desk.ts'
import { atBank } from '../../../ivr/care/identify.ts'
import type { Bank } from '../../../src/bank/bank.ts'
import type { CallBackAsked } from '../../../src/institution/call-backs.ts'
import { type CareOffice, careConfig, careOffice } from '../../../src/institution/care.ts'
import { CareQueue } from '../../../src/phone/care/queue.ts'
import type { CallScript } from '../../../src/phone/serve-call.ts'
import type { Runtime } from '../../../src/runtime.ts'
import { type ClerkHabits, SimulatedClerks } from '../../support/simulated-clerk.ts'
import type { VirtualRuntime } from '../../support/virtual-runtime.ts'
import type { World } from '../../support/world.ts'

export interface CareWorld {
  readonly isOpen: boolean
  readonly clerks: Readonly<Record<string, ClerkHabits>>
  /** Why nobody is called back. */
  readonly refuses?: 'full' | 'too-many'
  /** They have asked for clerks too often. */
  readonly isTooOften?: true
  /** The institution drains so long after they began to wait. */
  readonly closesAfterMs?: number
}

/** What comes of the waiting comes once its first sentence has been heard. */
const soonMs = 20_000

export const careWorlds = {
  'a clerk': { isOpen: true, clerks: { lin: { answersAfterMs: soonMs - 1, presses: '1' } } },
  'nobody answers': { isOpen: true, clerks: { lin: {}, bo: {}, cai: {}, dan: {}, eve: {} } },
  'no clerks now': { isOpen: false, clerks: { lin: { answersAfterMs: 1 } } },
  'too many call-backs': { isOpen: false, clerks: {}, refuses: 'full' },
  'too many of one caller': { isOpen: false, clerks: {}, refuses: 'too-many' },
  'asked too often': { isOpen: true, clerks: { lin: { answersAfterMs: 1 } }, isTooOften: true },
  'drains meanwhile': { isOpen: true, clerks: { lin: {} }, closesAfterMs: soonMs },
} as const satisfies Readonly<Record<string, CareWorld>>

/** What crosses the edge of the bank, with its care. */
export type BankWithCare = Bank & CareOffice

export function withCare(bank: Bank, world: World, runtime: Runtime, { isOpen, refuses }: CareWorld): BankWithCare {
  const always = ['00:00-24:00']
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
  const hours = isOpen ? Object.fromEntries(days.map(day => [day, always])) : {}
  const office = careOffice(
    { care: careConfig.parse({ hours }), timeZone: bank.timeZone },
    world.harbour.callBacks,
    runtime,
  )
  const refused = async (): Promise<CallBackAsked> => ({ outcome: refuses ?? 'full' })
  return { ...bank, ...office, ...(refuses && { askForCallBack: refused }) }
}

export function assistanceIn(
  { clerks, closesAfterMs, isTooOften }: CareWorld,
  bank: BankWithCare,
  process: Runtime,
  runtime: VirtualRuntime,
): CallScript {
  const troubled = (error: unknown) => {
    throw error
  }
  const queue = new CareQueue({ runtime: process, accounts: Object.keys(clerks), waitMs: 600_000, troubled })
  const telephones = new SimulatedClerks(runtime, clerks)
  return call => {
    if (closesAfterMs !== undefined) void runtime.sleep(closesAfterMs).then(() => queue.close())
    const desk: CareDesk = {
      isOpen: () => bank.isOpen(),
      admits: () => isTooOften !== true,
      askForCallBack: request => bank.askForCallBack(request),
      queue: { join: () => behindOthers(queue.join(telephones)) },
      clerkMay: atBank(call, bank),
    }
    return care(call, desk)
  }
}

/** Two are before them at first. */
function behindOthers(place: ReturnType<CareQueue['join']>): ReturnType<CareQueue['join']> {
  let others = 2
  return {
    get ahead() {
      return Math.max(0, others--)
    },
    served: place.served,
    leave: () => place.leave(),
  }
}
