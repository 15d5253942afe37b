/** Calls to the merchant: in which worlds they begin, with which voucher, and what the books must say afterwards. */

import { merchantLine } from '../../../ivr/merchant/merchant-line.ts'
import type { Merchant, Payment } from '../../../src/merchant/merchant.ts'
import { type Money, yuan } from '../../../src/money.ts'
import type { Call } from '../../../src/phone/call.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, intentId, toldVoucher } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'
import { distinctByIntent, type Request } from './edge.ts'
import { type MerchantFacts, merchantKeys, merchantVariants } from './merchant-keys.ts'
import { type MerchantMind, merchantSpec } from './merchant-spec.ts'
import type { Answer } from './path.ts'
import type { Line, Place } from './place.ts'
import { answering } from './substitute.ts'

export type MerchantScript = (call: Call, merchant: Merchant) => Promise<void>

interface Scenario {
  readonly voucher: (world: World) => MerchantFacts
  /** Paid with it before the call, in yuan. */
  readonly paid?: readonly bigint[]
  readonly merchant?: (merchant: Merchant) => Merchant
}

const unused = ({ vouchers }: World) => vouchers.confirmed

const scenarios: Readonly<Record<string, Scenario>> = {
  regular: { voucher: unused },
  'used before': { voucher: unused, paid: [1n, 2n, 3n, 4n] },
  'used up': { voucher: unused, paid: [50n] },
  locked: { voucher: ({ vouchers }) => vouchers.locked },
  unsold: { voucher: ({ unsoldNumber }) => ({ number: unsoldNumber, password: '71048235' }) },
  busy: { voucher: unused, merchant: merchant => answering(merchant, 'openVoucher', { outcome: 'busy' }) },
  refused: { voucher: unused, merchant: merchant => answering(merchant, 'pay', { outcome: 'intent-reused' }) },
  'under review': {
    voucher: unused,
    merchant: merchant => answering(merchant, 'openVoucher', { outcome: 'under-review' }),
  },
  'under review since': {
    voucher: unused,
    merchant: merchant => answering(merchant, 'pay', { outcome: 'under-review' }),
  },
  /** Somebody else has locked the voucher since it was opened here. */
  'session over': {
    voucher: unused,
    merchant: merchant =>
      answering(
        answering(answering(merchant, 'pay', { outcome: 'session-ended' }), 'balance', { outcome: 'session-ended' }),
        'lastPayments',
        { outcome: 'session-ended' },
      ),
  },
}

/** `script`: the line under test, when it is not the one in the tree. */
export function merchantCalls(script: MerchantScript = merchantLine): Line<Merchant, MerchantMind> {
  return {
    name: 'merchant',
    dialled: '8001',
    spec: merchantSpec,
    script,
    scenarios: Object.keys(scenarios),
    variants: merchantVariants,
    open: openScenario,
  }
}

async function openScenario(name: string): Promise<Place<Merchant, MerchantMind>> {
  const scenario = scenarios[name]
  if (!scenario) throw new Error(`there is no scenario ${name}`)
  const runtime = new VirtualRuntime()
  const world = await openWorld({ runtime })
  const voucher = scenario.voucher(world)
  const seen: Request[] = []
  let leftBefore: bigint | undefined

  return {
    runtime,
    start: async (process, afterDeath) => {
      if (afterDeath) await world.restart('merchant', process)
      return scenario.merchant?.(world.merchant) ?? world.merchant
    },
    mind: async () => {
      if (leftBefore === undefined) leftBefore = await usedBefore(world, voucher, scenario.paid ?? [])
      return { language: undefined, merchantName: world.merchant.name }
    },
    keys: answer => merchantKeys(answer, name, voucher),
    saw: request => seen.push(request),
    goOn: step => goOn(step, name),
    secrets: async () => [voucher.password],
    inspect: async () => inspect(world, voucher, leftBefore ?? 0n, seen),
    close: () => world.close(),
  }
}

/** Opens the voucher and leaves: whatever went wrong before, it opens, and its balance is told. */
function goOn(step: string, scenario: string): Answer | undefined {
  switch (step) {
    case 'language.choose':
    case 'merchant.menu':
      return scenario === 'used up' && step === 'merchant.menu' ? undefined : { step, answer: 'key-1' }
    case 'voucher.ask-number':
      return { step, answer: 'valid' }
    case 'voucher.ask-password':
      return scenario === 'regular' || scenario === 'used before' ? { step, answer: 'valid' } : undefined
    default:
      return undefined
  }
}

/** Pays what was paid before the call. What is left then, in minor units. */
async function usedBefore(world: World, voucher: MerchantFacts, paid: readonly bigint[]): Promise<bigint> {
  const session = await open(world, voucher)
  if (!session) return 0n
  for (const [index, whole] of paid.entries())
    await world.merchant.pay({ intent: intentId(`before ${index}`), session, amount: yuan(whole) })
  const balance = await world.merchant.balance(session)
  return balance.outcome === 'open' ? balance.remaining.minor : 0n
}

async function open({ merchant }: World, { number, password }: MerchantFacts) {
  const opening = await merchant.openVoucher({
    number: toldVoucher(number),
    password: new Secret(password),
    origin: aPhone,
  })
  return opening.outcome === 'open' ? opening.session : undefined
}

/** The books of both institutions, and that a voucher is worth what was not paid with it. */
async function inspect(
  world: World,
  voucher: MerchantFacts,
  leftBefore: bigint,
  seen: readonly Request[],
): Promise<string[]> {
  const findings = [...(await world.audited())]
  const paid = distinctByIntent(seen, 'pay')
    .filter(({ result }) => (result as Payment).outcome === 'paid')
    .reduce((sum, { facts }) => sum + (facts['amount'] as Money).minor, 0n)
  const isWorth = await world.lantern.store.read(async tx => {
    const account = `voucher-liability:${voucher.number}`
    const row = await tx.one<{ posted: bigint }>('SELECT posted FROM balance WHERE account = ?', account)
    return row?.posted ?? 0n
  })
  const should = leftBefore === 0n ? isWorth : leftBefore - paid
  if (isWorth !== should) findings.push('the voucher is not worth what is left of it')
  return findings
}
