/** Net statements of a bank whose books went back in time: it takes what the other bank holds, and goes on. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { alarms } from '../../../../src/alarm.ts'
import { type Money, yuan } from '../../../../src/money.ts'
import { accountNumber, institutionId, intentId } from '../../../support/ids.ts'
import { banksOf, letAllArrive } from '../../../support/two-banks.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let runtime: VirtualRuntime
let world: World
let intents = 0
const troubles: unknown[] = []

beforeEach(async () => {
  troubles.length = 0
  runtime = new VirtualRuntime({ seed: 92 })
  world = await runtime.run(() => openWorld({ runtime, banks: 2, troubled: error => troubles.push(error) }))
})
afterEach(() => runtime.run(() => world.close()))

const banks = () => banksOf(world)

async function night(): Promise<void> {
  runtime.jumpWallClock(86_400_000)
  for (const bank of banks()) await bank.nightly()
  await letAllArrive(world)
}

/** From the other bank to harbour. */
async function send(amount: Money): Promise<void> {
  const order = { from: world.neighbour?.account ?? accountNumber('1'), to: world.customers.ada.account, amount }
  const sent = await world.other().bank.transfer({ ...order, intent: intentId(`${++intents}`), channel: 'telephone' })
  expect(sent).toMatchObject({ outcome: 'transferred' })
  await letAllArrive(world)
}

const statements = () =>
  Promise.all([
    world.harbour.store.read(tx =>
      tx.all(`SELECT number, date, hex(hash) AS hash, agreed FROM net_statement WHERE bank = 'garden' ORDER BY number`),
    ),
    world
      .other()
      .store.read(tx =>
        tx.all(
          `SELECT number, date, hex(hash) AS hash, agreed FROM bank_statement WHERE bank = 'harbour' ORDER BY number`,
        ),
      ),
  ])

test('it takes the statements that the other holds, tells no credit twice, and both agree on all of them', () =>
  runtime.run(async () => {
    await send(yuan(30n))
    await night()
    await send(yuan(2n))
    const before = await world.harbour.store.snapshot()
    await send(yuan(5n))
    await send(yuan(6n))
    await night()
    await send(yuan(7n))
    await night()
    const balance = await world.bank.balance(world.customers.ada.account)
    const [, held] = await statements()

    await world.putBack('bank', before)
    expect(await world.harbour.recovery.begun).toBe('closed')
    await letAllArrive(world)
    await letAllArrive(world)
    const [own] = await statements()
    expect(own).toEqual(held)
    expect(await world.bank.balance(world.customers.ada.account), 'each was credited once more').toEqual(balance)
    await send(yuan(9n))
    await night()
    await night()
    const [ours, theirs] = await statements()
    expect(ours).toEqual(theirs)
    const sum = ours.reduce((all, { agreed }) => all + BigInt(String(agreed)), 0n)
    expect(sum).toBe(5_900n)
    for (const bank of banks()) {
      const kinds = (await bank.store.read(tx => alarms(tx, institutionId(bank.card.institution)))).map(
        ({ kind, detail }) => `${kind} ${detail}`,
      )
      expect(kinds.filter(kind => /other-file|net statement/.test(kind))).toEqual([])
    }
    expect(troubles).toEqual([])
    expect(await world.audited()).toEqual([])
  }))
