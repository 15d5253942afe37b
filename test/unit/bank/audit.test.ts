/** Each identity of the bank's books finds what it is for. Tampered with is a copy, by SQL that no program of ours contains. */
import { expect, test } from 'vitest'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld } from '../../support/world.ts'

test.each([
  [
    'a sold record back in stock',
    `UPDATE stock SET state = 'in stock' WHERE state = 'sold'`,
    'in stock, and the sales that have it: 1',
  ],
  [
    'a record that vanished from stock',
    `UPDATE stock SET state = 'sold' WHERE number = (SELECT min(number) FROM stock WHERE state = 'in stock')`,
    'sold, and the sales that have it: 0',
  ],
  [
    'a float that was skimmed',
    `UPDATE balance SET posted = posted - 100 WHERE account = 'float:lantern'`,
    'the float is 14900, the vouchers sold are worth 15000',
  ],
  ['a voucher made dearer', `UPDATE stock SET minor = 9000 WHERE state = 'sold'`, 'its posting is not its amount'],
  [
    'a sale given to another buyer',
    `UPDATE sale SET buyer = (SELECT account FROM bank_customer WHERE name_en LIKE 'Bo%')`,
    'its posting is not its amount from its buyer',
  ],
  [
    'a sale that names another’s posting',
    `UPDATE sale SET posting = posting + 1000`,
    'a posting of a sale that is not there',
  ],
  [
    'a letter to the payee replaced',
    `UPDATE clearing_outbox SET content = x'00' WHERE type = 'activation'`,
    'its letter does not tell its payee of it',
  ],
  ['a deposit that nobody signed for', `DELETE FROM bank_deposit`, 'a deposit that nobody signed for'],
  [
    'a deposit signed for and not posted',
    `UPDATE bank_deposit SET id = 'x' WHERE id = (SELECT min(id) FROM bank_deposit)`,
    'it was signed for and not posted',
  ],
])('%s', (_name, tampering, found) => {
  const runtime = new VirtualRuntime({ seed: 5 })
  return runtime.run(async () => {
    const world = await openWorld({ runtime })
    expect(await faultsOf(world)).toEqual([])
    await world.harbour.store.execute(tx => tx.run(tampering))
    expect(await faultsOf(world)).toContainEqual(expect.stringContaining(found))
    await world.close()
  })
})
