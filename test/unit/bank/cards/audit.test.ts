/** What somebody changed in a bank's rows of cards, orders and payments is found by their own rules of the audit. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bankIdentities } from '../../../../src/bank/audit.ts'
import { audit } from '../../../../src/ledger/audit/audit.ts'
import { yuan } from '../../../../src/money.ts'
import { opened } from '../../../simulation/tampering/books.ts'
import { asSound, issuedTo, signedBy } from '../../../support/cards.ts'
import { institutionId, intentId } from '../../../support/ids.ts'
import { faultsOf } from '../../../support/proof.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 136 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

test.each([
  [
    'a card that two people did not enrol so',
    `UPDATE issued_card SET public_key = zeroblob(32)`,
    'two people did not enrol it',
  ],
  ['a blocked card in use', `UPDATE issued_card SET state = 'active' WHERE state = 'blocked'`, 'it should be blocked'],
  ['a counter that went back', `UPDATE issued_card SET counter = 0`, 'its counter is 0, and it paid with 1'],
  ['an order that was asked of another', `UPDATE card_order SET intent = 'x'`, 'its account was not asked for it'],
  ['a block that nobody asked for', `UPDATE card_step SET reason = 'x'`, 'its holder did not ask for the block'],
  [
    'a block that people are said to have decided',
    `UPDATE card_step SET by = 'people'`,
    'did not decide that it is blocked',
  ],
  ['a signature that is none', `UPDATE card_payment SET message = zeroblob(90)`, 'its card did not sign it'],
  ['another counter than was signed', `UPDATE card_payment SET counter = 2`, 'its card signed another order'],
  [
    'a card that is said to take the place of another',
    `UPDATE issued_card SET replaces = number`,
    'two people did not enrol it',
  ],
  [
    'a card in use without a try of its password',
    `INSERT INTO tries SELECT tenant, 'card password', number, 3, 0 FROM issued_card;
     UPDATE issued_card SET state = 'active'`,
    'no try of its password is left, and it is in use',
  ],
  [
    'a block that wrong passwords are said to have made',
    `UPDATE card_step SET by = 'password', reason = NULL`,
    'it was not blocked by wrong passwords',
  ],
  ['a posting of another amount', `UPDATE entry SET minor = 7 WHERE minor = 300000`, 'not what its card signed'],
  ['a payment under another intent', `UPDATE card_payment SET intent = 'x'`, 'nothing was decided under its intent'],
  ['a payment that is gone', `DELETE FROM card_payment`, 'no card signed it'],
])('the audit finds %s', (_, tampering, found) =>
  runtime.run(async () => {
    const { account } = world.customers.cai
    const card = await issuedTo(world.harbour, runtime, world.staff, { account })
    const order = { intent: intentId('a'), from: account, to: world.customers.bo.account, amount: yuan(3_000n) }
    const asked = await world.bank.askByCard({ ...order, channel: 'telephone' })
    if (asked.outcome !== 'asked') throw new Error(asked.outcome)
    const answer = await asSound(runtime, card, asked, await signedBy(runtime, card, asked.request))
    await world.bank.payByCard({ intent: order.intent, from: account, nonce: asked.request.nonce, answer })
    await world.bank.block({ intent: intentId('block'), account, what: 'card', channel: 'telephone' })
    expect(await faultsOf(world)).toEqual([])
    const { database, done } = opened(await world.harbour.store.snapshot())
    database.exec(tampering)
    const findings = await audit(
      { snapshot: done() },
      {
        ...{ signer: institutionId('harbour'), keys: world.harbour.ledgerKeys, withoutLog: true },
        identities: bankIdentities({ tenant: 'harbour', chain: 'main' }),
      },
    )
    expect(findings.map(({ what }) => what)).toContainEqual(expect.stringContaining(found))
  }),
)
