/** A bank that refused a file refuses those after it, and people send them once more when the cause is put away. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { alarms } from '../../../src/alarm.ts'
import { yuan } from '../../../src/money.ts'
import { payeeFiles, payWith, settleAll } from '../../support/day-end.ts'
import { institutionId } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let runtime: VirtualRuntime
let world: World

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 11 })
  world = await runtime.run(() => openWorld({ runtime }))
})
afterEach(() => runtime.run(() => world.close()))

async function endOfDay(): Promise<void> {
  runtime.jumpWallClock(86_400_000)
  await world.lantern.nightly()
  await settleAll(world)
}

const states = async () => (await payeeFiles(world.lantern.store)).map(({ state }) => state)

test('sends what was refused once more, in its order, and it is settled', () =>
  runtime.run(async () => {
    const { confirmed } = world.vouchers
    const bank = institutionId('harbour')
    await payWith(world, confirmed, 'first', yuan(1n))
    await endOfDay()
    const before = await states()
    expect(new Set(before)).toEqual(new Set(['reconciled']))
    expect(await world.lantern.dayEnd.sendAgain(bank)).toEqual({ outcome: 'nothing-refused' })

    const last = await world.harbour.store.read(tx =>
      tx.one<{ number: bigint; hash: Uint8Array }>('SELECT number, hash FROM payee_file ORDER BY number DESC LIMIT 1'),
    )
    if (last === undefined) throw new Error('there is no file')
    const putHash = (hash: Uint8Array) =>
      world.harbour.store.execute(tx => tx.run('UPDATE payee_file SET hash = ? WHERE number = ?', hash, last.number))
    // The bank's books were changed: what its payee sends does not follow.
    await putHash(new Uint8Array(32))
    await payWith(world, confirmed, 'second', yuan(2n))
    await endOfDay()
    await payWith(world, confirmed, 'third', yuan(3n))
    await endOfDay()
    expect((await states()).slice(before.length)).toEqual(['refused', 'refused'])
    const raised = await world.lantern.store.read(tx => alarms(tx, institutionId('lantern')))
    expect(raised.filter(({ kind }) => kind === 'day-end-refused')).toHaveLength(2)
    expect(raised.find(({ kind }) => kind === 'day-end-refused')?.detail).toContain(
      'it does not follow the file before',
    )

    await putHash(last.hash)
    expect(await world.lantern.dayEnd.sendAgain(bank)).toEqual({ outcome: 'begun', files: 2n })
    await settleAll(world)
    expect(new Set(await states())).toEqual(new Set(['reconciled']))
    const faults = await faultsOf(world)
    expect(faults.filter(fault => !/day-end-refused|letter-refused/.test(fault))).toEqual([])
  }))
