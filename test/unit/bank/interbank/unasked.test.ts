/** Another bank says that it credited what nobody sent: that is owed up to the cap between the two, and no further. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { writeLetter } from '../../../../src/mail/outbox.ts'
import { CNY, yuan } from '../../../../src/money.ts'
import { accountNumber, institutionId, intentId } from '../../../support/ids.ts'
import { alarmsOf } from '../../../support/proof.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** Of the banks of a world, in minor units. */
const cap = 1_000_000n

let runtime: VirtualRuntime
let world: World
const troubles: unknown[] = []

beforeEach(async () => {
  troubles.length = 0
  runtime = new VirtualRuntime({ seed: 92 })
  world = await runtime.run(() => openWorld({ runtime, banks: 2, troubled: error => troubles.push(error) }))
})
afterEach(() => runtime.run(() => world.close()))

const emma = () => world.neighbour?.account ?? accountNumber('1')

async function says(transfer: string, minor: bigint): Promise<void> {
  const body = { transfer, to: emma(), outcome: 'credited' as const, reason: '', amount: { minor, asset: CNY } }
  await world
    .other()
    .store.execute(tx =>
      writeLetter(tx, { from: institutionId('garden'), to: institutionId('harbour'), type: 'credit-result', body }),
    )
  await world.other().nightly()
  await world.other().mail.idle()
}

const due = async () =>
  (
    await world.harbour.store.read(tx =>
      tx.one<{ posted: bigint }>(`SELECT posted FROM balance WHERE account = 'due-to-bank:garden'`),
    )
  )?.posted

test.each([
  ['a minor unit above the cap', cap + 1n],
  ['as much as can be told', 10n ** 15n - 1n],
  ['as much as a row nearly holds', 2n ** 62n],
])('%s is not owed, twice neither, and customers still send money there', (_, minor) =>
  runtime.run(async () => {
    await says('a'.repeat(32), minor)
    await says('b'.repeat(32), minor)
    expect(await due()).toBe(0n)
    const order = { from: world.customers.ada.account, to: emma(), amount: yuan(1n), channel: 'telephone' } as const
    expect(await world.bank.transfer({ ...order, intent: intentId('x') })).toMatchObject({ outcome: 'transferred' })
    await world.harbour.mail.idle()
    await world.other().mail.idle()
    expect(await due()).toBe(100n)
    expect(troubles).toEqual([])
    expect((await alarmsOf(world.other())).filter(each => each.includes('letter-refused'))).toHaveLength(2)
    expect((await alarmsOf(world.harbour)).every(each => each.includes('credit-unasked'))).toBe(true)
    expect(await world.audited()).toEqual([])
  }),
)

test('what comes to the cap together is owed, and the next minor unit is not', () =>
  runtime.run(async () => {
    await says('a'.repeat(32), cap - 100n)
    await says('b'.repeat(32), 100n)
    await says('c'.repeat(32), 1n)
    expect(await due()).toBe(cap)
    expect((await alarmsOf(world.harbour)).map(each => each.split(': ').slice(1).join(': '))).toEqual([
      `alarm credit-unasked: transfer ${'a'.repeat(32)}: credited`,
      `alarm credit-unasked: transfer ${'b'.repeat(32)}: credited`,
      `alarm credit-unasked: transfer ${'c'.repeat(32)}: 0.01 CNY would be above the cap, and are not owed`,
    ])
  }))
