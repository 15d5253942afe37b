/**
 * The story of one seed: a network between whose institutions messages are lost, repeated, late and played back, each of
 * which may die at any named point or have its books put back, under clocks that jump. Callers ask again by the same ids
 * until they know. Afterwards the weather is fair, every letter arrives, and the end is held against what callers were told.
 */
import { createHash, type Hash } from 'node:crypto'
import { inspect } from 'node:util'
import { bothSign } from '../../../demo/two-people.ts'
import { moneySteps as bankSteps, interbankSteps } from '../../../src/bank/steps.ts'
import { endOfDate } from '../../../src/ledger/cut-off.ts'
import { moneySteps as payeeSteps } from '../../../src/merchant/steps.ts'
import { type BankHouse, letLettersArrive, type Network, openNetwork, staffOf } from '../../support/network/network.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { sendTo, shop, transferTo } from './callers.ts'
import { Chances } from './chances.ts'
import { faultsAtTheEnd } from './end.ts'
import { Lives } from './lives.ts'
import { payByCard } from './pay-by-card.ts'
import { PlayedBack } from './played-back.ts'
import { PutBack } from './put-back.ts'
import { refundCards } from './refund-cards.ts'
import { Told } from './told.ts'
import { customersOf, type Town, townOf } from './town.ts'
import { amplyGranted, type Disturbed, disturb, Storm, weatherOf } from './troubles.ts'

export interface Ending {
  /** What is wrong in the end, in sentences. */
  readonly faults: readonly string[]
  /** The named points at which somebody died. */
  readonly diedAt: ReadonlySet<string>
  /** Whose books were put back, how, and to when. */
  readonly putBack: readonly string[]
  /** Of all that happened: every draw and every moment, every letter's bytes, and the log that each institution has in the end. */
  readonly digest: string
}

/** Most stories have one bank and one payee, every fifth has two of each: four times as many letters. */
function shapeOf(seed: number): readonly [banks: number, payees: number] {
  return seed % 5 === 0 ? [2, 2] : [1, 1]
}

/** `onEvent` is handed what happens, to be held against another telling line by line. */
export function tell(seed: number, onEvent: (event: string) => void = () => {}): Promise<Ending> {
  const digest = createHash('sha256')
  const runtime = new VirtualRuntime({
    seed,
    onEvent: event => {
      digest.update(`${event}\n`)
      onEvent(event)
    },
  })
  return runtime.run(() => play(runtime, digest))
}

/** Where a bank and a payee are to die first: between them, the seeds visit every step. */
export function aims(seed: number): { readonly bank: string; readonly payee: string } {
  return { bank: bankSteps[seed % bankSteps.length] ?? '', payee: payeeSteps[seed % payeeSteps.length] ?? '' }
}

/** How to hear a story again. */
export function replayOf(seed: number): string {
  return `SEED=${seed} npm run simulate`
}

async function play(runtime: VirtualRuntime, digest: Hash): Promise<Ending> {
  const { seed } = runtime
  const town = await runtime.work(townOf(...shapeOf(seed)))
  const chances = new Chances(seed)
  const storm = new Storm(runtime)
  const lives = new Lives(runtime, chances.of('callers who call again'), town.staff)
  const playedBack = new PlayedBack(runtime, chances.of('replies played back'), () => network)
  const weather = weatherOf(storm, chances, lives, playedBack)
  const network: Network = await openNetwork(town.plan, town.network, {
    runtime,
    runtimeOf: id => lives.runtimeOf(id),
    weather,
  })
  lives.begin(network)
  const told = new Told()
  const putBack = new PutBack(network, town.network, lives, told)
  for (const [houses, point] of [
    [network.banks, aims(seed).bank],
    [network.payees, aims(seed).payee],
  ] as const) {
    const first = houses[seed % houses.length]
    if (first) lives.killAt(first.id, point)
  }
  // Two banks send each other money, and the second dies somewhere on that way.
  const [, second] = network.banks
  if (second) lives.killAt(second.id, interbankSteps[Math.floor(seed / 5) % interbankSteps.length] ?? '')
  const scene = { runtime, network, lives, putBack, told, storm, chances, town }
  const faults = await untilTheEnd(scene).catch((error: unknown) => [inspect(error)])
  for (const { bytes, answer = 'none' } of network.mail.carried) digest.update(bytes).update(answer)
  for (const { running } of network.houses) digest.update(running.store.head()?.hash ?? 'none')
  await network.close()
  return {
    faults: [...playedBack.faults, ...faults],
    ...{ diedAt: lives.diedAt, putBack: putBack.done, digest: digest.digest('hex') },
  }
}

interface Scene extends Disturbed {
  readonly told: Told
  readonly storm: Storm
  readonly chances: Chances
  readonly town: Town
}

async function untilTheEnd(scene: Scene): Promise<readonly string[]> {
  const { network, lives, told, storm, chances, town } = scene
  const clerks = network.payees.map(payee => refundCards(scene, chances.of(`the clerk of ${payee.id}`), payee, 3))
  const calling = Promise.all([...clerks, ...network.banks.flatMap(bank => callersOf(scene, bank))]).finally(() => {
    storm.end()
  })
  await Promise.all([calling, disturb(scene, storm, chances)])
  lives.end()
  await letAllArrive(scene)
  // With room for all that was sold, every activation that was held is a voucher.
  for (const payee of network.payees) {
    payee.change({ ceilings: { each: amplyGranted } })
    await lives.startAnew(payee, life => payee.restart(life))
  }
  await endTheLastDate(scene)
  await letAllArrive(scene)
  if (told.hasLost) {
    await takeWhatIsHeld(scene)
    await letAllArrive(scene)
  }
  return faultsAtTheEnd(network, told, town, scene.putBack.restored)
}

const day = 86_400_000

/** Once the last date is over on which anything was booked, be it by a clock that was ahead, all that was paid is cleared. */
async function endTheLastDate({ runtime, network }: Scene): Promise<void> {
  for (const { running } of network.houses) {
    const last = await running.store.read(tx =>
      tx.one<{ date: string }>('SELECT max(business_date) AS date FROM journal'),
    )
    const over = endOfDate({ timeZone: 'UTC', cutOffMinutes: 0 }, last?.date ?? '') + 2 * day
    if (runtime.wallNow() < over) runtime.jumpWallClock(over - runtime.wallNow())
  }
}

/** Where a payee's books cannot carry what its bank holds of lost ones, two people let it go on. */
async function takeWhatIsHeld({ runtime, network, town }: Scene): Promise<void> {
  for (const { running } of network.payees)
    for (const { id: bank } of network.banks) {
      const became = await bothSign(running, runtime, staffOf(town.staff, running), 'take-held', { bank })
      if (became.outcome !== 'taken' && became.outcome !== 'nothing-waits') throw new Error(`${became.outcome}`)
    }
}

function callersOf({ network, town, chances, ...line }: Scene, bank: BankHouse): Promise<void>[] {
  const { ada, bo, cai, card } = customersOf(town, bank.id)
  const chance = (name: string) => chances.of(`${name} of ${bank.id}`)
  const habits = (who: string) => ({ after: chance(`what ${who} looks after`), ends: chance(`what ${who} ends`) })
  const others = network.banks.filter(other => other !== bank)
  return [
    shop(line, chance('ada'), habits('ada'), bank, network.payees, ada, 5),
    shop(line, chance('cai'), habits('cai'), bank, network.payees, cai, 5),
    payByCard(line, chance('dee, by card'), bank, network.payees, card, 3),
    transferTo(line, chance('ada, who pays bo'), bank, ada, bo, 5),
    ...others.map(({ id }) => sendTo(line, chance(`cai, who pays at ${id}`), bank, cai, customersOf(town, id).bo, 4)),
  ]
}

/** Hours, where letters take seconds. One that never arrives is tried again for ever, and would keep the story from its end. */
const longestWayMs = 6 * 3_600_000

/** Fair weather, nobody dies: every letter arrives. @throws Error when one does not */
async function letAllArrive({ runtime, network, lives }: Scene): Promise<void> {
  network.mail.mostBytes = Number.POSITIVE_INFINITY
  const haveArrived = new AbortController()
  const tooLong = runtime.sleep(longestWayMs, haveArrived.signal).then(() => {
    throw new Error('a letter never arrives')
  })
  const arriving = async () => {
    await lives.allServing()
    for (let i = 0; i < 3; i++) {
      for (const { running } of network.houses) await running.nightly()
      await letLettersArrive(network)
    }
  }
  await Promise.race([arriving(), tooLong]).finally(() => haveArrived.abort())
}
