/** A net statement that the other bank refuses for a reason that ends is written again, and no later one before it is taken. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { encodeNetLine } from '../../../../src/bank/net/statement.ts'
import { writeLetter } from '../../../../src/mail/outbox.ts'
import { yuan } from '../../../../src/money.ts'
import { accountNumber, institutionId, intentId } from '../../../support/ids.ts'
import { bankSettings } from '../../../support/network/settings.ts'
import { alarmsOf } from '../../../support/proof.ts'
import { banksOf, letAllArrive } from '../../../support/two-banks.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let runtime: VirtualRuntime
let world: World
let intents = 0

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 90 })
  world = await runtime.run(() => openWorld({ runtime, banks: 2 }))
})
afterEach(() => runtime.run(() => world.close()))

const banks = () => banksOf(world)

async function night(): Promise<void> {
  runtime.jumpWallClock(86_400_000)
  for (const bank of banks()) await bank.nightly()
  await letAllArrive(world)
}

/** From harbour to garden, which tells of it. */
async function send(minor: bigint): Promise<void> {
  const order = { from: world.customers.ada.account, to: world.neighbour?.account ?? accountNumber('1') }
  const sent = { ...order, amount: yuan(minor), intent: intentId(`${++intents}`), channel: 'telephone' } as const
  expect(await world.harbour.bank.transfer(sent)).toMatchObject({ outcome: 'transferred' })
  await letAllArrive(world)
}

/** Whether harbour's file names garden. */
async function harbourLists(isListed: boolean): Promise<void> {
  const [told] = bankSettings({ banks: 2, payees: 1, denominations: [2_000n] })
  await world.reconfigureBank({ banks: isListed ? (told?.banks ?? []) : [] })
  await letAllArrive(world)
}

type Row = { readonly number: bigint; readonly state: string; readonly agreed: bigint | null; readonly hash: string }
const told = () =>
  world
    .other()
    .store.read(tx =>
      tx.all<Row>(
        `SELECT number, state, agreed, hex(hash) AS hash FROM net_statement WHERE bank = 'harbour' ORDER BY number`,
      ),
    )
const taken = () =>
  world.harbour.store.read(tx =>
    tx.all<Row>(
      `SELECT number, state, agreed, hex(hash) AS hash FROM bank_statement WHERE bank = 'garden' ORDER BY number`,
    ),
  )
const headersSent = async () => {
  const letters = await world
    .other()
    .store.read(tx => tx.all("SELECT sequence FROM clearing_outbox WHERE peer = 'harbour' AND type = 'net-statement'"))
  return letters.length
}
const owed = async () => (await world.harbour.teller.standings())[0]?.owed
const due = async () => (await world.other().teller.standings())[0]?.due
const refusals = async () => (await alarmsOf(world.other())).filter(alarm => alarm.includes('day-end-refused'))

test('one that comes before its receiver lists its author is written again each date, and later ones follow it', () =>
  runtime.run(async () => {
    await send(30n)
    await harbourLists(false)
    await night()
    const [first, ...others] = (await told()).filter(({ state }) => state === 'refused')
    expect(first).toMatchObject({ number: 1n })
    await night()
    expect((await told()).map(({ state }) => state)).toEqual([first, ...others].map(() => 'refused'))
    expect(await refusals(), 'each is told once').toHaveLength(1 + others.length)
    await harbourLists(true)
    await send(12n)
    await night()
    const all = await told()
    expect(all.map(({ state }) => state)).toEqual(all.map(() => 'agreed'))
    expect(all[0], 'the same one').toMatchObject({ hash: first?.hash })
    expect((await taken()).map(({ hash, agreed }) => ({ hash, agreed }))).toEqual(
      all.map(({ hash, agreed }) => ({ hash, agreed })),
    )
    expect([await owed(), await due()]).toEqual([4_200n, 4_200n])
    await night()
    expect((await told()).length).toBe(all.length + 1)
    expect(await world.audited()).toEqual([])
  }))

test('one that the other bank refuses as it has another is not written again by itself, nor a later one; people have it written again', () =>
  runtime.run(async () => {
    await send(30n)
    await world.harbour.store.execute(tx =>
      tx.run(
        `INSERT INTO bank_statement (tenant, bank, number, date, hash, header, state, lines)
         VALUES ('harbour', 'garden', 1, '2000-01-01', ?, x'00', 'receiving', 1)`,
        new Uint8Array(32),
      ),
    )
    await night()
    await night()
    expect((await told()).map(({ number, state }) => `${number} ${state}`)).toContain('1 refused')
    const before = (await told()).length
    const letters = await headersSent()
    await night()
    expect(await told()).toHaveLength(before)
    expect(await headersSent()).toBe(letters)
    const [alarm] = await refusals()
    expect(alarm).toContain('other-file; no later one is written before people have it written again')
    expect(await world.other().dayEnd.sendAgain(institutionId('lantern'))).toEqual({ outcome: 'nothing-refused' })
    // It is put right there.
    await world.harbour.store.execute(tx => tx.run('UPDATE bank_statement SET number = 999 WHERE number = 1'))
    expect(await world.other().dayEnd.sendAgain(institutionId('harbour'))).toEqual({ outcome: 'begun', files: 1n })
    await letAllArrive(world)
    const all = await told()
    expect(all.length).toBeGreaterThan(before)
    expect(all.map(({ state }) => state)).toEqual(all.map(() => 'agreed'))
    expect([await owed(), await due()]).toEqual([3_000n, 3_000n])
  }))

test('one that the other bank holds all the same is the same there, and its result comes again', () =>
  runtime.run(async () => {
    await send(30n)
    await night()
    const [withLines] = (await told()).filter(({ agreed }) => agreed === 3_000n)
    // As if its receiver had refused it, and taken it when its books went back and its letters came again.
    await world.other().store.execute(async tx => {
      await tx.run(
        `UPDATE clearing_outbox SET outcome = 'refused' WHERE peer = 'harbour' AND type = 'net-statement' AND sequence =
           (SELECT letter_sequence FROM net_statement WHERE number = ?)`,
        withLines?.number ?? 0n,
      )
      await tx.run(
        `UPDATE net_statement SET state = 'refused', agreed = NULL, breaks = NULL WHERE number = ?`,
        withLines?.number ?? 0n,
      )
    })
    expect(await due()).toBe(0n)
    expect(await world.other().dayEnd.sendAgain(institutionId('harbour'))).toEqual({ outcome: 'begun', files: 1n })
    await letAllArrive(world)
    expect([await owed(), await due()]).toEqual([3_000n, 3_000n])
    expect((await alarmsOf(world.other())).join()).not.toContain('letter-refused')
  }))

test('lines that come again are taken when they are the same, and refused when they are others', () =>
  runtime.run(async () => {
    await send(30n)
    await night()
    const [line] = await world.harbour.store.read(tx =>
      tx.all<{ number: bigint; transfer: string }>('SELECT number, transfer FROM bank_statement_line'),
    )
    const { number = 0n, transfer = '' } = line ?? {}
    const outcomeOf = async (minor: bigint) => {
      const body = { number, from: 1n, lines: encodeNetLine({ transfer, minor }) }
      const letter = { from: institutionId('garden'), to: institutionId('harbour'), type: 'net-lines', body } as const
      const { sequence } = await world.other().store.execute(tx => writeLetter(tx, { ...letter, stream: 'bulk' }))
      world.other().mail.wake()
      await letAllArrive(world)
      const row = await world
        .other()
        .store.read(tx =>
          tx.one<{ outcome: string }>(
            "SELECT outcome FROM clearing_outbox WHERE peer = 'harbour' AND sequence = ?",
            sequence,
          ),
        )
      return row?.outcome
    }
    expect(await outcomeOf(3_000n)).toBe('accepted')
    expect(await outcomeOf(2_999n)).toBe('refused')
    expect([await owed(), await due()]).toEqual([3_000n, 3_000n])
    expect(await world.audited()).toEqual([])
  }))
