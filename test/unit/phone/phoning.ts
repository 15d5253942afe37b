/** Calls on virtual time to one script, with the catalogue's own phrases. */
import { accepted, type Call } from '../../../src/phone/call.ts'
import { type SimulatedCaller, type SimulatedCallOptions, simulateCall } from '../../support/simulated-line.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

export const account = (call: Call) =>
  call.ask('account', { phrase: 'sign-in.account', digits: { min: 4, max: 8 }, accept: accepted })

interface Run extends Partial<SimulatedCallOptions> {
  runtime?: VirtualRuntime
}

export function phone(
  script: (call: Call) => Promise<unknown>,
  caller: (caller: SimulatedCaller) => Promise<void>,
  { runtime = new VirtualRuntime(), ...options }: Run = {},
) {
  const served = { speech: catalogueSpeech(), script: async (call: Call) => void (await script(call)) }
  return simulateCall(runtime, { ...served, ...options }, caller)
}

/** Who says and keys nothing. */
export const nobody = async () => {}
