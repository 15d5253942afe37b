/** What a bank keeps of what it clears: its payee's people agree to it beforehand, and nothing is booked of a result that keeps more. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { yuan } from '../../../src/money.ts'
import { now } from '../../../src/runtime.ts'
import { payWith, settleAll } from '../../support/day-end.ts'
import { institutionId } from '../../support/ids.ts'
import { bankSettings } from '../../support/network/settings.ts'
import { alarmsOf, faultsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 87 })
  world = await runtime.run(() => openWorld({ runtime }))
})
afterEach(() => runtime.run(() => world.close()))

/** In hundredths of a percent, from the bank's next start on. */
const keep = (basisPoints: number) => {
  const [bank] = bankSettings({ banks: 1, payees: 1, denominations: [2_000n, 5_000n, 10_000n, 20_000n, 50_000n] })
  return world.reconfigureBank({ payees: bank?.payees.map(payee => ({ ...payee, fee: { basisPoints } })) ?? [] })
}

const agree = (basisPoints: number, bank = 'harbour') =>
  bothSign(world.lantern, runtime, world.shopStaff, 'agree-fee', { bank, basisPoints })

async function day(name: string): Promise<void> {
  await payWith(world, world.vouchers.confirmed, name, yuan(10n))
  runtime.jumpWallClock(86_400_000)
  await world.lantern.nightly()
  await settleAll(world)
}

const fees = () => posted(world.lantern.store, 'clearing-fee')
const settled = () => posted(world.lantern.store, 'settled:harbour')
const faults = async () => (await faultsOf(world)).filter(fault => !/alarm/.test(fault))

test('a fee to which nobody agreed holds up the bank’s results, with nothing booked, until two officers agree', () =>
  runtime.run(async () => {
    await keep(50)
    await day('one')
    expect([await settled(), await fees()]).toEqual([0n, 0n])
    expect(await alarmsOf(world.lantern)).toEqual([
      expect.stringContaining('a fee of 5 is kept, and 0 of 1000 was agreed on'),
    ])
    expect(await agree(50, 'elsewhere')).toMatchObject({ done: false, outcome: 'not-its-bank' })
    const { facts } = await world.lantern.decisions.withFacts('agree-fee', { bank: 'harbour', basisPoints: 50 })
    expect(facts).toEqual({ agreed: 0n })
    expect(await agree(49)).toMatchObject({ done: true, outcome: 'agreed' })
    await settleAll(world)
    expect(await settled(), 'a fee of 4.9 is none of 5').toBe(0n)
    expect(await agree(50)).toMatchObject({ done: true, outcome: 'agreed' })
    await settleAll(world)
    expect([await settled(), await fees()]).toEqual([995n, 5n])
    expect(await faults()).toEqual([])
  }))

test('a bank that raises it waits, and one result is accepted as it is by two officers who sign the fee', () =>
  runtime.run(async () => {
    await keep(50)
    await agree(50)
    await day('one')
    expect(await fees()).toBe(5n)
    await keep(5_000)
    await day('two')
    expect([await settled(), await fees()]).toEqual([995n, 5n])
    const [{ number } = { number: 0n }] = await world.lantern.store.read(tx =>
      tx.all<{ number: bigint }>("SELECT number FROM day_end_file WHERE state = 'result'"),
    )
    const accepted = await bothSign(world.lantern, runtime, world.shopStaff, 'accept-result', {
      ...{ bank: 'harbour', number, why: 'the bank gives it back' },
    })
    expect(accepted).toMatchObject({ done: true, outcome: 'accepted' })
    expect(await fees()).toBe(505n)
    expect(await faults()).toEqual([])
  }))

test('the audit finds a fee that was booked beyond what was agreed on, and an agreement of nobody', () =>
  runtime.run(async () => {
    await keep(50)
    await agree(50)
    await day('one')
    const { store } = world.lantern
    const [lantern, at] = [institutionId('lantern'), BigInt(now({ runtime }))]
    await store.execute(tx =>
      tx.run(
        `INSERT INTO agreed_fee VALUES (?, 'harbour', 2, 9000, ?, 'x'), (?, 'garden', 1, 10000, 0, 'x')`,
        ...[lantern, at, lantern],
      ),
    )
    expect((await faults()).filter(each => each.includes('did not agree'))).toHaveLength(2)
    // By a decision that there is, of another rate or another bank.
    await store.execute(tx =>
      tx.run(
        `INSERT INTO agreed_fee SELECT tenant, place.column1, place.column2, place.column3, ?, decision
         FROM agreed_fee, (VALUES ('harbour', 3, 51), ('garden', 2, 50)) AS place WHERE bank = 'harbour' AND number = 1`,
        at,
      ),
    )
    expect((await faults()).filter(each => each.includes('did not agree'))).toHaveLength(4)
    await store.execute(tx => tx.run('UPDATE day_end_file SET captured = 900 WHERE fee > 0'))
    expect((await faults()).join(), 'covered by the other one').not.toContain('more than was agreed on')
    await store.execute(tx => tx.run('UPDATE day_end_file SET fee = 900 WHERE fee > 0'))
    expect((await faults()).join()).toContain('its bank keeps more than was agreed on when it was booked')
  }))

test('the audit goes by the rate of when a fee was booked, and not by one to which people agreed days later', () =>
  runtime.run(async () => {
    await keep(50)
    await agree(50)
    await day('one')
    runtime.jumpWallClock(3 * 86_400_000)
    await agree(9_000)
    expect(await faults()).toEqual([])
    await world.lantern.store.execute(tx => tx.run('UPDATE day_end_file SET fee = 900 WHERE fee > 0'))
    expect((await faults()).join()).toContain('its bank keeps more than was agreed on when it was booked')
  }))
