/** A firm's customer is an account, and an account is of one bank: no other bank's word lets anybody act for it. */
import { expect, test } from 'vitest'
import { customerOf } from '../../support/brokers-customer.ts'
import { openBroker } from '../../support/securities.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

test('a card of an account that the firm knows by another bank signs nobody in, and is an alarm', () => {
  const runtime = new VirtualRuntime({ seed: 919 })
  return runtime.run(async () => {
    const broker = await openBroker(runtime)
    const { house, world, card } = broker
    const { store } = house.running
    const customer = customerOf(broker, runtime)
    await store.execute(tx =>
      tx.run(
        `INSERT INTO client_card (tenant, card, bank, account, name, algorithm, public_key, expires_at, enrolled_at, counter)
         VALUES ('pine', '63000000000001', 'garden', ?, 'C', 'Ed25519', zeroblob(32), 9999999999, 1, 0)`,
        customer.account,
      ),
    )
    expect(await customer.signIn('a')).toEqual({ outcome: 'refused', reason: 'unknown-card' })
    const cards = await store.read(tx => tx.all('SELECT card FROM client_card WHERE card = ?', card.number))
    const alarms = await store.read(tx => tx.all(`SELECT peer, kind FROM clearing_alarm WHERE kind LIKE 'card%'`))
    expect([cards, alarms]).toEqual([[], [{ peer: 'harbour', kind: 'card-contradicted' }]])
    await house.close()
    await world.close()
  })
})
