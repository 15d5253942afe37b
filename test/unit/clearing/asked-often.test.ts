/** Whoever says again and again that its books went back, under other numbers, is told what is held once for each epoch that it has begun. */
import { expect, test } from 'vitest'
import type { Letter, LetterType } from '../../../src/mail/messages.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { yuan } from '../../../src/money.ts'
import { payWith, settleAll } from '../../support/day-end.ts'
import { accountNumber, institutionId, intentId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const [harbour, lantern, garden] = [institutionId('harbour'), institutionId('lantern'), institutionId('garden')]
const day = 86_400_000

async function inWorld(banks: 1 | 2, story: (world: World, runtime: VirtualRuntime) => Promise<void>): Promise<void> {
  const runtime = new VirtualRuntime({ seed: 7 })
  await runtime.run(async () => {
    const world = await openWorld({ runtime, banks })
    try {
      await story(world, runtime)
    } finally {
      await world.close()
    }
  })
}

async function letAllArrive(world: World): Promise<void> {
  await settleAll(world)
  if (world.neighbour === undefined) return
  for (let round = 0; round < 4; round++)
    for (const { dayEnd, mail } of [world.harbour, world.other()]) {
      await mail.idle()
      await dayEnd.idle()
    }
}

/** How many letters like this the bank has written. */
async function written(world: World, like: string): Promise<bigint> {
  const sql = `SELECT count(*) AS count FROM clearing_outbox WHERE type LIKE '${like}'`
  return (await world.harbour.store.read(tx => tx.one<{ count: bigint }>(sql)))?.count ?? 0n
}

/** @returns the outcomes of its askings, in their order */
async function ask<T extends Extract<LetterType, 'day-end-recall' | 'net-recall'>>(
  world: World,
  from: typeof lantern | typeof garden,
  type: T,
  bodies: readonly Letter<T>[],
) {
  const { store, mail } = from === lantern ? world.lantern : world.other()
  await store.execute(async tx => {
    for (const body of bodies) await writeLetter<T>(tx, { from, to: harbour, type, body, stream: 'bulk' })
  })
  mail.wake()
  await letAllArrive(world)
  const rows = await store.read(tx =>
    tx.all<{ outcome: string }>('SELECT outcome FROM clearing_outbox WHERE type = ? ORDER BY epoch, sequence', type),
  )
  return rows.map(({ outcome }) => outcome)
}

test(
  'files of a payee are told for its own epoch alone, once',
  () =>
    inWorld(1, async (world, runtime) => {
      await payWith(world, world.vouchers.confirmed, 'paid', yuan(1n))
      runtime.jumpWallClock(day)
      await world.lantern.nightly()
      await letAllArrive(world)
      const recalls = [1n, 2n, 7n, 1n, 1n].map(recall => ({ recall, from: 1n }))
      expect(await ask(world, lantern, 'day-end-recall', recalls)).toEqual([
        ...['accepted', 'refused', 'refused', 'accepted', 'accepted'],
      ])
      const files = await world.harbour.store.read(tx => tx.all('SELECT number FROM payee_file'))
      expect(await written(world, 'day-end-held')).toBe(BigInt(files.length))
    }),
  60_000,
)

test(
  'net statements of a bank are told for its own epoch alone, each once',
  () =>
    inWorld(2, async (world, runtime) => {
      const to = world.neighbour?.account ?? accountNumber('1')
      const order = { from: world.customers.ada.account, to, amount: yuan(1n), intent: intentId('out') }
      await world.bank.transfer({ ...order, channel: 'telephone' })
      runtime.jumpWallClock(day)
      for (const bank of [world.harbour, world.other()]) await bank.nightly()
      await letAllArrive(world)
      const recalls = [
        [1n, 1n],
        [2n, 1n],
        [9n, 1n],
        [1n, 1n],
      ] as const
      const bodies = recalls.map(([recall, number]) => ({ recall, number }))
      expect(await ask(world, garden, 'net-recall', bodies)).toEqual(['accepted', 'refused', 'refused', 'accepted'])
      expect(await written(world, 'net-held')).toBe(1n)
    }),
  60_000,
)
