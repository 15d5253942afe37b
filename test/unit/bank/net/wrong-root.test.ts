/** A net statement whose lines are not those of its header: its author hears of it, and its lines count as never told. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  addNetLine,
  encodeNetHeader,
  encodeNetLine,
  type NetHeader,
  noStatement,
  statementHash,
} from '../../../../src/bank/net/statement.ts'
import { MerkleTree } from '../../../../src/clearing/merkle.ts'
import { writeLetter } from '../../../../src/mail/outbox.ts'
import { CNY, yuan } from '../../../../src/money.ts'
import { closeDayEnd } from '../../../support/day-end.ts'
import { accountNumber, institutionId, intentId } from '../../../support/ids.ts'
import { alarmsOf } from '../../../support/proof.ts'
import { letAllArrive } from '../../../support/two-banks.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

const [harbour, garden] = [institutionId('harbour'), institutionId('garden')]
let runtime: VirtualRuntime
let world: World
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 91 })
  world = await runtime.run(() => openWorld({ runtime, banks: 2 }))
})
afterEach(() => runtime.run(() => world.close()))

/** What garden credited for harbour, which garden's own program tells nobody of from now on. */
async function credited() {
  const to = world.neighbour?.account ?? accountNumber('1')
  const order = { from: world.customers.ada.account, to, amount: yuan(30n), intent: intentId('1') }
  const sent = await world.harbour.bank.transfer({ ...order, channel: 'telephone' })
  expect(sent).toMatchObject({ outcome: 'transferred' })
  await letAllArrive(world)
  await closeDayEnd(world.other())
  const row = await world
    .other()
    .store.read(tx =>
      tx.one<{ transfer: string; minor: bigint; epoch: bigint; sequence: bigint }>(
        'SELECT transfer, minor, letter_epoch AS epoch, letter_sequence AS sequence FROM received_credit',
      ),
    )
  if (row === undefined) throw new Error('nothing was credited')
  return row
}

type Told = {
  readonly number: bigint
  readonly total: bigint
  readonly previous: Uint8Array
  readonly isRight: boolean
}

/** @returns the hash of the statement, by which a next one names it */
async function tells(row: Awaited<ReturnType<typeof credited>>, { number, total, previous, isRight }: Told) {
  const { transfer, minor, epoch, sequence } = row
  const tree = new MerkleTree()
  addNetLine(tree, { transfer, minor: isRight ? minor : minor + 1n })
  const date = `2026-12-0${number}`
  const of: NetHeader = {
    ...{ format: 'tonebank net statement 1', network: 'tonebank', from: garden, to: harbour, number },
    ...{ date, cutOff: { at: 0n, timeZone: 'Asia/Shanghai' }, previous, asset: { code: CNY.code, scale: CNY.scale } },
    ...{ count: 1n, minor, total, through: { epoch, sequence }, root: tree.root() },
  }
  const header = encodeNetHeader(of)
  const way = { from: garden, to: harbour, stream: 'bulk' } as const
  await world.other().store.execute(async tx => {
    const place = await writeLetter(tx, { ...way, type: 'net-statement', body: { header } })
    await tx.run(
      `INSERT INTO net_statement (tenant, bank, number, date, hash, header, state, lines, told, letter_epoch, letter_sequence)
       VALUES ('garden', 'harbour', ?, ?, ?, ?, 'sent', 1, 1, ?, ?)`,
      ...[number, date, statementHash(header), header, place.epoch, place.sequence],
    )
    const body = { number, from: 1n, lines: encodeNetLine({ transfer, minor }) }
    await writeLetter(tx, { ...way, type: 'net-lines', body })
  })
  world.other().mail.wake()
  await letAllArrive(world)
  return statementHash(header)
}

const own = () =>
  world.other().store.read(tx => tx.all('SELECT state, agreed, breaks FROM net_statement ORDER BY number'))
const positions = async () => [
  (await world.harbour.teller.standings())[0]?.owed,
  (await world.other().teller.standings())[0]?.due,
]

test('it counts for nothing at either, both have an alarm, and what is told in a right one is no duplicate', () =>
  runtime.run(async () => {
    const row = await credited()
    const previous = await tells(row, { number: 1n, total: 3_000n, previous: noStatement, isRight: false })
    expect(await own()).toEqual([{ state: 'differs', agreed: 0n, breaks: '1 wrong-root' }])
    expect((await alarmsOf(world.other())).join()).toMatch(/day-end-breaks: net statement 1 .* 1 wrong-root/)
    expect((await alarmsOf(world.harbour)).join()).toMatch(/day-end-contradicted: net statement 1 .* not those of its/)
    expect(await positions()).toEqual([0n, 0n])
    // Written again, as by a bank that has lost the word on it.
    await world.other().store.execute(async tx => {
      await tx.run(`UPDATE net_statement SET state = 'sent', agreed = NULL, breaks = NULL`)
      const [{ header } = { header: previous }] = await tx.all<{ header: Uint8Array }>(
        'SELECT header FROM net_statement',
      )
      const letter = { from: garden, to: harbour, type: 'net-statement', body: { header }, stream: 'bulk' } as const
      await writeLetter(tx, letter)
    })
    world.other().mail.wake()
    await letAllArrive(world)
    expect(await own()).toEqual([{ state: 'differs', agreed: 0n, breaks: '1 wrong-root' }])
    await tells(row, { number: 2n, total: 6_000n, previous, isRight: true })
    expect((await own())[1]).toEqual({ state: 'agreed', agreed: 3_000n, breaks: '' })
    expect(await positions()).toEqual([3_000n, 3_000n])
    const found = (await world.audited()).filter(finding => finding.startsWith('harbour'))
    expect(found, 'of whoever was told').toEqual([])
  }))
