/**
 * What comes before a night is the same each time: a day's business, and the night that books lose afterwards. It is done once in a
 * process, and opened anew for each night.
 */
import type { RunningInstitution } from '../../../src/institution/premises.ts'
import { yuan } from '../../../src/money.ts'
import { buy, manyPayments, payWith, reverse, settleAll, terminate } from '../../support/day-end.ts'
import { intentId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { type FrozenWorld, openWorld, type World } from '../../support/world.ts'
import { arePaid, hostedLettersArrive } from './hosted.ts'
import { Hurried, Passing, SteadyClock } from './passing.ts'

export const day = 86_400_000

interface Before {
  /** The payee is a host, of three private payees. */
  readonly hosted: boolean
  /** So many payments more than the few of the story. */
  readonly payments: number
  /** A night that was quiet, and that the payee's books lose. `slowly`: a slice of its work had time for one row. */
  readonly lost?: 'quickly' | 'slowly' | undefined
}

interface Eve {
  readonly world: FrozenWorld
  /** The payee's books: before the night that they lose, and as they stood at each point of the day's end, by its place. */
  readonly books: ReadonlyMap<number | 'before', Uint8Array>
  /** The named points that the payee passed in that night. */
  readonly lostPoints: readonly string[]
}

const eves = new Map<string, Promise<Eve>>()

export function eveOf(before: Before): Promise<Eve> {
  const key = JSON.stringify(before)
  const making = eves.get(key) ?? (before.lost === undefined ? afterBusiness(before) : afterNight(before))
  eves.set(key, making)
  return making
}

function afterBusiness({ hosted, payments }: Before): Promise<Eve> {
  const virtual = new VirtualRuntime({ seed: 11 })
  return virtual.run(async () => {
    const world = await openWorld({ runtime: new SteadyClock(virtual), hosted })
    if (hosted) await arePaid(world, payments)
    else {
      await business(world)
      await manyPayments(world, world.vouchers.confirmed.number, payments)
    }
    return { world: await world.freeze(), books: new Map(), lostPoints: [] }
  })
}

async function afterNight({ hosted, payments, lost }: Before): Promise<Eve> {
  const { world: from } = await eveOf({ hosted, payments })
  const virtual = new VirtualRuntime({ seed: 12 })
  return virtual.run(async () => {
    const clock = new SteadyClock(virtual)
    clock.nowMs += day
    const life = lost === 'slowly' ? new Hurried(clock) : new Passing(clock)
    const world = await openWorld({ ...{ runtime: clock, hosted, from }, [runtimeOfPayee(hosted)]: life })
    const payee = () => payeeIn(world, hosted)
    const books = new Map([['before' as number | 'before', payee().store.snapshot()]])
    await books.get('before')
    life.passed.length = 0
    life.passes = (point, place) => {
      if (point.startsWith('day-end')) books.set(place, payee().store.snapshot())
    }
    await quietNight(world, payee)
    const lostPoints = [...life.passed]
    const taken = await Promise.all([...books].map(async ([place, bytes]) => [place, await bytes] as const))
    return { world: await world.freeze(), books: new Map(taken), lostPoints }
  })
}

/** Under which name a world is told whose life its payee has. */
export const runtimeOfPayee = (hosted: boolean) => (hosted ? 'hostRuntime' : 'merchantRuntime')

export const payeeIn = (world: World, hosted: boolean): Party => (hosted ? world.neighbours() : world.lantern)

export async function quietNight(world: World, payee: () => Party): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await payee().nightly()
    await world.harbour.nightly()
    await (payee() === world.lantern ? settleAll(world) : hostedLettersArrive(world))
  }
}

export type Party = Pick<RunningInstitution, 'store' | 'nightly'>

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
