/** Of two banks that say that the same card numbers are theirs, the first one has them. */
import { expect, test } from 'vitest'
import type { AccountNumber } from '../../../src/ids.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { openCardPayee } from '../../support/card-payee.ts'
import { institutionId } from '../../support/ids.ts'
import { alarmsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

test('a bank that claims the card numbers of another is refused, and cards go on paying', () => {
  const runtime = new VirtualRuntime({ seed: 421 })
  return runtime.run(async () => {
    const payee = await openCardPayee(runtime, { collectsAt: 'garden' })
    const { world } = payee
    const garden = world.other()
    const [from, to] = [institutionId('garden'), institutionId('lantern')]
    const admitted = await world.lantern.store.read(tx =>
      tx.one<{ issuer: bigint; account: AccountNumber; name: string }>(
        `SELECT harbour.issuer, garden.payee_account AS account, garden.payee_name AS name FROM card_bank AS harbour, card_bank AS garden
         WHERE harbour.bank = 'harbour' AND garden.bank = 'garden'`,
      ),
    )
    if (admitted === undefined) throw new Error('the payee is admitted by both')
    const named = { bank: from, account: admitted.account, name: admitted.name }
    const body = { payee: named, issuer: Number(admitted.issuer), ended: false }
    await garden.store.execute(tx => writeLetter(tx, { from, to, type: 'receiver-admitted', body }))
    garden.mail.wake()
    await runtime.sleep(60_000)
    expect(await alarmsOf(world.lantern)).toEqual([
      expect.stringMatching(/alarm card-contradicted: its cards would begin with/),
    ])
    expect(await payee.pay('a')).toMatchObject({ outcome: 'paid' })
    await world.close()
  })
})
