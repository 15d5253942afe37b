/** What somebody changed in a firm's rows of quotes and trades, or in what was posted for them, is found by their own rules of the audit. */
import { expect, test } from 'vitest'
import { audit } from '../../../src/ledger/audit/audit.ts'
import { now, orderedId } from '../../../src/runtime.ts'
import { marketIdentities } from '../../../src/securities/audit/audit.ts'
import { inCurrency, sharesOf } from '../../../src/securities/firm.ts'
import { takeTrade } from '../../../src/securities/trade.ts'
import { opened } from '../../simulation/tampering/books.ts'
import { accountNumber, institutionId } from '../../support/ids.ts'
import { endowed, openFirm, tea } from '../../support/securities.ts'
import { usualStart, VirtualRuntime } from '../../support/virtual-runtime.ts'

const hour = 3_600_000
const ada = accountNumber('6200100007')

test.each([
  [
    'a trade that is said to be open',
    `UPDATE trade SET state = 'open', quote = NULL, executed_at = NULL, traded_on = NULL, settles_on = NULL, settles_at = NULL WHERE state = 'executed'`,
    'what was reserved for it is captured',
  ],
  [
    'a trade that is said to have expired',
    `UPDATE trade SET state = 'expired', ended_at = 1 WHERE state = 'open'`,
    'what was reserved for it is open',
  ],
  ['another quantity', `UPDATE trade SET quantity = quantity + 1 WHERE state = 'open'`, 'something else was reserved'],
  [
    'another limit',
    `UPDATE trade SET limit_minor = limit_minor + 1 WHERE state = 'open'`,
    'something else was reserved',
  ],
  [
    'another customer',
    `UPDATE trade SET account = 'x' WHERE state = 'settled'`,
    'it was not settled, shares against money',
  ],
  [
    'the other side',
    `UPDATE trade SET side = 'sell' WHERE state = 'settled'`,
    'its execution was not posted as it was executed',
  ],
  ['a trade that is gone', `DELETE FROM trade WHERE state = 'open'`, 'reserved for no trade'],
  ['a settled trade that is gone', `DELETE FROM trade WHERE state = 'settled'`, 'posted for no trade'],
  [
    'a price that was changed afterwards',
    `UPDATE quote SET minor = 1`,
    'its execution was not posted as it was executed',
  ],
  [
    'a price of later',
    `UPDATE trade SET executed_at = executed_at + 3 * 3600000, settles_at = settles_at + 9 * 3600000, settled_at = settled_at + 9 * 3600000 WHERE state = 'settled'`,
    'a price that the list did not have then',
  ],
  [
    'a limit that was not kept',
    `UPDATE trade SET limit_minor = 899 WHERE limit_minor = 950`,
    'it was executed beyond its limit',
  ],
  [
    'an order at market that waited',
    `UPDATE trade SET taken_at = taken_at - 1 WHERE limit_minor IS NULL`,
    'it is at market, and was not executed when it was taken',
  ],
  [
    'money without shares',
    `DELETE FROM entry WHERE account LIKE 'client-shares:%' AND seq = (SELECT seq FROM journal WHERE kind = 'trade-settled')`,
    'it was not settled, shares against money',
  ],
  [
    'shares that were made',
    `UPDATE balance SET posted = posted + 1 WHERE account LIKE 'client-shares:%'`,
    'they belong to others',
  ],
  [
    'unsettled money that was made',
    `UPDATE balance SET posted = posted + 1 WHERE account LIKE 'unsettled-cash:%'`,
    'trades to be settled are about',
  ],
  [
    'unsettled shares that were made',
    `UPDATE balance SET posted = posted + 1 WHERE account LIKE 'unsettled-shares:%'`,
    'trades to be settled are about',
  ],
  [
    'a quote that is left out',
    `UPDATE trade SET quote = 3 WHERE quote = 2; DELETE FROM quote WHERE number = 2`,
    'it does not follow the one before it',
  ],
])('the audit finds %s', (_, tampering, found) => {
  const runtime = new VirtualRuntime({ seed: 38, startsAt: usualStart + 24 * hour })
  return runtime.run(async () => {
    const house = await openFirm(runtime)
    await endowed(house, ada, 100_000n)
    const { firm, store, ledgerKeys } = house.running
    const buy = (quantity: bigint, limit?: bigint) => {
      const order = { account: ada, side: 'buy', quantity: { minor: quantity, asset: sharesOf(tea) } } as const
      const drawn = { at: now(firm), id: orderedId(runtime) }
      return store.execute(tx =>
        takeTrade(tx, firm, limit === undefined ? order : { ...order, limit: inCurrency(firm, limit) }, drawn),
      )
    }
    // One is settled, one executed at ¥9.00, one open.
    await buy(10n)
    await runtime.sleep(24 * hour)
    await buy(5n, 950n)
    firm.wakeMarket()
    await runtime.sleep(2 * hour)
    await buy(3n, 800n)
    expect(await house.audited()).toEqual([])

    const { database, done } = opened(await store.snapshot())
    database.exec(tampering)
    const findings = await audit(
      { snapshot: done() },
      {
        ...{ signer: institutionId('pine'), keys: ledgerKeys, withoutLog: true },
        identities: marketIdentities({ tenant: 'pine', chain: 'main' }),
      },
    )
    expect(findings.map(({ what }) => what)).toContainEqual(expect.stringContaining(found))
    await house.close()
  })
})
