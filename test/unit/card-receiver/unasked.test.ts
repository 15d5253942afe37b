/** A bank says that a card paid what the payee never asked for: it is not believed while the payee's books never went back. */
import { expect, test, vi } from 'vitest'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { openCardPayee } from '../../support/card-payee.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { alarmsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

test('a payment by card that was never asked for is not taken down, with an alarm', async () => {
  const runtime = new VirtualRuntime({ seed: 353 })
  await runtime.run(async () => {
    const payee = await openCardPayee(runtime)
    const { world } = payee
    const asked = await payee.ask('a')
    const { nonce } = asked.request
    const answer = await payee.answerTo(asked)
    expect(await world.merchant.payByCard({ intent: intentId('a'), nonce, answer })).toMatchObject({ outcome: 'paid' })
    const row = await world.lantern.store.read(tx =>
      tx.one<{ message: Uint8Array; nonce: Uint8Array }>('SELECT message, nonce FROM receiver_payment'),
    )
    if (row === undefined) throw new Error('no payment')
    // Of another nonce, which no card has signed.
    const message = Buffer.from(row.message)
    message.fill(7, message.indexOf(row.nonce), message.indexOf(row.nonce) + row.nonce.length)
    await world.harbour.store.execute(tx =>
      writeLetter(tx, {
        ...{ from: institutionId('harbour'), to: institutionId('lantern'), type: 'card-payment-result' },
        body: { payment: 'ab'.repeat(16), outcome: 'paid', reference: '123456', reason: '', message },
      }),
    )
    await world.harbour.nightly()
    await world.harbour.mail.idle()
    expect(await posted(world.lantern.store, 'card-revenue:harbour')).toBe(300_000n)
    expect(await alarmsOf(world.lantern)).toEqual([
      `lantern: alarm card-unasked: card payment ${'ab'.repeat(16)}: paid, 3000.00 CNY`,
    ])
    expect((await alarmsOf(world.harbour)).join()).toContain('letter-refused')
    await world.close()
  })
})
