/** Calls to the bank: what a caller knows and keys there, and what the books must say afterwards. */

import { bankLine } from '../../../ivr/bank/bank-line.ts'
import type { Bank, PinChange, Sale, Transfer } from '../../../src/bank/bank.ts'
import type { AccountNumber } from '../../../src/ids.ts'
import type { CallBackAsked } from '../../../src/institution/call-backs.ts'
import { money } from '../../../src/money.ts'
import type { Call } from '../../../src/phone/call.ts'
import type { Secret } from '../../../src/secret.ts'
import { backupInStock } from '../../support/stock-passwords.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'
import { isAsElsewhere } from './bank-branches.ts'
import { afterTwoWrongPins, bankKeys, bankVariants } from './bank-keys.ts'
import type { BankMind } from './bank-mind.ts'
import { type Scenario, scenarios } from './bank-scenarios.ts'
import { bankSpec } from './bank-spec.ts'
import { assistanceIn, type BankWithCare, withCare } from './care-worlds.ts'
import { distinctByIntent, type Request } from './edge.ts'
import type { Answer } from './path.ts'
import type { Line, Place } from './place.ts'
import type { Life } from './recording.ts'
import { atTerminal, withTerminal } from './terminal.ts'

export type BankScript = (call: Call, bank: Bank) => Promise<void>

/** `script`: the line under test, when it is not the one in the tree. */
export function bankCalls(script: BankScript = bankLine): Line<Bank, BankMind> {
  return {
    name: 'bank',
    dialled: '9001',
    spec: bankSpec,
    script: (call, bank) => script(atTerminal(call, bank), bank),
    scenarios: Object.keys(scenarios),
    variants: bankVariants,
    third: afterTwoWrongPins,
    isAsElsewhere,
    hasClerks: scenario => scenarios[scenario]?.care !== undefined,
    open: openScenario,
  }
}

async function openScenario(name: string): Promise<Place<Bank, BankMind>> {
  const scenario = scenarios[name]
  if (!scenario) throw new Error(`there is no scenario ${name}`)
  const runtime = new VirtualRuntime()
  const world = await openWorld({ runtime, hosted: scenario.hosted ?? false })
  const caller = scenario.caller(world)
  const { account } = caller
  const seen: Request[] = []
  let isBegun = false
  let balanceBefore = 0n

  const begin = async () => {
    if (isBegun) return
    isBegun = true
    await scenario.before?.(world, caller)
    balanceBefore = await balanceOf(world, account)
  }
  const pinNow = () => {
    const changed = seen.findLast(
      ({ method, result }) => method === 'changePin' && (result as PinChange)?.outcome === 'changed',
    )
    return changed ? (changed.facts['next'] as Secret).reveal() : caller.pin
  }
  return {
    runtime,
    start: async (process, afterDeath) => {
      if (afterDeath) await world.restart('bank', process)
      const bank = scenario.bank?.(world.bank) ?? world.bank
      if (scenario.care) return withCare(bank, world, process, scenario.care)
      return scenario.terminal ? withTerminal(bank, scenario.terminal) : bank
    },
    assistance: careOf(scenario, runtime),
    mind: async () => {
      await begin()
      const vouchers = await world.bank.vouchers(account)
      const { terminal } = scenario
      const known = { language: undefined, bankName: world.bank.name, vouchers: vouchers.toReversed() }
      const { care } = scenario
      return { ...known, ...(terminal && { terminal }), ...(care && { care, hasClerks: true }) }
    },
    keys: (answer, pressed) => bankKeys(answer, name, { ...factsOf(world), account, pin: pinNow() }, pressed),
    saw: request => seen.push(request),
    goOn: step => goOn(step, name),
    secrets: async () => [
      ...Object.values(world.customers).map(({ pin }) => pin),
      ...(await world.bank.vouchers(account)).flatMap(voucher =>
        voucher.state === 'unconfirmed' ? [voucher.password.reveal()] : [],
      ),
      ...(await Promise.all(
        (await world.bank.vouchers(account)).map(async ({ number }) => (await backupInStock(world, number)) ?? ''),
      )),
    ],
    inspect: lives => inspect(world, account, balanceBefore, seen, lives),
    close: () => world.close(),
  }
}

function careOf({ care }: Scenario, runtime: VirtualRuntime): Place<Bank, BankMind>['assistance'] {
  return care && ((bank, process) => assistanceIn(care, bank as BankWithCare, process, runtime))
}

/** Signs in, writes down what is told, and leaves. */
function goOn(step: string, scenario: string): Answer | undefined {
  switch (step) {
    case 'language.choose':
    case 'voucher.written':
      return { step, answer: 'key-1' }
    case 'sign-in.account':
      return { step, answer: 'valid' }
    case 'sign-in.again':
      return scenario === 'stranger' || scenario.startsWith('busy')
        ? undefined
        : { step, answer: 'valid', variant: 'pin' }
    case 'sign-in.pin':
      return scenario === 'stranger' || scenario.startsWith('busy') ? undefined : { step, answer: 'valid' }
    default:
      return undefined
  }
}

const factsOf = ({ customers: { bo }, unknownAccount, payee }: World) => ({
  otherAccount: bo.account,
  unknownAccount,
  payee: payee.number,
})

async function balanceOf({ bank }: World, account: AccountNumber): Promise<bigint> {
  return (await bank.balance(account).catch(() => money(0n))).minor
}

/** The books of both institutions; the caller's balance; and that nothing sold was lost, sold twice, or confirmed untold. */
async function inspect(
  world: World,
  account: AccountNumber,
  balanceBefore: bigint,
  seen: readonly Request[],
  lives: readonly Life<BankMind>[],
): Promise<string[]> {
  const findings = [...(await world.auditedOnce())]
  const called = seen.filter(({ method, result }) => method === 'askForCallBack' && isNoted(result))
  const noted = (await world.harbour.callBacks.open()).map(({ telephone }) => telephone)
  const wished = new Set(called.map(({ facts }) => facts['telephone']))
  if (noted.length !== wished.size || !noted.every(each => wished.has(each)))
    findings.push('a call-back was lost, or nobody wished it')
  const sales = distinctByIntent(seen, 'sellVoucher').filter(({ result }) => (result as Sale)?.outcome === 'sold')
  const transfers = distinctByIntent(seen, 'transfer').filter(
    ({ result }) => (result as Transfer)?.outcome === 'transferred',
  )
  const spent = [...sales, ...transfers].reduce(
    (sum, { facts }) => sum + (facts['amount'] as { minor: bigint }).minor,
    0n,
  )
  if (balanceBefore - spent !== (await balanceOf(world, account))) findings.push('the balance is not what was left')

  const kept = await world.bank.vouchers(account)
  const confirmed = new Set(
    seen.filter(({ method, result }) => method === 'confirmHeard' && result).map(({ facts }) => facts['voucher']),
  )
  const numbers = new Set<string>()
  for (const { result } of sales) {
    const { voucher } = result as Sale & { outcome: 'sold' }
    if (numbers.has(voucher.number)) findings.push('one voucher was sold twice')
    numbers.add(voucher.number)
    const now = kept.find(({ id }) => id === voucher.id)
    if (now?.state !== (confirmed.has(voucher.id) ? 'confirmed' : 'unconfirmed'))
      findings.push('a sold voucher was lost, or confirmed by nobody')
    if (now?.state === 'unconfirmed' && now.password.reveal() !== voucher.password.reveal())
      findings.push('a voucher changed its password')
  }
  for (const { id } of kept)
    if (confirmed.has(id) && !wasHeard(id, seen, lives)) findings.push('a voucher was confirmed unheard')
  return findings
}

const isNoted = (result: unknown) => (result as CallBackAsked | undefined)?.outcome === 'noted'

/** Before the bank was told that the caller has it, one prompt with its password had been heard to the end. */
function wasHeard(voucher: string, seen: readonly Request[], lives: readonly Life<BankMind>[]): boolean {
  const first = seen.find(({ method, facts }) => method === 'confirmHeard' && facts['voucher'] === voucher)
  if (!first) return true
  const life = lives.find(({ entries }) => entries.some(entry => entry.what === 'request' && entry.request === first))
  return (
    life?.line.heard.some(
      prompt =>
        prompt.phrases.includes('voucher.password') &&
        prompt.ended === 'finished' &&
        (prompt.endedAtMs ?? Number.POSITIVE_INFINITY) <= first.atMs,
    ) ?? false
  )
}
