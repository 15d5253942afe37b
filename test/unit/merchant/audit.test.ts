/** Each identity of the payee's books finds what it is for. Tampered with is a copy, by SQL that no program of ours contains. */
import { expect, test } from 'vitest'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld } from '../../support/world.ts'

test.each([
  [
    'a voucher that is worth more',
    `UPDATE balance SET posted = posted + 100 WHERE account LIKE 'voucher-liability:%'`,
    'of its face of 5000, 5100 is left, 0 authorised, 0 captured and 0 returned',
  ],
  ['a face that was raised', `UPDATE voucher SET minor = 9000 WHERE state = 'active'`, 'it owes 15000 and sold'],
  [
    'a live voucher called exhausted',
    `UPDATE voucher SET state = 'exhausted' WHERE state = 'active'`,
    'exhausted, and it promises 5000',
  ],
  [
    'a debt of the bank forgotten',
    `UPDATE balance SET posted = 0 WHERE account = 'due-from-bank:harbour'`,
    'it owes 0 and sold 15000',
  ],
  [
    'revenue out of nothing',
    `UPDATE balance SET posted = 100 WHERE account = 'revenue'`,
    'due from banks 15000, liability, revenue and what returns 15100',
  ],
  ['an activation of no sale', `UPDATE voucher SET sale = 'x' WHERE state = 'locked'`, 'its activation was not posted'],
  ['a promise of no voucher', `UPDATE voucher SET number = 'x' WHERE state = 'locked'`, 'a promise of no voucher'],
])('%s', (_name, tampering, found) => {
  const runtime = new VirtualRuntime({ seed: 6 })
  return runtime.run(async () => {
    const world = await openWorld({ runtime })
    expect(await faultsOf(world)).toEqual([])
    await world.lantern.store.execute(tx => tx.run(tampering))
    expect(await faultsOf(world)).toContainEqual(expect.stringContaining(found))
    await world.close()
  })
})
