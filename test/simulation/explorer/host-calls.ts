/** Calls to a host of private payees: with a voucher for one of them, and what the books must say afterwards. */
import { hostLine } from '../../../ivr/host/host-line.ts'
import type { BoughtVoucher } from '../../../src/bank/bank.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import type { Host } from '../../../src/merchant/host/host.ts'
import type { Merchant, Payment } from '../../../src/merchant/merchant.ts'
import { type Money, yuan } from '../../../src/money.ts'
import type { Call } from '../../../src/phone/call.ts'
import { intentId } from '../../support/ids.ts'
import { letLettersArrive } from '../../support/network/network.ts'
import { backupInStock } from '../../support/stock-passwords.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'
import { distinctByIntent, type Request } from './edge.ts'
import { elsewhere, type HostMind, hostSpec } from './host-spec.ts'
import { type MerchantFacts, merchantKeys, merchantVariants } from './merchant-keys.ts'
import type { Line, Place } from './place.ts'
import { answering } from './substitute.ts'

export type HostScript = (call: Call, host: Host) => Promise<void>

/** A host as seen by somebody who pays one payee there: every request crosses one edge. */
type Hosting = Merchant & Pick<Host, 'findPayee' | 'payeeOf'> & { readonly host: Host }

const scenarios: Readonly<Record<string, (hosting: Hosting) => Hosting>> = {
  regular: hosting => hosting,
  'asked for many': hosting => answering(hosting, 'findPayee', { outcome: 'busy' }),
}

/** `script`: the line under test, when it is not the one in the tree. */
export function hostCalls(script: HostScript = hostLine): Line<Hosting, HostMind> {
  return {
    name: 'host',
    dialled: '8888',
    spec: hostSpec,
    elsewhere,
    script: (call, hosting) => {
      const { id, name } = hosting.host
      const { findPayee, payeeOf } = hosting
      return script(call, { id, name, findPayee, payeeOf, at: () => hosting })
    },
    scenarios: Object.keys(scenarios),
    variants: (step, answer, scenario) => {
      if (step === 'host.payee') return payeeVariants(answer, scenario)
      if (elsewhere.has(step) && !leadsOn.has(`${step}=${answer}`)) return []
      return merchantVariants(step, answer, scenario)
    },
    open: openScenario,
  }
}

/** The ways that lead to what this line has of its own. */
const leadsOn = new Set([
  ...[
    'merchant.menu=key-1',
    'merchant.menu=help',
    'voucher.ask-number=valid',
    'voucher.ask-password=valid',
    'voucher.menu=key-1',
  ],
  ...['pay.amount=valid'],
])

function payeeVariants(answer: string, scenario: string): readonly string[] {
  const isBusy = scenario === 'asked for many'
  switch (answer) {
    case 'valid':
    case 'refused-unknown':
      return isBusy ? [] : ['']
    case 'refused-too-many':
      return isBusy ? [''] : []
    default:
      return merchantVariants('voucher.ask-number', answer as 'silence', scenario)
  }
}

async function openScenario(name: string): Promise<Place<Hosting, HostMind>> {
  const change = scenarios[name]
  if (!change) throw new Error(`there is no scenario ${name}`)
  const runtime = new VirtualRuntime()
  const world = await openWorld({ runtime, hosted: true })
  const seen: Request[] = []
  let known: { payee: InstitutionId; number: string; voucher: BoughtVoucher; facts: MerchantFacts } | undefined
  const begun = () => {
    if (known === undefined) throw new Error('no call has begun')
    return known
  }
  return {
    runtime,
    start: async (process, afterDeath) => {
      if (afterDeath) await world.restart('host', process)
      const { host } = world.neighbours()
      return change({ ...host.at(begun().payee), findPayee: host.findPayee, payeeOf: host.payeeOf, host })
    },
    mind: async () => {
      known ??= await paidByOne(world)
      const { host } = world.neighbours()
      return { language: undefined, hostName: host.name, merchantName: host.at(known.payee).name }
    },
    keys: (answer, pressed) => {
      if (answer.step === 'host.payee' && answer.answer !== 'refused-unknown') {
        if (answer.answer === 'valid' || answer.answer === 'refused-too-many') return `${begun().number}#`
      }
      if (answer.answer === 'refused-unknown') return '88000000#'
      return merchantKeys(answer, name, begun().facts, pressed)
    },
    saw: request => seen.push(request),
    goOn: step => (step === 'language.choose' ? { step, answer: 'key-1' } : undefined),
    secrets: async () => [begun().facts.password, begun().facts.backup],
    inspect: async () => inspect(world, begun().voucher, seen),
    close: () => world.close(),
  }
}

/** Ada is a payee, and Cai has bought a voucher for her. */
async function paidByOne(world: World) {
  const { bank, customers } = world
  const being = await bank.becomePayee(customers.ada.account)
  if (being.outcome !== 'payee') throw new Error(being.outcome)
  const houses = { banks: [{ running: world.harbour }], payees: [], hosts: [{ running: world.neighbours() }] }
  await letLettersArrive(houses)
  const payee = await bank.findPayee(being.number)
  if (payee === undefined) throw new Error('nobody is paid')
  const order = { buyer: customers.cai.account, payee: payee.id, amount: yuan(50n), channel: 'telephone' } as const
  const sale = await bank.sellVoucher({ intent: intentId('before'), ...order })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  await letLettersArrive(houses)
  const { number, password } = sale.voucher
  const backup = (await backupInStock(world, number)) ?? ''
  const facts = { number, password: password.reveal(), backup }
  return { payee: payee.id, number: being.number, voucher: sale.voucher, facts }
}

/** The books of all institutions, and that the voucher is worth what was not paid with it. */
async function inspect(world: World, { number }: BoughtVoucher, seen: readonly Request[]): Promise<string[]> {
  const findings = [...(await world.auditedOnce())]
  const paid = distinctByIntent(seen, 'pay')
    .filter(({ result }) => (result as Payment).outcome === 'paid')
    .reduce((sum, { facts }) => sum + (facts['amount'] as Money).minor, 0n)
  const row = await world
    .neighbours()
    .store.read(tx =>
      tx.one<{ posted: bigint }>('SELECT posted FROM balance WHERE account = ?', `voucher-liability:${number}`),
    )
  if (row?.posted !== 5_000n - paid) findings.push('the voucher is not worth what is left of it')
  return findings
}
