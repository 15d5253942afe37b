/**
 * What is settled at a bank, paid out by it and to come back through it is proved by results and rows, and by no posting's own word:
 * postings that the ledger takes like any other are found by the audit alone.
 */
import { expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { openAccount } from '../../../src/ledger/accounts.ts'
import { businessDate } from '../../../src/ledger/business-date.ts'
import { type AccountId, accountId } from '../../../src/ledger/chart.ts'
import { mainChain } from '../../../src/ledger/journal.ts'
import { credit, debit, post } from '../../../src/ledger/post.ts'
import { clearingFee, paidOutBy, returningBy, revenueFrom, settledAt } from '../../../src/merchant/shop.ts'
import { money, yuan } from '../../../src/money.ts'
import { now } from '../../../src/runtime.ts'
import { payWith, settleAll, terminate } from '../../support/day-end.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const bank = institutionId('harbour')

async function night({ lantern, harbour }: World, runtime: VirtualRuntime): Promise<void> {
  runtime.jumpWallClock(86_400_000)
  await lantern.nightly()
  await harbour.nightly()
  await settleAll({ lantern, harbour })
}

/** Paid and cleared, paid out but for 3 yuan, a refund that is short and one that is paid; then one, and an ended voucher, that wait. */
async function days(world: World, runtime: VirtualRuntime): Promise<void> {
  const { number } = world.vouchers.confirmed
  const refund = (name: string, whole: bigint) =>
    world.lantern.clerk.refund({
      ...{ intent: intentId(name), of: { voucher: number }, amount: yuan(whole), clerk: 'mei', reason: 'torn' },
    })
  await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
  await night(world, runtime)
  const payout = { payee: 'lantern', account: world.customers.dora.account, minor: 700n }
  await bothSign(world.harbour, runtime, world.staff, 'pay-out', payout)
  await refund('short', 6n)
  await refund('paid', 1n)
  await night(world, runtime)
  await refund('waits', 1n)
  await terminate(world, world.vouchers.unconfirmed.number, 5_000n)
}

test.each([
  [
    'revenue',
    'day-end-refused-refunds',
    returningBy(bank),
    revenueFrom(bank),
    'refused-refunds were booked as 100, and are 0',
  ],
  ['an account', 'corrected', returningBy(bank), settledAt(bank), 'it is yet to give back 5100, and 5000 was posted'],
  ['a pocket', 'corrected', paidOutBy(bank), settledAt(bank), 'by its results it paid out 700, and 800 was posted'],
  ['a fee', 'corrected', clearingFee, settledAt(bank), 'banks kept 0, and 100 was posted'],
  ['settled', 'corrected', settledAt(bank), revenueFrom(bank), 'its results come to 200, and 300 was posted'],
  [
    'nobody',
    'corrected',
    accountId('settled', 'garden'),
    settledAt(bank),
    'of this bank there is nothing, and 100 was posted',
  ],
  ['a day that is over', 'day-end-fee', clearingFee, settledAt(bank), 'on a date that was over by then', '2020-01-01'],
] as const)('a posting to %s that no result says is found', (_to, kind, to, from, found, date = undefined) => {
  const runtime = new VirtualRuntime({ seed: 52 })
  return runtime.run(async () => {
    const world = await openWorld({ runtime })
    await days(world, runtime)
    expect(await faultsIn(world)).toEqual([])
    await insidersPosting(world, runtime, { kind, to, from, date })
    expect(await faultsIn(world)).toContainEqual(expect.stringContaining(found))
    await world.close()
  })
})

test.each([
  [
    'a payout made smaller',
    `UPDATE balance SET posted = 100 WHERE account = 'paid-out:harbour'`,
    'it paid out 700, and 100 was posted',
  ],
  [
    'a refund of another bank',
    `UPDATE refund SET bank = 'garden' WHERE minor = 600`,
    'returning:garden: it is yet to give back 600',
  ],
])('%s is found', (_what, sql, found) => {
  const runtime = new VirtualRuntime({ seed: 52 })
  return runtime.run(async () => {
    const world = await openWorld({ runtime })
    await days(world, runtime)
    await world.lantern.store.execute(tx => tx.run(sql))
    expect(await faultsIn(world)).toContainEqual(expect.stringContaining(found))
    await world.close()
  })
})

/** Made by the ledger itself, balanced and chained. */
async function insidersPosting(
  world: World,
  runtime: VirtualRuntime,
  { kind, to, from, date: dated }: { kind: string; to: AccountId; from: AccountId; date: string | undefined },
) {
  const at = now({ runtime })
  const calendar = { tenant: institutionId('lantern'), timeZone: 'Asia/Shanghai', cutOffMinutes: 23 * 60 }
  await world.lantern.store.execute(async tx => {
    const date = dated ?? (await businessDate(tx, calendar, at))
    for (const account of [to, from])
      await openAccount(tx, { chain: mainChain, account, asset: money(1n).asset, at, businessDate: date })
    const posted = await post(tx, {
      ...{ chain: mainChain, id: `day-end harbour 1 ${kind.replace('day-end-', '')}`, at, kind, businessDate: date },
      entries: [debit(to, money(100n)), credit(from, money(100n))],
    })
    if (posted.outcome !== 'posted') throw new Error(posted.outcome)
  })
}

/** But for the refund that was short, of which the payee was told. */
const faultsIn = async (world: World) => (await faultsOf(world)).filter(fault => !/alarm day-end-breaks/.test(fault))
