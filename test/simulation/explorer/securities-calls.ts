/** Calls to a securities firm: what is keyed, by whom, and what their terminal does. */
import { securitiesLine } from '../../../ivr/securities/securities-line.ts'
import type { Call } from '../../../src/phone/call.ts'
import type { Securities } from '../../../src/securities/securities.ts'
import { type FirmHouse, openFirm } from '../../support/securities.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { type Ways, waysOf } from './keys.ts'
import type { Line, Place } from './place.ts'
import { asItHappens, securitiesScenarios } from './securities-scenarios.ts'
import { type SecuritiesMind, securitiesSpec } from './securities-spec.ts'
import { atTerminal, withTerminal } from './terminal.ts'

export type SecuritiesScript = (call: Call, firm: Securities) => Promise<void>

const amount: Ways<object>[string] = {
  valid: { '': () => '1200#' },
  'refused-unreadable': { '': () => '1*234#' },
  'refused-zero': { '': () => '0#' },
}
const regular: Ways<object> = {
  'trade.security': { valid: { '': () => '101' }, 'refused-unknown': { '': () => '999' } },
  'trade.shares': { valid: { '': () => '100#' }, 'refused-zero': { '': () => '0#' } },
  'trade.limit': { ...amount, valid: { '': () => '9*5#' } },
  'funds.in.amount': amount,
  'funds.out.amount': amount,
}
const none = (...keys: readonly string[]) => Object.fromEntries(keys.map(key => [`key-${key}`, {}]))
/** Walked for what only they show. */
const special: Readonly<Record<string, Ways<object>>> = {
  'too much': { 'customer.menu': none('1', '2', '4', '5', '6', '7') },
  waiting: { 'customer.menu': none('1', '2', '4') },
  'has none to sell': { 'customer.menu': none('1', '2', '3') },
  closed: { 'customer.menu': none('1', '2', '4', '5') },
  'so much': { 'customer.menu': none('1', '2', '4', '5', '6') },
}
const ways = waysOf<object>(scenario => ({
  ...regular,
  ...(scenario === 'regular' || scenario === '' ? {} : { 'securities.menu': none('2') }),
  ...special[scenario],
}))

/** `script`: the line under test, when it is not the one in the tree. */
export function securitiesCalls(script: SecuritiesScript = securitiesLine): Line<Securities, SecuritiesMind> {
  return {
    name: 'securities',
    dialled: '7001',
    spec: securitiesSpec,
    script: (call, firm) => script(atTerminal(call, firm), firm),
    scenarios: Object.keys(securitiesScenarios),
    variants: ways.variants,
    open: openScenario,
  }
}

async function openScenario(name: string): Promise<Place<Securities, SecuritiesMind>> {
  const scenario = securitiesScenarios[name]
  if (!scenario) throw new Error(`there is no scenario ${name}`)
  const runtime = new VirtualRuntime()
  let house: FirmHouse | undefined
  const opened = async () => (house ??= await openFirm(runtime))
  return {
    runtime,
    start: async (_, afterDeath) => {
      const firm = await opened()
      // Its market sleeps until the next price, call or no call.
      if (afterDeath) await firm.restart(runtime)
      const { securities } = firm.running
      const happens = asItHappens(securities, scenario)
      return scenario.terminal ? withTerminal(happens, scenario.terminal) : happens
    },
    mind: async () => {
      const { running } = await opened()
      return {
        ...{ language: undefined, firmName: running.securities.name },
        ...(scenario.terminal && { terminal: scenario.terminal }),
      }
    },
    keys: (answer, pressed) => ways.keys(answer, name, {}, pressed),
    saw: () => {},
    goOn: step => (step === 'language.choose' ? { step, answer: 'key-1' } : undefined),
    secrets: async () => [],
    inspect: async () => (await opened()).auditedOnce(),
    close: async () => house?.close(),
  }
}
