/** What happens while a card's bank is asked who has signed in: what was refused then leaves no card behind that nobody signed in with. */
import { expect, test } from 'vitest'
import { securitiesIdentities } from '../../../src/securities/audit/audit.ts'
import { customerOf } from '../../support/brokers-customer.ts'
import { faultsIn } from '../../support/proof.ts'
import { openBroker } from '../../support/securities.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

test('somebody asks meanwhile what became of it: nobody has signed in, and no card is known', async () => {
  let compares: (() => void) | undefined
  const runtime = new VirtualRuntime({
    seed: 918,
    onReached: point => {
      if (point === 'card password.slot-taken') compares?.()
    },
  })
  await runtime.run(async () => {
    const broker = await openBroker(runtime)
    const { house, world, card } = broker
    const customer = customerOf(broker, runtime)
    const asked = await customer.askSignIn('a')
    const answered = await customer.answered('a', asked)
    let told: Promise<unknown> | undefined
    compares = () => {
      const { nonce } = asked.request
      told ??= customer.securities().becameOfCard({ card: card.number, counter: 1, nonce, account: '' })
    }
    expect(await customer.securities().signIn(answered)).toEqual({ outcome: 'refused', reason: 'used-nonce' })
    expect(await told).toEqual({ outcome: 'not-done' })
    const proved = () =>
      faultsIn(house.running, securitiesIdentities({ tenant: 'pine', chain: 'main' }), [world.harbour])
    expect(await proved()).toEqual([])
    expect(await customer.signIn('b')).toMatchObject({ outcome: 'signed-in' })
    expect(await proved()).toEqual([])
    await house.close()
    await world.close()
  })
})
