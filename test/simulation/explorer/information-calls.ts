/** Calls to an information line: in which worlds they begin, and what the books must say of what was heard. */

import { informationLine } from '../../../ivr/information/information-line.ts'
import type { Beginning, CatalogueItem, Information, UnitBegun } from '../../../src/merchant/information/information.ts'
import { type Money, yuan } from '../../../src/money.ts'
import type { Call } from '../../../src/phone/call.ts'
import { Secret } from '../../../src/secret.ts'
import { catalogue } from '../../support/catalogue.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { backupInStock } from '../../support/stock-passwords.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'
import { distinctByIntent, type Request } from './edge.ts'
import { elsewhere, type InformationMind, informationSpec } from './information-spec.ts'
import { merchantKeys, merchantVariants } from './merchant-keys.ts'
import type { Line, Place } from './place.ts'
import type { Life } from './recording.ts'
import { answering } from './substitute.ts'

export type InformationScript = (call: Call, payee: Information) => Promise<void>

interface Scenario {
  /** Paid with the voucher of fifty yuan before the call. */
  readonly paid?: bigint
  /** What there is to hear: of `catalogue`, by id. */
  readonly items?: readonly string[]
  readonly payee?: (payee: Information) => Information
}

const refusing = (outcome: string): Scenario => ({ payee: payee => answering(payee, 'beginListening', { outcome }) })

const scenarios: Readonly<Record<string, Scenario>> = {
  regular: {},
  'by ten seconds': { items: ['advice'] },
  /** The jobs last for three minutes, and cost ten yuan for each. */
  'two minutes': { paid: 25n, items: ['jobs', 'riddle'] },
  'one minute': { paid: 35n, items: ['jobs', 'riddle'] },
  'to the last fen': { paid: 20n, items: ['jobs', 'riddle'] },
  'too little': { paid: 45n, items: ['jobs', 'riddle'] },
  'over before it began': { payee: payee => answering(payee, 'payUnit', { outcome: 'ended' }) },
  'locked since': refusing('locked'),
  'under review since': refusing('under-review'),
  'not there any more': refusing('unknown-item'),
  'session over': refusing('session-ended'),
}

/** `script`: the line under test, when it is not the one in the tree. */
export function informationCalls(script: InformationScript = informationLine): Line<Information, InformationMind> {
  return {
    name: 'information',
    dialled: '1680',
    spec: informationSpec,
    elsewhere,
    script,
    scenarios: Object.keys(scenarios),
    variants: (step, answer, scenario) =>
      elsewhere.has(step) && !leadsOn.has(`${step}=${answer}`) ? [] : merchantVariants(step, answer, scenario),
    open: openScenario,
  }
}

/** The ways that lead to what this line has of its own. */
const leadsOn = new Set([
  ...['language.choose=key-1', 'merchant.menu=key-1', 'voucher.ask-number=valid', 'voucher.ask-password=valid'],
])

async function openScenario(name: string): Promise<Place<Information, InformationMind>> {
  const scenario = scenarios[name]
  if (!scenario) throw new Error(`there is no scenario ${name}`)
  const runtime = new VirtualRuntime()
  const { items = catalogue.map(({ id }) => id) } = scenario
  const offered = items.flatMap(wanted => catalogue.filter(({ id }) => id === wanted))
  const world = await openWorld({ runtime, payee: { catalogue: offered } })
  const voucher = world.vouchers.confirmed
  const backup = (await backupInStock(world, voucher.number)) ?? ''
  const seen: Request[] = []
  let leftBefore: bigint | undefined
  const payee = () => {
    const { information } = world.lantern
    if (information === undefined) throw new Error('the payee has no catalogue')
    return information
  }
  return {
    runtime,
    start: async (_, afterDeath) => {
      if (afterDeath) await world.restart('merchant')
      return scenario.payee?.(payee()) ?? payee()
    },
    mind: async () => {
      if (leftBefore === undefined) {
        if (scenario.paid !== undefined) await pay(world, scenario.paid)
        leftBefore = await worthOf(world)
      }
      return { language: undefined, merchantName: world.merchant.name, catalogue: payee().catalogue }
    },
    keys: (answer, pressed) => merchantKeys(answer, name, { ...voucher, backup }, pressed),
    saw: request => seen.push(request),
    goOn: step => (step === 'language.choose' ? { step, answer: 'key-1' } : undefined),
    secrets: async () => [voucher.password, backup],
    inspect: async lives => inspect(world, leftBefore ?? 0n, seen, lives, payee().catalogue),
    close: () => world.close(),
  }
}

async function pay({ merchant, vouchers: { confirmed } }: World, whole: bigint): Promise<void> {
  const { number, password } = confirmed
  const opening = await merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  await merchant.pay({ intent: intentId('before'), session: opening.session, amount: yuan(whole) })
}

/** What the voucher's account says, in minor units, less what was begun to be heard and is not captured yet. */
async function worthOf({ lantern, vouchers: { confirmed } }: World): Promise<bigint> {
  const account = `voucher-liability:${confirmed.number}`
  const row = await lantern.store.read(tx =>
    tx.one<{ worth: bigint }>(
      `SELECT posted - (SELECT coalesce(sum(started - captured), 0) FROM reservation WHERE debit = account AND state = 'open') AS worth
       FROM balance WHERE account = ?`,
      account,
    ),
  )
  return row?.worth ?? 0n
}

/** The books of both institutions; that a voucher is worth what was not heard; that nobody paid for what nobody heard. */
async function inspect(
  world: World,
  leftBefore: bigint,
  seen: readonly Request[],
  lives: readonly Life<InformationMind>[],
  items: readonly CatalogueItem[],
): Promise<string[]> {
  const findings = [...(await world.auditedOnce())]
  const itemOf = new Map<unknown, CatalogueItem>()
  for (const { facts, result } of distinctByIntent(seen, 'beginListening')) {
    const begun = result as Beginning
    const item = items.find(({ id }) => id === facts['item'])
    if (begun.outcome === 'begun' && item) itemOf.set(begun.listening, item)
  }
  const begun = new Map<string, CatalogueItem>()
  for (const { method, facts, result } of seen) {
    const item = itemOf.get(facts['listening'])
    if (method !== 'unitBegun' || (result as UnitBegun | undefined)?.outcome !== 'begun' || !item) continue
    begun.set(`${facts['listening']} ${facts['unit']}`, item)
  }
  const owed = [...begun.values()].reduce((sum, { price }: { price: Money }) => sum + price.minor, 0n)
  if ((await worthOf(world)) !== leftBefore - owed) findings.push('the voucher is not worth what is left of it')

  const playedMs = lives
    .flatMap(({ line }) => line.heard.filter(({ phrases, text }) => phrases.includes('listen.work') || text === '…'))
    .reduce((sum, { beganAtMs, endedAtMs }) => sum + (endedAtMs ?? world.runtime.monotonicMs()) - beganAtMs, 0)
  const units = [...begun.values()].reduce((sum, { unitMs = 0 }) => sum + unitMs, 0)
  const longest = Math.max(0, ...[...begun.values()].map(({ unitMs = 0 }) => unitMs))
  if (units - itemOf.size * longest > playedMs) findings.push('more was charged than was heard')
  if (begun.size > 0 && playedMs === 0) findings.push('something was charged, and nothing was heard')

  const isForsaken = seen.some(request => request.failed === true || !('result' in request))
  if (lives.every(({ end }) => end === 'ended') && !isForsaken && (await isHeld(world)))
    findings.push('the call is over, and money is still held for it')
  return findings
}

async function isHeld({ lantern }: World): Promise<boolean> {
  const open = "SELECT 1 AS held FROM reservation WHERE state = 'open' LIMIT 1"
  return (await lantern.store.read(tx => tx.one(open))) !== undefined
}
