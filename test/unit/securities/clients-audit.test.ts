/** What somebody changed in a firm's rows of cards, of what they signed and of money on its way is found by their own rules of the audit. */
import { expect, test } from 'vitest'
import { audit } from '../../../src/ledger/audit/audit.ts'
import { yuan } from '../../../src/money.ts'
import { securitiesIdentities } from '../../../src/securities/audit/audit.ts'
import { opened } from '../../simulation/tampering/books.ts'
import { customerOf } from '../../support/brokers-customer.ts'
import { institutionId } from '../../support/ids.ts'
import { openBroker } from '../../support/securities.ts'
import { usualStart, VirtualRuntime } from '../../support/virtual-runtime.ts'

const hour = 3_600_000

test.each([
  ['a counter that went back', `UPDATE client_card SET counter = 1`, 'its counter is 1, and it acted with'],
  ['another card’s key', `UPDATE client_card SET public_key = zeroblob(32)`, 'its card did not sign it'],
  ['another account of a card', `UPDATE client_card SET account = 'x'`, 'its card signed another order'],
  ['a card that nobody signed in with', `UPDATE client_card SET enrolled_at = 1`, 'nobody signed in with it'],
  ['an act that was not asked for', `UPDATE receiver_order SET over_at = over_at + 1`, 'its card was not asked for it'],
  ['a message that is none', `UPDATE card_act SET message = zeroblob(90)`, 'its card did not sign it'],
  ['a trade that nobody signed', `DELETE FROM card_act WHERE kind = 'trade'`, 'no card of its account signed it'],
  ['a cancellation that nobody signed', `DELETE FROM card_act WHERE kind = 'cancel'`, 'did not sign that'],
  ['a payout that nobody signed', `DELETE FROM card_act WHERE kind = 'fund'`, 'no card of its account signed it'],
  [
    'another quantity than was signed',
    `UPDATE trade SET quantity = 11 WHERE state = 'settled' OR state = 'executed'`,
    'its card signed another order',
  ],
  [
    'another limit than was signed',
    `UPDATE trade SET limit_minor = 7 WHERE limit_minor IS NOT NULL`,
    'its card signed another order',
  ],
  ['another amount that was paid out', `UPDATE payout SET minor = 1`, 'its card signed another order'],
  [
    'a payout that is said to have come back',
    `UPDATE payout SET state = 'returned'`,
    'the receipt of its letter says otherwise',
  ],
  [
    'an act about nothing',
    `UPDATE card_act SET subject = 'x' WHERE kind = 'fund'`,
    'it is about nothing that there is',
  ],
  ['money that no bank paid', `DELETE FROM receiver_payment`, 'money that came in, and no bank paid it'],
  [
    'money that was not credited',
    `UPDATE entry SET minor = 7 WHERE account LIKE 'client-cash:%' AND seq = (SELECT seq FROM journal WHERE kind = 'pay-in')`,
    'is not its customer',
  ],
  [
    'money that is another customer’s',
    `UPDATE entry SET account = 'client-cash:x' WHERE account LIKE 'client-cash:%' AND seq = (SELECT seq FROM journal WHERE kind = 'pay-in')`,
    'it is another customer’s cash than of whoever signed it',
  ],
  [
    'money at another bank',
    `UPDATE entry SET account = 'cash-at-bank:garden' WHERE account LIKE 'cash-at-bank:%' AND seq = (SELECT seq FROM journal WHERE kind = 'pay-in')`,
    'it is cash at another bank than the order names',
  ],
  ['a payout from another bank', `UPDATE payout SET bank = 'garden'`, 'its postings say otherwise'],
  ['a gift', `UPDATE journal SET kind = 'gift' WHERE kind = 'pay-in'`, 'cash moved by a gift'],
])('the audit finds %s', (_, tampering, found) => {
  const runtime = new VirtualRuntime({ seed: 362, startsAt: usualStart + 24 * hour })
  return runtime.run(async () => {
    const broker = await openBroker(runtime)
    const customer = customerOf(broker, runtime)
    const { securities, answered } = customer
    await customer.signIn('a')
    await customer.payIn('b', yuan(1_000n))
    await securities().trade(await answered('c', await customer.askTrade('c', 'buy', 10n)))
    const taken = await securities().trade(
      await answered('d', await customer.askTrade('d', 'buy', 1n, { ...yuan(0n), minor: 950n })),
    )
    if (taken.outcome !== 'taken') throw new Error(taken.outcome)
    await securities().cancel(await answered('e', await customer.askCancel('e', taken.number)))
    await customer.payOut('f', yuan(200n))
    const { running } = broker.house
    await running.mail.idle()
    expect(await broker.house.audited()).toEqual([])

    const { database, done } = opened(await running.store.snapshot())
    database.exec(tampering)
    const findings = await audit(
      { snapshot: done() },
      {
        ...{ signer: institutionId('pine'), keys: running.ledgerKeys, withoutLog: true },
        identities: securitiesIdentities({ tenant: 'pine', chain: 'main' }),
      },
    )
    expect(findings.map(({ what }) => what)).toContainEqual(expect.stringContaining(found))
    await broker.house.close()
    await broker.world.close()
  })
})
