/** What happens while a personal password is compared, which is slow on purpose: it is looked at again before anything is paid. */
import { expect, test } from 'vitest'
import { yuan } from '../../../../src/money.ts'
import { asSound, issuedTo, signedBy } from '../../../support/cards.ts'
import { intentId } from '../../../support/ids.ts'
import { faultsOf } from '../../../support/proof.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

interface Meanwhile {
  readonly world: World
  readonly runtime: VirtualRuntime
}

test.each<[what: string, happens: (parts: Meanwhile) => unknown, reason: string]>([
  ['the time of the order ends', ({ runtime }) => runtime.jumpWallClock(301_000), 'late'],
  [
    'the card’s holder blocks it by phone',
    ({ world }) => {
      const { account } = world.customers.cai
      return world.bank.block({ intent: intentId('block'), account, what: 'card', channel: 'telephone' })
    },
    'blocked',
  ],
  [
    'somebody asks what became of it',
    ({ world }) => world.bank.resolve({ intent: intentId('a'), principal: world.customers.cai.account }),
    'used-nonce',
  ],
])('%s: nothing is paid', async (_, happens, reason) => {
  let compares: (() => void) | undefined
  const runtime = new VirtualRuntime({
    seed: 134,
    onReached: point => {
      if (point === 'card password.slot-taken') compares?.()
    },
  })
  await runtime.run(async () => {
    const world = await openWorld({ runtime })
    const { cai, bo } = world.customers
    const card = await issuedTo(world.harbour, runtime, world.staff, { account: cai.account })
    const order = { intent: intentId('a'), from: cai.account, to: bo.account, amount: yuan(2_000n) }
    const asked = await world.bank.askByCard({ ...order, channel: 'telephone' })
    if (asked.outcome !== 'asked') throw new Error(asked.outcome)
    const answer = await asSound(runtime, card, asked, await signedBy(runtime, card, asked.request))
    let happened: unknown
    compares = () => {
      happened = happens({ world, runtime })
    }
    const request = { intent: order.intent, from: cai.account, nonce: asked.request.nonce, answer }
    expect(await world.bank.payByCard(request)).toEqual({ outcome: 'refused', reason })
    await happened
    expect(await world.bank.balance(cai.account)).toEqual(yuan(5_000n))
    expect(await faultsOf(world)).toEqual([])
    await world.close()
  })
})
