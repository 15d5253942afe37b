/** Another bank's word on a net statement counts only as far as it accounts for all that was told. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BankDayEnd } from '../../../../src/bank/clearing/day-end.ts'
import { writeLetter } from '../../../../src/mail/outbox.ts'
import { yuan } from '../../../../src/money.ts'
import { accountNumber, institutionId, intentId } from '../../../support/ids.ts'
import { alarmsOf } from '../../../support/proof.ts'
import { letAllArrive } from '../../../support/two-banks.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

type Break = [kind: string, count: bigint, minor: bigint]

let runtime: VirtualRuntime
let world: World

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 92 })
  world = await runtime.run(() => openWorld({ runtime, banks: 2 }))
})
afterEach(() => runtime.run(() => world.close()))

/** Garden sends harbour's customer ¥30.00, and by night answers harbour's statement of it by itself. */
async function nightAnswered(agreed: bigint, breaks: Break[]): Promise<void> {
  const order = { from: world.neighbour?.account ?? accountNumber('1'), to: world.customers.ada.account }
  const sent = { ...order, amount: yuan(30n), intent: intentId('sent'), channel: 'telephone' } as const
  expect(await world.other().bank.transfer(sent)).toMatchObject({ outcome: 'transferred' })
  await letAllArrive(world)
  // Its own program answers nothing from now on.
  const theirs: object = world.other().dayEnd
  await (theirs as BankDayEnd).close()
  runtime.jumpWallClock(86_400_000)
  await world.harbour.nightly()
  await letAllArrive(world)
  const statements = await own()
  await world.other().store.execute(async tx => {
    for (const { number, hash: file, lines } of statements)
      await writeLetter(tx, {
        ...{ from: institutionId('garden'), to: institutionId('harbour'), type: 'net-result', stream: 'bulk' },
        body: { number, file, ...(lines > 0n ? { agreed, breaks } : { agreed: 0n, breaks: [] }) },
      })
  })
  await world.other().nightly()
  await letAllArrive(world)
}

const own = () =>
  world.harbour.store.read(tx =>
    tx.all<{ number: bigint; hash: Uint8Array; state: string; agreed: bigint | null; lines: bigint }>(
      `SELECT number, hash, state, agreed, lines FROM net_statement WHERE bank = 'garden' ORDER BY number`,
    ),
  )

const made = async () => (await own()).filter(({ lines }) => lines > 0n).map(({ state, agreed }) => [state, agreed])
const due = async () => (await world.harbour.teller.standings())[0]?.due

test.each<[string, bigint, Break[]]>([
  ['nothing, without a break', 0n, []],
  ['a cent less than was told', 2_999n, []],
  ['less, with a break that is in no line', 2_000n, [['missing-there', 1n, 1_000n]]],
  ['more than was told', 3_001n, []],
  ['as much as a row holds', 2n ** 63n - 1n, []],
  ['all of it, and a break of a line', 3_000n, [['amount', 1n, 1n]]],
  ['some of it, with more breaks than lines', 1_000n, [['amount', 2n, 2_000n]]],
])('a bank that agrees to %s is not believed, with an alarm', (_, agreed, breaks) =>
  runtime.run(async () => {
    await nightAnswered(agreed, breaks)
    expect(await made()).toEqual([['differs', 0n]])
    expect(await due()).toBe(0n)
    expect((await alarmsOf(world.harbour)).join()).toMatch(/day-end-contradicted: net statement .* it agrees to/)
    expect(await world.audited()).toEqual([])
  }),
)

test.each<[string, bigint, Break[], [string, bigint], string]>([
  ['all of it', 3_000n, [], ['agreed', 3_000n], ''],
  ['none of it, which is a break', 0n, [['missing-here', 1n, 3_000n]], ['differs', 0n], '1 missing-here'],
  ['all of it and misses another', 3_000n, [['missing-there', 1n, 500n]], ['differs', 3_000n], '1 missing-there'],
])('a bank that agrees to %s is', (_, agreed, breaks, found, alarm) =>
  runtime.run(async () => {
    await nightAnswered(agreed, breaks)
    expect(await made()).toEqual([found])
    expect(await due()).toBe(found[1])
    expect((await alarmsOf(world.harbour)).join().split(': ').at(-1)).toBe(alarm)
    expect(await world.audited()).toEqual([])
  }),
)

test('an audit finds a statement that is agreed on, and of which less is owed', () =>
  runtime.run(async () => {
    await nightAnswered(3_000n, [])
    await world.harbour.store.execute(tx =>
      tx.run(`UPDATE net_statement SET agreed = agreed - 1 WHERE state = 'agreed' AND lines > 0`),
    )
    expect((await world.audited()).join()).toContain('it is agreed on, and not all that it says')
  }))
