/** Random days of payments, reversals, ended vouchers and refunds: every identity holds at any moment, and nothing is lost. */
import { expect, test } from 'vitest'
import { money, yuan } from '../../../src/money.ts'
import { type Runtime, randomBelow } from '../../../src/runtime.ts'
import { buy, payWith, reverse, settleAll, terminate } from '../../support/day-end.ts'
import { intentId } from '../../support/ids.ts'
import { faultsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { type KnownVoucher, openWorld, type World } from '../../support/world.ts'

const seeds = process.env['SEED'] ? [Number(process.env['SEED'])] : Array.from({ length: 12 }, (_, i) => i + 1)
const day = 86_400_000

interface Held {
  readonly voucher: KnownVoucher
  left: bigint
  /** Paid today, and on days that are over; refunded. */
  today: bigint
  paid: bigint
  refunded: bigint
}

test.each(seeds)('seed %i', { timeout: 60_000 }, async seed => {
  const runtime = new VirtualRuntime({ seed })
  await runtime.run(async () => {
    const world = await openWorld({ runtime })
    const held: Held[] = []
    for (let i = 0; i < 3; i++)
      held.push({ voucher: await buy(world, `v${i}`, yuan(20n)), left: 2_000n, today: 0n, paid: 0n, refunded: 0n })
    for (let night = 0; night < 4; night++) {
      for (let event = 0; event < 6; event++) await happen(world, runtime, held, `${night}.${event}`)
      await proveFloat(world)
      runtime.jumpWallClock(day)
      await world.lantern.nightly()
      // The float identity holds while the night goes on, too.
      await proveFloat(world)
      await settleAll(world)
      for (const each of held) Object.assign(each, { paid: each.paid + each.today, today: 0n })
      await proveFloat(world)
      expect(await faultsOf(world)).toEqual([])
    }
    await world.close()
  })
})

async function happen(world: World, runtime: Runtime, held: readonly Held[], name: string): Promise<void> {
  const each = held[randomBelow(runtime, held.length)]
  if (each === undefined) return
  const { number } = each.voucher
  const upTo = (limit: bigint) => 1n + BigInt(randomBelow(runtime, Number(limit)))
  switch (randomBelow(runtime, 6)) {
    case 0:
      if (each.today === 0n || each.left === 0n) return
      {
        const minor = upTo(each.today)
        await reverse(world, number, minor, name)
        each.today -= minor
        each.left += minor
      }
      return
    case 1:
      if (each.left === 0n || randomBelow(runtime, 3) > 0) return
      await terminate(world, number, each.left)
      each.left = 0n
      return
    case 2: {
      const most = each.paid - each.refunded
      if (most <= 0n) return
      const minor = upTo(most)
      const request = {
        intent: intentId(name),
        of: { voucher: number },
        amount: money(minor),
        clerk: 'lin',
        reason: name,
      }
      expect((await world.lantern.clerk.refund(request)).outcome).toBe('refunded')
      each.refunded += minor
      return
    }
    default: {
      // The last fen stays, so that no payment makes it exhausted.
      if (each.left < 2n) return
      const minor = upTo(each.left - 1n)
      await payWith(world, each.voucher, name, money(minor))
      each.left -= minor
      each.today += minor
    }
  }
}

/** float = remaining + authorised + captured and not posted yet + remainders of ended vouchers that are not returned yet. */
async function proveFloat({ harbour, lantern }: World): Promise<void> {
  const remaining = await posted(lantern.store, 'voucher-liability:%')
  const moved = await lantern.store.read(tx =>
    tx.one<{ captured: bigint; ended: bigint }>(
      `SELECT coalesce(sum(CASE WHEN kind = 'termination' OR kind = 'activation' THEN 0 WHEN side = 'debit' THEN minor ELSE -minor END), 0) AS captured,
         coalesce(sum(CASE WHEN kind = 'termination' THEN minor ELSE 0 END), 0) AS ended
       FROM entry JOIN journal USING (chain, seq) WHERE account LIKE 'voucher-liability:%'`,
    ),
  )
  const cleared = await harbour.store.read(tx =>
    tx.one<{ minor: bigint }>(
      `SELECT coalesce(sum(minor), 0) AS minor FROM entry JOIN journal USING (chain, seq)
       WHERE account = 'float:lantern' AND side = 'debit'`,
    ),
  )
  const owed = remaining + (moved?.captured ?? 0n) + (moved?.ended ?? 0n) - (cleared?.minor ?? 0n)
  expect(await posted(harbour.store, 'float:lantern')).toBe(owed)
}
