/** Calls to the merchant: in which worlds they begin, with which voucher, and what the books must say afterwards. */

import { merchantLine } from '../../../ivr/merchant/merchant-line.ts'
import type { Merchant, PasswordChange, Payment, Termination } from '../../../src/merchant/merchant.ts'
import { type Money, yuan } from '../../../src/money.ts'
import type { Call } from '../../../src/phone/call.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, intentId, phoneOf, toldVoucher } from '../../support/ids.ts'
import { backupInStock } from '../../support/stock-passwords.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'
import { distinctByIntent, type Request } from './edge.ts'
import { cardScenarios, takingCards } from './merchant-card-scenarios.ts'
import { type MerchantFacts, merchantKeys, merchantVariants } from './merchant-keys.ts'
import type { MerchantMind } from './merchant-mind.ts'
import { merchantSpec } from './merchant-spec.ts'
import type { Answer } from './path.ts'
import type { Line, Place } from './place.ts'
import { answering } from './substitute.ts'
import { atTerminal, type Terminal } from './terminal.ts'

export type MerchantScript = (call: Call, merchant: Merchant) => Promise<void>

type KnownNumber = Pick<MerchantFacts, 'number' | 'password'>

interface Scenario {
  readonly voucher: (world: World) => KnownNumber
  /** What has happened before the call. */
  readonly before?: (world: World, voucher: KnownNumber) => Promise<unknown>
  /** Paid with it before the call, in yuan. */
  readonly paid?: readonly bigint[]
  /** What happened then. */
  readonly after?: (world: World) => Promise<unknown>
  readonly merchant?: (merchant: Merchant) => Merchant
  /** What the caller's payment terminal does, where they have one. */
  readonly terminal?: Terminal
}

const unused = ({ vouchers }: World) => vouchers.confirmed

const scenarios: Readonly<Record<string, Scenario>> = {
  regular: { voucher: unused },
  'used before': { voucher: unused, paid: [1n, 2n, 3n, 4n] },
  /** Of two payments one was given back whole, the other in part. */
  'given back': {
    voucher: unused,
    paid: [3n, 4n],
    after: async ({ lantern: { clerk } }) => {
      const [four, three] = await clerk.payments(2)
      for (const [payment, whole] of [
        [three, 3n],
        [four, 1n],
      ] as const) {
        const reference = payment?.reference ?? ''
        const by = { clerk: 'mei', reason: 'sent back' }
        await clerk.reverse({ intent: intentId(reference), reference, amount: yuan(whole), ...by })
      }
    },
  },
  'used up': { voucher: unused, paid: [50n] },
  locked: { voucher: ({ vouchers }) => vouchers.locked },
  /** Locked, and then its backup password was guessed at. */
  'identity required': {
    voucher: ({ vouchers }) => vouchers.locked,
    before: async ({ merchant }, { number }) => {
      for (let tries = 0; tries < 3; tries++)
        await merchant.unlock({ number: toldVoucher(number), backup: new Secret('905318472605'), origin: phoneOf() })
    },
  },
  unsold: { voucher: ({ unsoldNumber }) => ({ number: unsoldNumber, password: '71048235' }) },
  /** Something is paid by the minute just now. */
  'in use': { voucher: unused, merchant: merchant => answering(merchant, 'endVoucher', { outcome: 'not-now' }) },
  busy: { voucher: unused, merchant: merchant => everywhere(merchant, proofs, { outcome: 'busy' }) },
  ended: { voucher: unused, merchant: merchant => everywhere(merchant, proofs, { outcome: 'terminated' }) },
  'weak after all': {
    voucher: unused,
    merchant: merchant => answering(merchant, 'changePassword', { outcome: 'too-easy' }),
  },
  'under review': {
    voucher: unused,
    merchant: merchant => answering(merchant, 'openVoucher', { outcome: 'under-review' }),
  },
  'under review since': {
    voucher: unused,
    merchant: merchant => answering(merchant, 'pay', { outcome: 'under-review' }),
  },
  refused: { voucher: unused, merchant: merchant => answering(merchant, 'pay', { outcome: 'intent-reused' }) },
  /** Somebody else has changed the password since it was opened here. */
  'session over': {
    voucher: unused,
    merchant: merchant =>
      everywhere(merchant, ['pay', 'balance', 'lastPayments', 'changePassword', 'endVoucher'], {
        outcome: 'session-ended',
      }),
  },
}

const everyScenario: Readonly<Record<string, Scenario>> = {
  ...scenarios,
  ...Object.fromEntries(Object.entries(cardScenarios).map(([name, byCard]) => [name, { voucher: unused, ...byCard }])),
}

const proofs = ['openVoucher', 'revealPassword', 'unlock'] as const

function everywhere(merchant: Merchant, methods: readonly (keyof Merchant)[], result: unknown): Merchant {
  return methods.reduce((answers, method) => answering(answers, method, result), merchant)
}

/** `script`: the line under test, when it is not the one in the tree. */
export function merchantCalls(script: MerchantScript = merchantLine): Line<Merchant, MerchantMind> {
  return {
    name: 'merchant',
    dialled: '8001',
    spec: merchantSpec,
    script: (call, merchant) => script(atTerminal(call, merchant), merchant),
    scenarios: Object.keys(everyScenario),
    variants: merchantVariants,
    open: openScenario,
  }
}

async function openScenario(name: string): Promise<Place<Merchant, MerchantMind>> {
  const scenario = everyScenario[name]
  if (!scenario) throw new Error(`there is no scenario ${name}`)
  const runtime = new VirtualRuntime()
  const world = await openWorld({ runtime })
  const voucher = scenario.voucher(world)
  const backup = (await backupInStock(world, voucher.number)) ?? ''
  const seen: Request[] = []
  let leftBefore: bigint | undefined
  const passwordNow = () => {
    const changed = seen.findLast(
      ({ method, result }) => method === 'changePassword' && (result as PasswordChange)?.outcome === 'changed',
    )
    return changed ? (changed.facts['next'] as Secret).reveal() : voucher.password
  }

  return {
    runtime,
    start: async (process, afterDeath) => {
      if (afterDeath) await world.restart('merchant', process)
      return takingCards(world.merchant, scenario)
    },
    mind: async () => {
      if (leftBefore === undefined) {
        await scenario.before?.(world, voucher)
        await payBefore(world, voucher, scenario.paid ?? [])
        await scenario.after?.(world)
        leftBefore = await worthOf(world, voucher)
      }
      const { terminal } = scenario
      return { language: undefined, merchantName: world.merchant.name, ...(terminal && { terminal }) }
    },
    keys: (answer, pressed) => merchantKeys(answer, name, { ...voucher, backup, password: passwordNow() }, pressed),
    saw: request => seen.push(request),
    // Whoever has heard that the voucher is dead does not try it again.
    goOn: step => (step === 'merchant.menu' && seen.some(isDead) ? undefined : goOn(step, name)),
    secrets: async () => [voucher.password, passwordNow(), backup],
    inspect: async () => inspect(world, voucher, leftBefore ?? 0n, seen),
    close: () => world.close(),
  }
}

const isDead = ({ result }: Request) =>
  ['exhausted', 'terminated'].includes((result as { outcome?: string } | undefined)?.outcome ?? '')

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

/** Pays what was paid before the call. */
async function payBefore(world: World, voucher: KnownNumber, paid: readonly bigint[]): Promise<void> {
  const session = paid.length > 0 ? await open(world, voucher) : undefined
  if (!session) return
  for (const [index, whole] of paid.entries())
    await world.merchant.pay({ intent: intentId(`before ${index}`), session, amount: yuan(whole) })
}

/** What the voucher's account says, in minor units. */
async function worthOf({ lantern }: World, { number }: KnownNumber): Promise<bigint> {
  const row = await lantern.store.read(tx =>
    tx.one<{ posted: bigint }>('SELECT posted FROM balance WHERE account = ?', `voucher-liability:${number}`),
  )
  return row?.posted ?? 0n
}

async function open({ merchant }: World, { number, password }: KnownNumber) {
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
  voucher: KnownNumber,
  leftBefore: bigint,
  seen: readonly Request[],
): Promise<string[]> {
  const findings = [...(await world.auditedOnce())]
  const paid = distinctByIntent(seen, 'pay')
    .filter(({ result }) => (result as Payment).outcome === 'paid')
    .reduce((sum, { facts }) => sum + (facts['amount'] as Money).minor, 0n)
  const ended = distinctByIntent(seen, 'endVoucher').some(({ result }) => (result as Termination).outcome === 'ended')
  const should = ended ? 0n : leftBefore - paid
  if ((await worthOf(world, voucher)) !== should) findings.push('the voucher is not worth what is left of it')
  return findings
}
