/** Deaths and silence between "signed" and "answered": what became of a payment is one thing at both ends, and is told afterwards. */
import { expect, test } from 'vitest'
import type { ReceiverAnswered } from '../../../src/card-receiver/edge.ts'
import { yuan } from '../../../src/money.ts'
import { type CardPayee, openCardPayee } from '../../support/card-payee.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { alarmsOf, faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const lantern = institutionId('lantern')

interface Signed extends CardPayee {
  readonly runtime: VirtualRuntime
  readonly request: ReceiverAnswered
}

/** `deadly`: the point at which whoever reaches it first dies, once. */
async function signedAt(
  collectsAt: 'harbour' | 'garden',
  { deadly, isMute = () => false }: { readonly deadly?: { at?: string }; readonly isMute?: () => boolean },
  story: (signed: Signed) => Promise<void>,
): Promise<void> {
  const runtime = new VirtualRuntime({
    seed: 353,
    onReached: point => {
      if (deadly?.at !== point) return
      delete deadly.at
      throw new Error('it died')
    },
  })
  await runtime.run(async () => {
    const weather = {
      next: ({ from, to }: { from: string; to: string }) =>
        isMute() && (from === lantern || to === lantern) ? ({ lost: 'there' } as const) : {},
    }
    const payee = await openCardPayee(runtime, { collectsAt, weather })
    const asked = await payee.ask('a')
    const request = { intent: intentId('a'), nonce: asked.request.nonce, answer: await payee.answerTo(asked) }
    await story({ ...payee, runtime, request })
    const faults = await faultsOf(payee.world)
    expect(faults.filter(fault => !/alarm (books-went-back|peer-recovered|card-unasked)/.test(fault))).toEqual([])
    await payee.world.close()
  })
}

async function arrive({ world, runtime }: Signed): Promise<void> {
  await runtime.sleep(120_000)
  await world.lantern.mail.idle()
  await world.harbour.mail.idle()
}

/** What became of it once all is quiet, at each step of the way. */
const steps = {
  'card-forward.requested': 'not-done',
  'card-forward.committed': 'paid',
  'card-payment.sending': 'paid',
  'card-payment.sent': 'paid',
  'card-payment.receipted': 'paid',
  'card password.slot-taken': 'paid',
  'card password.settled': 'paid',
  'card-payment.received': 'paid',
  'card-payment-result.sending': 'paid',
  'card-payment-result.sent': 'paid',
  'card-payment-result.receipted': 'paid',
  'card-payment-result.received': 'paid',
} as const
const atBank = /^card password|^card-payment\.received|^card-payment-result\.(sending|sent|receipted)/

test.each(Object.entries(steps))(
  'a death at %s: it is %s in the end, by whatever one asks, and stays so',
  (step, expected) => {
    const deadly: { at?: string } = {}
    return signedAt('harbour', { deadly }, async signed => {
      const { world, request, card, balances } = signed
      deadly.at = step
      await world.merchant.payByCard(request).catch((error: Error) => expect(error.message).toBe('it died'))
      delete deadly.at
      await world.restart(atBank.test(step) ? 'bank' : 'merchant')
      await arrive(signed)
      const asked = async () => [
        (await world.merchant.becameOfCard({ card: card.number, counter: 1, nonce: request.nonce })).outcome,
        (await world.merchant.becameOfCardIntent(request.intent)).outcome,
      ]
      expect(await asked()).toEqual([expected, expected])
      expect(await world.merchant.payByCard(request)).toMatchObject(
        expected === 'paid' ? { outcome: 'paid' } : { outcome: 'refused', reason: 'used-nonce' },
      )
      expect(await asked()).toEqual([expected, expected])
      expect(await balances()).toEqual(expected === 'paid' ? [yuan(2_000n), yuan(3_030n)] : [yuan(5_000n), yuan(30n)])
    })
  },
)

test('a bank that says nothing in time leaves it unknown; its late word is not lost, and is told when it is asked for', () => {
  let isMute = false
  return signedAt('harbour', { isMute: () => isMute }, async signed => {
    const { world, request, card, balances } = signed
    isMute = true
    const unknown = { outcome: 'unknown', amount: yuan(3_000n) }
    expect(await world.merchant.payByCard(request)).toEqual(unknown)
    expect(await world.merchant.becameOfCard({ card: card.number, counter: 1, nonce: request.nonce })).toEqual(unknown)
    expect(await world.merchant.becameOfCardIntent(request.intent)).toEqual(unknown)
    isMute = false
    await arrive(signed)
    expect(await world.merchant.becameOfCard({ card: card.number, counter: 1, nonce: request.nonce })).toMatchObject({
      outcome: 'paid',
    })
    expect(await balances()).toEqual([yuan(2_000n), yuan(3_030n)])
  })
})

test('a letter that comes when the order has long been over is refused as late, and nothing has moved', () => {
  let isMute = false
  return signedAt('harbour', { isMute: () => isMute }, async signed => {
    const { world, runtime, request, card, balances } = signed
    isMute = true
    expect(await world.merchant.payByCard(request)).toMatchObject({ outcome: 'unknown' })
    await runtime.sleep(400_000)
    isMute = false
    await arrive(signed)
    expect(await world.merchant.becameOfCardIntent(request.intent)).toEqual({ outcome: 'refused', reason: 'late' })
    // Whoever knows no more than a card's number is not told why.
    expect(await world.merchant.becameOfCard({ card: card.number, counter: 1, nonce: request.nonce })).toEqual({
      outcome: 'not-done',
    })
    expect(await balances()).toEqual([yuan(5_000n), yuan(30n)])
  })
})

test('a payee whose books lost the payment learns of it again from the bank’s letter', () =>
  signedAt('harbour', {}, async signed => {
    const { world, request, card, balances } = signed
    const before = await world.lantern.store.snapshot()
    expect(await world.merchant.payByCard(request)).toMatchObject({ outcome: 'paid' })
    await arrive(signed)
    await world.putBack('merchant', before)
    await world.lantern.recovery.begun
    await arrive(signed)
    expect((await alarmsOf(world.lantern)).join()).toMatch(/alarm card-unasked: card payment .*: paid, 3000.00 CNY/)
    expect(await world.merchant.becameOfCard({ card: card.number, counter: 1, nonce: request.nonce })).toMatchObject({
      outcome: 'paid',
    })
    expect(await balances()).toEqual([yuan(2_000n), yuan(3_030n)])
  }))
