import { afterEach, beforeEach, expect, test } from 'vitest'
import { alarms } from '../../../src/alarm.ts'
import type { VoucherNumber } from '../../../src/ids.ts'
import type { Letter, LetterType, SecretLetterType } from '../../../src/mail/messages.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { yuan } from '../../../src/money.ts'
import { institutionId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const harbour = institutionId('harbour')
const lantern = institutionId('lantern')
let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 24 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

/** Sends it; what the bank hears of it, or undefined when the payee took it. */
async function refusalOf<T extends Exclude<LetterType, SecretLetterType>>(
  type: T,
  body: Letter<T>,
): Promise<string | undefined> {
  const { store, mail } = world.harbour
  await store.execute(tx => tx.run('DELETE FROM clearing_alarm'))
  await store.execute(tx => writeLetter(tx, { from: harbour, to: lantern, type, body }))
  mail.wake()
  // An error instead of a refusal is sent again for ever, and this never comes back.
  await mail.idle()
  return (await store.read(tx => alarms(tx, harbour))).at(-1)?.detail.split(': ')[1]
}

test('an order under a known id is refused, and the next one is taken', () =>
  runtime.run(async () => {
    const order = (id: string) => ({ order: id.repeat(16), payee: lantern, amount: yuan(20n), count: 1 })
    expect(await refusalOf('stock-order', order('ab'))).toBeUndefined()
    expect(await refusalOf('stock-order', order('ab'))).toBe('an order that is known already')
    expect(await refusalOf('stock-order', order('cd'))).toBeUndefined()
    await world.lantern.ordersFilled()
  }))

test('one sale activates one record: not a second, nor at another face', () =>
  runtime.run(async () => {
    const [one, two] = await world.lantern.store.read(tx =>
      tx.all<{ number: VoucherNumber; batch: string; serial: bigint }>(
        `SELECT number, batch, serial FROM voucher WHERE state = 'issued' AND minor = 2000 LIMIT 2`,
      ),
    )
    if (one === undefined || two === undefined) throw new Error('no stock')
    const sold = { sale: 'ab'.repeat(16), amount: yuan(20n), soldAt: 0n }
    expect(await refusalOf('activation', { ...one, ...sold, amount: yuan(50n) })).toBe('not its face')
    expect(await refusalOf('activation', { ...one, ...sold })).toBeUndefined()
    expect(await refusalOf('activation', { ...two, ...sold })).toBe('a sale of another record')
    expect(await refusalOf('activation', { ...one, ...sold })).toBeUndefined()
    expect(await refusalOf('activation', { ...two, ...sold, sale: 'cd'.repeat(16) })).toBeUndefined()
  }))
