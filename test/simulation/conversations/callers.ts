/** Calls written as a caller would tell of them: `when hearing X, press Y`, in a world with both institutions. */
import { bankLine } from '../../../ivr/bank/bank-line.ts'
import { hostLine } from '../../../ivr/host/host-line.ts'
import { informationLine } from '../../../ivr/information/information-line.ts'
import { merchantLine } from '../../../ivr/merchant/merchant-line.ts'
import type { Bank } from '../../../src/bank/bank.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import type { MerchantSettings } from '../../../src/merchant/config.ts'
import type { Information } from '../../../src/merchant/information/information.ts'
import type { Call } from '../../../src/phone/call.ts'
import type { Transcript } from '../../../src/phone/transcript.ts'
import type { Tracing } from '../../../src/trace.ts'
import { institutionId } from '../../support/ids.ts'
import { type SimulatedCall, type SimulatedCaller, simulateCall } from '../../support/simulated-line.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { type KnownCustomer, openWorld, type World } from '../../support/world.ts'

/** What to press on hearing a phrase, or `hang up`; a list is gone through time by time, its last entry stays. */
export type Reactions = Readonly<Record<string, string | readonly string[]>>

export interface Town {
  readonly world: World
  readonly runtime: VirtualRuntime
  /** `bank`: the world's, unless something is to happen while it answers. */
  callBank(reactions: Reactions, bank?: Bank): Promise<SimulatedCall>
  callMerchant(reactions: Reactions): Promise<SimulatedCall>
  /** Where the payee has a catalogue. */
  callInformation(reactions: Reactions): Promise<SimulatedCall>
  /** Where there is a host. */
  callHost(reactions: Reactions): Promise<SimulatedCall>
}

/** Who sees what the institutions do, and writes down what calls say. */
interface Watched {
  readonly tracingOf?: (id: InstitutionId) => Tracing
  readonly logOf?: (id: InstitutionId, line: string) => Transcript
}

/** A world on virtual time. Calls are made one after another. */
export async function openTown(
  payee: Partial<MerchantSettings> = {},
  hosted = false,
  { tracingOf, logOf }: Watched = {},
): Promise<Town> {
  const runtime = new VirtualRuntime()
  const world = await runtime.run(() => openWorld({ runtime, payee, hosted, ...(tracingOf && { tracingOf }) }))
  const speech = catalogueSpeech()
  const heardBy = (id: string, line: string) => logOf && { transcript: logOf(institutionId(id), line) }
  return {
    world,
    runtime,
    callBank: (reactions, bank) =>
      simulateCall(
        runtime,
        { speech, script: call => bankLine(call, bank ?? world.bank), ...heardBy('harbour', 'bank') },
        reacting(reactions),
      ),
    callMerchant: reactions =>
      simulateCall(
        runtime,
        {
          ...{ speech, dialled: '8001', script: (call: Call) => merchantLine(call, world.merchant) },
          ...heardBy('lantern', 'merchant'),
        },
        reacting(reactions),
      ),
    callHost: reactions =>
      simulateCall(
        runtime,
        { speech, dialled: '8888', script: call => hostLine(call, world.neighbours().host) },
        reacting(reactions),
      ),
    callInformation: reactions =>
      simulateCall(
        runtime,
        { speech, dialled: '1680', script: call => informationLine(call, informationIn(world)) },
        reacting(reactions),
      ),
  }
}

/** @throws Error when the payee has no catalogue */
export function informationIn({ lantern: { information } }: World): Information {
  if (information === undefined) throw new Error('the payee has no catalogue')
  return information
}

/** English or Mandarin, account and PIN: how every call to the bank begins. */
export const signingIn = ({ account, pin }: KnownCustomer, languageKey: '1' | '2' = '1') => ({
  // Put in English first, then in Mandarin.
  'language.choose': ['', languageKey],
  'sign-in.account': `${account}#`,
  'sign-in.pin': pin,
})

/** The texts of what was heard, secrets in clear, in order. */
export const heard = (call: SimulatedCall, phrase: string): string[] =>
  call.line.heard.filter(({ phrases }) => phrases.includes(phrase)).map(({ text }) => text)

/** The digits of the last prompt with this phrase. */
export const digitsHeard = (call: SimulatedCall, phrase: string): string =>
  (heard(call, phrase).at(-1) ?? '').replace(/\D/g, '')

export function reacting(reactions: Reactions) {
  const left = new Map(Object.entries(reactions).map(([phrase, keys]) => [phrase, [keys].flat()]))
  const next = (phrase: string): string => {
    const keys = left.get(phrase) ?? []
    return (keys.length > 1 ? keys.shift() : keys[0]) ?? ''
  }
  return async (caller: SimulatedCaller) => {
    for (;;) {
      const phrase = await caller.hearsAny([...left.keys()])
      if (phrase === undefined) return
      const keys = next(phrase)
      if (keys === 'hang up') return caller.hangsUp()
      await caller.presses(keys)
    }
  }
}
