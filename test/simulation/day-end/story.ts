/**
 * One night, in which an institution may die at any point that it passes: its day's end goes on from what was committed. The
 * wall clock stands still, so that what is stamped with the time is the same however long it took.
 */
import { decodeCanonical, encodeCanonical } from '../../../src/canonical.ts'
import type { RunningInstitution } from '../../../src/institution/premises.ts'
import { yuan } from '../../../src/money.ts'
import type { Runtime } from '../../../src/runtime.ts'
import type { Store } from '../../../src/store/store.ts'
import {
  bankFiles,
  buy,
  manyPayments,
  payeeFiles,
  payWith,
  reverse,
  rowsOf,
  settleAll,
  terminate,
} from '../../support/day-end.ts'
import { intentId } from '../../support/ids.ts'
import type { Weather } from '../../support/in-process-mail.ts'
import { MortalRuntime } from '../../support/mortal-runtime.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'
import { arePaid, faultsOfHost, hostedLettersArrive } from './hosted.ts'

/** A runtime whose wall clock shows what it is set to. */
class SteadyClock implements Runtime {
  readonly #runtime: Runtime
  nowMs: number

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.nowMs = runtime.wallNow()
  }

  wallNow = () => this.nowMs
  monotonicMs = () => this.#runtime.monotonicMs()
  sleep = (ms: number, signal?: AbortSignal) => this.#runtime.sleep(ms, signal)
  random = (byteCount: number) => this.#runtime.random(byteCount)
  work = <T>(promise: Promise<T>) => this.#runtime.work(promise)
  offThread = <T>(promise: Promise<T>) => this.#runtime.offThread(promise)
  reached = () => {}
}

class Passing extends MortalRuntime {
  readonly runtime: Runtime
  readonly passed: string[] = []
  /** What is done at one of the points, by its place among them. */
  at: { readonly point: number; readonly passes: () => void } | undefined

  constructor(runtime: Runtime) {
    super(runtime)
    this.runtime = runtime
  }

  override reached(point: string): void {
    this.passed.push(point)
    if (this.at?.point === this.passed.length - 1) this.at.passes()
    super.reached(point)
  }
}

/** Whose clock goes on whenever it is looked at: a slice of work has time for one row. */
class Hurried extends Passing {
  #lookedAt = 0

  override monotonicMs = () => this.runtime.monotonicMs() + 2 * this.#lookedAt++
}

export type Which = 'bank' | 'merchant'

export interface Mishap {
  /** So many payments more than the few of the story: enough of them, and the file comes in pieces. */
  readonly payments?: number
  readonly dies?: { readonly which: Which; readonly after: number }
  readonly weather?: Weather
  /** Deliveries that were recorded come again, last first, while the night goes on. */
  readonly replays?: boolean
  /**
   * The night was quiet, and then the payee's books went back to before it, or to one of the points that it had passed in it: the
   * mishap befalls it while it takes its files again. `slowly`: a slice of that night's work had time for one row.
   */
  readonly lost?: boolean | { readonly to?: number; readonly slowly?: boolean }
  /** So many nights more, in which nothing was paid. */
  readonly nights?: number
  /** The payee is a host, of three private payees. */
  readonly hosted?: boolean
}

export interface Night {
  /** Every row that must not depend on what happened on the way. */
  readonly rows: readonly string[]
  readonly faults: readonly string[]
  /** The named points that each passed. */
  readonly passed: Readonly<Record<Which, readonly string[]>>
  /** Of the payee, in the night that its books lost. */
  readonly lostPoints: readonly string[]
  readonly diedAt: string | undefined
}

/** How commits were grouped, and what people are told of it, may differ; so may which heads others hold. */
const leftOut = new Set([
  ...['change_log', 'change_statement', 'clearing_alarm', 'clearing_log_head', 'clearing_head', 'sealed_letter'],
])
const day = 86_400_000

export function playNight(mishap: Mishap): Promise<Night> {
  const { dies, weather, replays, lost = false, hosted = false, payments = 0, nights = 0 } = mishap
  const virtual = new VirtualRuntime({ seed: 11 })
  return virtual.run(async () => {
    const clock = new SteadyClock(virtual)
    const isSlow = typeof lost === 'object' && lost.slowly === true
    const lives = { bank: new Passing(clock), merchant: isSlow ? new Hurried(clock) : new Passing(clock) }
    let stormy = false
    const world = await openWorld({
      ...{ runtime: clock, bankRuntime: lives.bank, hosted },
      ...(hosted ? { hostRuntime: lives.merchant } : { merchantRuntime: lives.merchant }),
      weather: { next: delivery => (stormy && weather ? weather.next(delivery) : {}) },
    })
    const payee = () => (hosted ? world.neighbours() : world.lantern)
    const partOf = (which: Which) => (which === 'merchant' && hosted ? 'host' : which)
    if (hosted) await arePaid(world, payments)
    else {
      await business(world)
      await manyPayments(world, world.vouchers.confirmed.number, payments)
    }
    let before = payee().store.snapshot()
    await before
    clock.nowMs += day
    let lostPoints: readonly string[] = []
    if (lost !== false) {
      lives.merchant.passed.length = 0
      if (typeof lost === 'object' && lost.to !== undefined)
        lives.merchant.at = {
          point: lost.to,
          passes: () => {
            before = payee().store.snapshot()
          },
        }
      await quietNight(world, payee)
      lostPoints = lives.merchant.passed
      lives.merchant = new Passing(clock)
      await world.putBack(partOf('merchant'), await before, lives.merchant)
    }
    for (const life of Object.values(lives)) life.passed.length = 0
    if (dies) lives[dies.which].dieAfter(dies.after)
    stormy = true
    let diedAt: string | undefined
    const woken = { bank: false, merchant: false }
    for (let round = 0; round < 400; round++) {
      for (const which of ['bank', 'merchant'] as const) {
        const { deadAt } = lives[which]
        if (deadAt === undefined) continue
        diedAt ??= deadAt
        lives[which] = new Passing(clock)
        await world.restart(partOf(which), lives[which])
      }
      for (const which of ['merchant', 'bank'] as const) {
        const { nightly } = which === 'bank' ? world.harbour : payee()
        woken[which] ||= await nightly().then(
          () => true,
          () => false,
        )
      }
      if (replays) {
        const { carried } = world.mail
        for (const { to, bytes } of carried.slice(-10).reverse()) await world.mail.again(to, bytes).catch(() => {})
      }
      await virtual.sleep(500)
      if (woken.bank && woken.merchant && (await isOver(world.harbour, payee()).catch(() => false))) break
    }
    for (let night = 0; night < nights; night++) {
      clock.nowMs += day
      await quietNight(world, payee)
    }
    const dumps = await Promise.all([world.harbour, payee()].map(({ store }) => dump(store)))
    const faults = await (hosted ? faultsOfHost(world) : faultsOf(world))
    await world.close()
    return {
      ...{ rows: dumps.flat(), faults, diedAt, lostPoints },
      passed: { bank: lives.bank.passed, merchant: lives.merchant.passed },
    }
  })
}

async function quietNight(world: World, payee: () => Party): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await payee().nightly()
    await world.harbour.nightly()
    await (payee() === world.lantern ? settleAll(world) : hostedLettersArrive(world))
  }
}

type Party = Pick<RunningInstitution, 'store' | 'nightly'>

/** Payments, a reversal, an ended voucher, a refund of the day before. */
async function business(world: World): Promise<void> {
  const { confirmed, unconfirmed } = world.vouchers
  await payWith(world, unconfirmed, 'the day before', yuan(20n))
  await world.harbour.mail.idle()
  for (let i = 0; i < 5; i++) await payWith(world, confirmed, `payment ${i}`, yuan(3n))
  await reverse(world, confirmed.number, 300n)
  const ended = await buy(world, 'ended', yuan(20n))
  await payWith(world, ended, 'before the end', yuan(1n))
  await terminate(world, ended.number, 1_900n)
  await world.lantern.clerk.refund({
    ...{
      intent: intentId('refund'),
      of: { voucher: unconfirmed.number },
      amount: yuan(1n),
      clerk: 'lin',
      reason: 'torn',
    },
  })
  // What the night would order is drawn by chance: it is ordered before.
  await world.harbour.teller.replenish()
  await world.harbour.mail.idle()
  await world.lantern.ordersFilled()
  await world.lantern.mail.idle()
}

async function isOver(harbour: Party, payee: Party): Promise<boolean> {
  const waiting = async (store: Store) =>
    (await store.read(tx => tx.all('SELECT sequence FROM clearing_outbox WHERE outcome IS NULL'))).length
  const [files, theirs] = [await payeeFiles(payee.store), await bankFiles(harbour.store)]
  return (
    files.length > 0 &&
    files.length === theirs.length &&
    files.every(({ state }) => state === 'reconciled') &&
    theirs.every(({ state }) => state === 'result sent') &&
    (await waiting(payee.store)) + (await waiting(harbour.store)) === 0
  )
}

async function dump(store: Store): Promise<readonly string[]> {
  const rows = await store.read(tx => rowsOf(tx, leftOut))
  return rows.map(withoutHeads)
}

/** A receipt names the head of its writer's ledger at that moment: two results that waited for a dead payee are taken before either is booked. */
function withoutHeads(row: string): string {
  return row
    .replace(/ receipt=x([0-9a-f]+)/, (_, hex: string) => {
      const { heads: _heads, ...receipt } = decodeCanonical(Buffer.from(hex, 'hex')) as Record<string, unknown>
      return ` receipt=x${Buffer.from(encodeCanonical(receipt)).toString('hex')}`
    })
    .replace(/ receipt_signature=x[0-9a-f]+/, '')
}
