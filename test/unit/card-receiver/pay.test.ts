/** What a card signs at a payee is paid once, by the bank that issued it, to the payee's account at that bank or another. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Directory } from '../../../src/card/directory.ts'
import { resultOf } from '../../../src/card-receiver/edge.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { type CardPayee, cardNumberOfPayee, openCardPayee } from '../../support/card-payee.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

// The first to open two banks makes them.
vi.setConfig({ testTimeout: 60_000 })

let payee: CardPayee | undefined
afterEach(async () => {
  await payee?.world.close()
  payee = undefined
})

const at = (collectsAt: 'harbour' | 'garden', story: (payee: CardPayee, runtime: VirtualRuntime) => Promise<void>) => {
  const runtime = new VirtualRuntime({ seed: 351 })
  return runtime.run(async () => {
    payee = await openCardPayee(runtime, { collectsAt })
    await story(payee, runtime)
    expect(await faultsOf(payee.world)).toEqual([])
  })
}

describe.each(['harbour', 'garden'] as const)('a payee that collects at %s', bank => {
  test('is paid once, whatever is sent again, and both ends know of it', () =>
    at(bank, async ({ world, card, ask, answerTo, send, balances }) => {
      const asked = await ask('a')
      const { nonce } = asked.request
      const answer = await answerTo(asked)
      const paid = await send('a', asked, answer)
      expect(paid).toMatchObject({ outcome: 'paid', amount: yuan(3_000n), reference: expect.stringMatching(/^\d{6}$/) })
      expect(resultOf(paid)).toEqual({ outcome: 'paid', reference: expect.stringMatching(/^\d{6}$/) })
      expect(await send('a', asked, answer)).toEqual(paid)
      expect(await send('b', asked, answer)).toEqual({ outcome: 'refused', reason: 'foreign-nonce' })
      expect(await send('a', asked, await answerTo(asked))).toEqual({ outcome: 'refused', reason: 'used-nonce' })
      expect(await balances()).toEqual([yuan(2_000n), yuan(bank === 'harbour' ? 3_030n : 3_200n)])
      expect(await world.merchant.becameOfCard({ card: card.number, counter: 1, nonce })).toEqual(paid)
      expect(await world.merchant.becameOfCardIntent(intentId('a'))).toEqual(paid)
      expect(await world.merchant.askByCard({ intent: intentId('a'), amount: yuan(1n) })).toEqual({
        outcome: 'intent-reused',
      })
      const [line] = await world.lantern.clerk.cardPayments(10)
      expect(line).toMatchObject({ state: 'paid', issuer: 'harbour', card: `••••••••••${card.number.slice(-4)}` })
      expect(
        await world.bank.becameOfCard({ account: world.customers.cai.account, card: card.number, counter: 1, nonce }),
      ).toMatchObject({
        ...{ outcome: 'done', kind: 'transfer', amount: yuan(3_000n) },
      })
    }))

  test('hears of a refusal with its reason, and nothing has moved', () =>
    at(bank, async ({ pay, balances }) => {
      const before = await balances()
      expect(await pay('a', yuan(3_000n), new Secret('55667788'))).toEqual({
        ...{ outcome: 'refused', reason: 'wrong-password', triesLeft: 2 },
      })
      expect(await pay('b', yuan(5_001n))).toEqual({ outcome: 'refused', reason: 'insufficient-funds' })
      expect(await balances()).toEqual(before)
      // The same intent may be asked for again.
      expect(await pay('a')).toMatchObject({ outcome: 'paid' })
    }))
})

test('a terminal finds the payee in the directory of its bank', () =>
  at('harbour', async ({ world, own }) => {
    const signed = await world.harbour.cards.directory()
    if (signed.outcome !== 'signed') throw new Error(signed.outcome)
    const directory = await Directory.read({ algorithm: 'Ed25519', bytes: signed.key }, signed.message)
    expect(directory?.institutionNumbered(cardNumberOfPayee)).toMatchObject({
      ...{ id: 'lantern', name: 'Bo Li 李波', answerKeyId: 1, collectsAt: { bank: 'harbour', account: own } },
    })
    expect(directory?.payee(institutionId('harbour'), own)?.name).toBe('Bo Li 李波')
  }))
