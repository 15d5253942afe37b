/** Institutions end by themselves the holds that they find in their books when they start. */
import { expect, test } from 'vitest'
import { balanceOf } from '../../../src/ledger/accounts.ts'
import { accountId } from '../../../src/ledger/chart.ts'
import { mainChain } from '../../../src/ledger/journal.ts'
import { accrue, reserve, start } from '../../../src/ledger/reserve.ts'
import { yuan } from '../../../src/money.ts'
import { now } from '../../../src/runtime.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const accountsOf = {
  bank: ({ customers }: World) => [accountId('deposit', customers.ada.account), accountId('float', 'lantern')] as const,
  merchant: ({ vouchers }: World) =>
    [accountId('voucher-liability', vouchers.confirmed.number), accountId('revenue', 'harbour')] as const,
}

test.each(['bank', 'merchant'] as const)('a %s that starts with a hold in its books ends it on time', which => {
  const runtime = new VirtualRuntime({ seed: 5 })
  return runtime.run(async () => {
    const troubles: unknown[] = []
    const world = await openWorld({ runtime, troubled: error => troubles.push(error) })
    const [debit, credit] = accountsOf[which](world)
    const store = () => (which === 'bank' ? world.harbour : world.lantern).store
    const available = () => store().read(async tx => (await balanceOf(tx, debit, mainChain)).available.minor)
    const before = await available()
    const at = now({ runtime })
    const when = { chain: mainChain, at, businessDate: '2026-11-22' }
    await store().execute(async tx => {
      await reserve(tx, { id: 'h1', ...when, kind: 'hold', debit, credit, amount: yuan(20n), expiresAt: at + 90_000 })
      await accrue(tx, { id: 'a1', ...when, reservation: 'h1', amount: yuan(3n) })
      await start(tx, { id: 's1', ...when, reservation: 'h1', amount: yuan(3n) })
    })
    await world.restart(which)
    await runtime.sleep(80_000)
    expect(await available()).toBe(before - 2_000n)
    await runtime.sleep(20_000)
    expect(await available()).toBe(before - 300n)
    expect(troubles).toEqual([])
    await world.close()
  })
})
