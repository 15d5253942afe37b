/**
 * One night, in which an institution may die at any point that it passes: its day's end goes on from what was committed. The
 * wall clock stands still, so that what is stamped with the time is the same however long it took.
 */
import { decodeCanonical, encodeCanonical } from '../../../src/canonical.ts'
import type { Store } from '../../../src/store/store.ts'
import { bankFiles, payeeFiles, rowsOf } from '../../support/day-end.ts'
import type { Weather } from '../../support/in-process-mail.ts'
import { byNight } from '../../support/night.ts'
import { faultsOf, type HowProved } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld } from '../../support/world.ts'
import { day, eveOf, type Party, payeeIn, quietNight, runtimeOfPayee } from './eve.ts'
import { faultsOfHost } from './hosted.ts'
import { Passing, SteadyClock } from './passing.ts'

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

export async function playNight(mishap: Mishap): Promise<Night> {
  const { dies, weather, replays, lost = false, hosted = false, payments = 0, nights = 0 } = mishap
  const isSlow = typeof lost === 'object' && lost.slowly === true
  const eve = await eveOf({ hosted, payments, lost: lost === false ? undefined : isSlow ? 'slowly' : 'quickly' })
  const virtual = new VirtualRuntime({ seed: 13 })
  return virtual.run(async () => {
    const clock = new SteadyClock(virtual)
    clock.nowMs += day
    const lives = { bank: new Passing(clock), merchant: new Passing(clock) }
    let stormy = false
    const world = await openWorld({
      ...{ runtime: clock, hosted, from: eve.world, bankRuntime: lives.bank },
      [runtimeOfPayee(hosted)]: lives.merchant,
      weather: { next: delivery => (stormy && weather ? weather.next(delivery) : {}) },
    })
    const payee = () => payeeIn(world, hosted)
    const partOf = (which: Which) => (which === 'merchant' && hosted ? 'host' : which)
    if (lost !== false) {
      const books = eve.books.get((typeof lost === 'object' ? lost.to : undefined) ?? 'before')
      if (books === undefined) throw new Error('nobody kept the books of that point')
      lives.merchant = new Passing(clock)
      await world.putBack(partOf('merchant'), books, lives.merchant)
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
    const how = provedBy(`${hosted} ${lost !== false} ${dies?.which} ${diedAt}`)
    const faults = await (hosted ? faultsOfHost(world, how) : faultsOf(world, how))
    await world.close()
    return {
      ...{ rows: dumps.flat(), faults, diedAt, lostPoints: eve.lostPoints },
      passed: { bank: lives.bank.passed, merchant: lives.merchant.passed },
    }
  })
}

const proved = new Set<string>()

/**
 * That each table is what the log makes of it is proved by day once for each named point at which somebody died, as it costs as much
 * as all the rest of a night. Whether the rows are right is seen by them.
 */
function provedBy(mishap: string): HowProved {
  if (byNight(false, proved.has(mishap))) return { withoutLog: true }
  proved.add(mishap)
  return {}
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
