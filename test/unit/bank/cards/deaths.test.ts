/**
 * The bank dies between "signed" and "answered", at every step of it: what became of the order is one thing, by intent and by card and
 * counter, and the same answer, sent again, pays at most once.
 */
import { describe, expect, test } from 'vitest'
import { bothSign } from '../../../../demo/two-people.ts'
import { yuan } from '../../../../src/money.ts'
import { Secret } from '../../../../src/secret.ts'
import { asSound, issuedTo, signedBy } from '../../../support/cards.ts'
import { intentId } from '../../../support/ids.ts'
import { faultsOf } from '../../../support/proof.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld } from '../../../support/world.ts'

const steps = {
  'card-payment.requested': 'not-done',
  'card password.slot-taken': 'not-done',
  'card password.settled': 'not-done',
  'card-payment.committed': 'done',
} as const

/** Signs, and has the bank die at that step; it is started again from what was committed. */
async function inWorldAfterDeath(
  step: string,
  story: (died: Awaited<ReturnType<typeof begin>>) => Promise<void>,
): Promise<void> {
  let deadly: string | undefined
  const runtime = new VirtualRuntime({
    seed: 133,
    onReached: point => {
      if (point !== deadly) return
      deadly = undefined
      throw new Error('the bank died')
    },
  })
  await runtime.run(async () => {
    const begun = await begin(runtime)
    deadly = step
    await expect(begun.world.bank.payByCard(begun.request)).rejects.toThrow('the bank died')
    await begun.world.restart('bank')
    await story(begun)
    expect(await faultsOf(begun.world)).toEqual([])
    await begun.world.close()
  })
}

async function withCard(runtime: VirtualRuntime) {
  const world = await openWorld({ runtime })
  const { cai, bo } = world.customers
  const card = await issuedTo(world.harbour, runtime, world.staff, { account: cai.account })
  return { world, card, cai, bo }
}

async function begin(runtime: VirtualRuntime) {
  const { world, card, cai, bo } = await withCard(runtime)
  const order = { intent: intentId('a'), from: cai.account, to: bo.account, amount: yuan(2_000n) }
  const asked = await world.bank.askByCard({ ...order, channel: 'telephone' })
  if (asked.outcome !== 'asked') throw new Error(asked.outcome)
  const signed = await signedBy(runtime, card, asked.request)
  const { nonce } = asked.request
  const answer = await asSound(runtime, card, asked, signed)
  const request = { intent: order.intent, from: cai.account, nonce, answer }
  return { world, request, of: { account: cai.account, card: card.number, counter: signed.witness.counter, nonce } }
}

describe.each(Object.entries(steps))('a death at %s', (step, became) => {
  const left = became === 'done' ? yuan(3_000n) : yuan(5_000n)

  test.each(['intent', 'card and counter'])(`is ${became}, by %s, and stays so`, by =>
    inWorldAfterDeath(step, async ({ world, request, of }) => {
      const { intent, from: principal } = request
      const ask = () => (by === 'intent' ? world.bank.resolve({ intent, principal }) : world.bank.becameOfCard(of))
      expect((await ask()).outcome).toBe(became)
      const again = await world.bank.payByCard(request)
      expect(again).toMatchObject(
        became === 'done' ? { outcome: 'transferred' } : { outcome: 'refused', reason: 'used-nonce' },
      )
      expect((await ask()).outcome).toBe(became)
      expect(await world.bank.balance(principal)).toEqual(left)
    }),
  )

  test('pays once when the same answer comes again', () =>
    inWorldAfterDeath(step, async ({ world, request }) => {
      for (const _ of [1, 2]) expect(await world.bank.payByCard(request)).toMatchObject({ outcome: 'transferred' })
      expect(await world.bank.balance(request.from)).toEqual(yuan(3_000n))
    }))
})

test.each(['at the start', 'at the next answer'])(
  'a death in the comparison of the third wrong password blocks the card, %s',
  when => {
    let deadly: string | undefined
    const runtime = new VirtualRuntime({
      seed: 135,
      onReached: point => {
        if (point === deadly) throw new Error('the bank died')
      },
    })
    return runtime.run(async () => {
      const { world, card, cai, bo } = await withCard(runtime)
      const pay = async (name: string, keyed?: Secret) => {
        const order = { intent: intentId(name), from: cai.account, to: bo.account, amount: yuan(2_000n) }
        const asked = await world.bank.askByCard({ ...order, channel: 'telephone' })
        if (asked.outcome !== 'asked') throw new Error(asked.outcome)
        const answer = await asSound(runtime, card, asked, await signedBy(runtime, card, asked.request, 'hpke', keyed))
        return world.bank.payByCard({ intent: order.intent, from: cai.account, nonce: asked.request.nonce, answer })
      }
      const states = async () => (await world.harbour.cards.list()).map(({ state }) => state)
      const wrong = new Secret('55667788')
      for (const name of ['a', 'b']) expect(await pay(name, wrong)).toMatchObject({ reason: 'wrong-password' })
      deadly = 'card password.slot-taken'
      await expect(pay('c', wrong)).rejects.toThrow('the bank died')
      deadly = undefined
      if (when === 'at the start') await world.restart('bank')
      else expect(await pay('d')).toEqual({ outcome: 'refused', reason: 'wrong-password', triesLeft: 0 })
      expect(await states()).toEqual(['blocked'])
      expect(await faultsOf(world)).toEqual([])
      const request = { card: card.number }
      expect(await bothSign(world.harbour, runtime, world.staff, 'unblock-card', request)).toMatchObject({ done: true })
      expect(await pay('e')).toMatchObject({ outcome: 'transferred' })
      expect(await faultsOf(world)).toEqual([])
      await world.close()
    })
  },
)
