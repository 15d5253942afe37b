/**
 * Books of a payee that went back in time, and of its bank, which sent everything again: a voucher was released by two people, a
 * loss booked, a line of the bank's file has no place and is a loss, too, an activation is held above the ceiling, a grant was refused and given again. In the end the bank
 * leaves the payee.
 */
import { bothSign, type TwoPeople } from '../../../demo/two-people.ts'
import { yuan } from '../../../src/money.ts'
import { payWith, settleAll } from '../../support/day-end.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { bankSettings } from '../../support/network/settings.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

/** `use` gets them while they are open. */
export function withRecovered<T>(use: (recovered: World) => Promise<T>): Promise<T> {
  const runtime = new VirtualRuntime({ seed: 112 })
  let isCutOff = false
  return runtime.run(async () => {
    const world = await openWorld({ runtime, weather: { next: () => (isCutOff ? { lost: 'there' } : {}) } })
    await refuseAGrant(world)
    await loseAndRelease(world, runtime, is => {
      isCutOff = is
    })
    isCutOff = true
    // Sold under the old grant, and told to the payee after it had lowered what the bank may owe.
    await buy(world, 'held')
    await runtime.sleep(100)
    await world.reconfigureMerchant({ ceilings: { each: 17_000n } })
    isCutOff = false
    await letters(world)
    await world.lantern.nightly()
    await loseAKey(world)
    await decide(world, world.harbour, world.staff, 'leave-payee', { payee: 'lantern' })
    await letters(world)
    const made = await use(world)
    await world.close()
    return made
  })
}

/** The bank sells no vouchers of the payee when it hears what it may owe, and is told again once it does. */
async function refuseAGrant(world: World): Promise<void> {
  const [usual] = bankSettings({ banks: 1, payees: 1, denominations: [2_000n, 5_000n, 10_000n, 20_000n] })
  await world.reconfigureBank({ payees: [] })
  await world.reconfigureMerchant({ ceilings: { each: 93_000n } })
  await letters(world)
  await world.reconfigureBank({ payees: usual?.payees ?? [] })
  await letters(world)
  await world.lantern.nightly()
  await letters(world)
}

async function loseAndRelease(world: World, runtime: VirtualRuntime, cut: (isCutOff: boolean) => void): Promise<void> {
  const before = await world.lantern.store.snapshot()
  // Told by a day-end file, which the bank keeps.
  await payWith(world, world.vouchers.confirmed, 'lost and told', yuan(10n))
  await payWith(world, world.vouchers.confirmed, 'lost and told, too', yuan(30n))
  runtime.jumpWallClock(86_400_000)
  await world.lantern.nightly()
  await settleAll(world)
  const { number: voucher } = await buy(world, 'lost')
  await buy(world, 'lost, too')
  await letters(world)
  cut(true)
  await world.putBack('merchant', before)
  await world.lantern.recovery.open
  // By the time that the bank tells of it, there is no room for the second payment.
  await payWith(world, world.vouchers.confirmed, 'spent again', yuan(40n))
  cut(false)
  await runtime.sleep(60_000)
  // A batch that was lost is made anew.
  for (let i = 0; i < 3; i++) {
    await letters(world)
    await world.lantern.ordersFilled()
  }
  await settleAll(world)
  const { lantern, shopStaff } = world
  await decide(world, lantern, shopStaff, 'take-held', { bank: 'harbour' })
  await settleAll(world)
  await decide(world, lantern, shopStaff, 'book-loss', {
    of: { voucher },
    way: 'take',
    minor: 5_000n,
    why: 'paid on slip 104',
  })
  await decide(world, lantern, shopStaff, 'release-recovery', { voucher })
}

/** Of a voucher that was sold and never told. */
async function loseAKey(world: World): Promise<void> {
  const { number } = world.vouchers.unconfirmed
  const [row] = await world.harbour.store.read(tx =>
    tx.all<{ key: string }>('SELECT password_key AS key FROM stock WHERE number = ?', number),
  )
  await world.recordKeys.destroy([row?.key ?? ''])
  await world.restart('bank')
  await letters(world)
}

async function buy({ bank, customers }: World, name: string) {
  const asked = { payee: institutionId('lantern'), amount: yuan(50n), channel: 'telephone' } as const
  const sale = await bank.sellVoucher({ intent: intentId(name), buyer: customers.ada.account, ...asked })
  if (sale.outcome !== 'sold') throw new Error(`the books could not be made: ${sale.outcome}`)
  return sale.voucher
}

async function letters({ harbour, lantern }: World): Promise<void> {
  await harbour.mail.idle()
  await lantern.mail.idle()
}

async function decide(
  { runtime }: World,
  institution: World['lantern'] | World['harbour'],
  two: TwoPeople,
  kind: string,
  request: unknown,
): Promise<void> {
  const { done, outcome } = await bothSign(institution, runtime, two, kind, request)
  if (!done) throw new Error(`the books could not be made: ${outcome}`)
}
