/** What another bank says of a settlement once it has said something else, and who may answer one at all. */
import { beforeEach, expect, test } from 'vitest'
import type { Letter } from '../../../../src/mail/messages.ts'
import { writeLetter } from '../../../../src/mail/outbox.ts'
import { suspend } from '../../../../src/mail/suspension.ts'
import { yuan } from '../../../../src/money.ts'
import { accountNumber, institutionId, intentId } from '../../../support/ids.ts'
import { banksOf, decideAt, letAllArrive } from '../../../support/two-banks.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

const [harbour, garden] = [institutionId('harbour'), institutionId('garden')]
let runtime: VirtualRuntime
let world: World
beforeEach(() => {
  runtime = new VirtualRuntime({ seed: 11 })
})

/** Harbour owes garden 30 yuan and says that it paid them. */
function announced(story: (settlement: string) => Promise<void>): Promise<void> {
  return runtime.run(async () => {
    world = await openWorld({ runtime, banks: 2 })
    const to = world.neighbour?.account ?? accountNumber('1')
    const order = { from: world.customers.ada.account, to, amount: yuan(30n), intent: intentId('1') }
    expect(await world.harbour.bank.transfer({ ...order, channel: 'telephone' })).toMatchObject({
      outcome: 'transferred',
    })
    runtime.jumpWallClock(86_400_000)
    for (const bank of banks()) await bank.nightly()
    await letAllArrive(world)
    expect(await decide('harbour', 'settle-bank', { bank: 'garden', minor: 3_000n })).toBe('paid')
    await story((await settlement('garden')).id)
    await world.close()
  })
}

const banks = () => banksOf(world)
const at = (bank: 'harbour' | 'garden') => (bank === 'harbour' ? world.harbour : world.other())

const decide = (bank: 'harbour' | 'garden', kind: string, request: unknown) =>
  decideAt(world, runtime, bank, kind, request)

async function settlement(bank: 'harbour' | 'garden') {
  const [standing] = await at(bank).teller.standings()
  const [row] = standing?.settlements ?? []
  if (row === undefined) throw new Error('nothing was announced')
  return row
}

/** What becomes of a letter that nobody there has signed. */
async function writes<T extends 'settlement' | 'settlement-confirmed' | 'settlement-refused'>(
  bank: 'harbour' | 'garden',
  type: T,
  body: Letter<T>,
): Promise<string | null | undefined> {
  const { store, mail } = at(bank)
  const [from, to] = bank === 'harbour' ? [harbour, garden] : [garden, harbour]
  const place = await store.execute(tx => writeLetter<T>(tx, { from, to, type, body, stream: 'bulk' }))
  mail.wake()
  await letAllArrive(world)
  const row = await store.read(tx =>
    tx.one<{ outcome: string | null }>(
      'SELECT outcome FROM clearing_outbox WHERE peer = ? AND epoch = ? AND sequence = ?',
      ...[to, place.epoch, place.sequence],
    ),
  )
  return row?.outcome
}

test('one that was confirmed is not refused any more, and the money stays where it is', () =>
  announced(async id => {
    expect(await decide('garden', 'confirm-settlement', { bank: 'harbour', settlement: id })).toBe('confirmed')
    expect(await writes('garden', 'settlement-refused', { settlement: id, reason: 'it did not come' })).toBe('refused')
    expect(await settlement('harbour')).toMatchObject({ state: 'confirmed' })
  }))

test('one that was refused is not confirmed any more, and is booked back once, however often it is refused', () =>
  announced(async id => {
    const why = 'it did not come'
    expect(await decide('garden', 'refuse-settlement', { bank: 'harbour', settlement: id, why })).toBe('refused')
    expect(await writes('garden', 'settlement-refused', { settlement: id, reason: why })).toBe('accepted')
    expect(await writes('garden', 'settlement-confirmed', { settlement: id })).toBe('refused')
    expect(await settlement('harbour')).toMatchObject({ state: 'refused' })
    const [standing] = await world.harbour.teller.standings()
    expect(standing).toMatchObject({ owed: 3_000n })
  }))

test('the bank that pays answers its own settlement with no word', () =>
  announced(async id => {
    for (const [kind, more] of [
      ['confirm-settlement', {}],
      ['refuse-settlement', { why: 'it did not come' }],
    ] as const)
      expect(await decide('harbour', kind, { bank: 'garden', settlement: id, ...more })).toBe('unknown-settlement')
    expect(await settlement('harbour')).toMatchObject({ state: 'announced' })
  }))

test('nothing is answered while the other bank would not hear it', () =>
  announced(async id => {
    await world.other().store.execute(tx => suspend(tx, garden, harbour))
    const asked = { bank: 'harbour', settlement: id }
    expect(await decide('garden', 'confirm-settlement', asked)).toBe('bank-out-of-reach')
    expect(await decide('garden', 'refuse-settlement', { ...asked, why: 'it did not come' })).toBe('bank-out-of-reach')
    expect(await settlement('garden')).toMatchObject({ state: 'announced' })
  }))

test('one that is announced again is the same, and no other is taken while it is open', () =>
  announced(async id => {
    const [standing] = await world.harbour.teller.standings()
    const statements = standing?.statements.filter(({ lines }) => lines > 0n) ?? []
    const owing = statements.find(({ by }) => by === 'them')?.number ?? 0n
    const same = { settlement: id, owing, owed: 0n, gross: 3_000n, counter: 0n }
    expect(await writes('harbour', 'settlement', same)).toBe('accepted')
    expect(await writes('harbour', 'settlement', { ...same, settlement: 'a'.repeat(64) })).toBe('refused')
    const [there] = await world.other().teller.standings()
    expect(there?.settlements).toMatchObject([{ id, net: 3_000n, state: 'announced' }])
    expect(await settlement('harbour'), 'the other one was refused').toMatchObject({ id, state: 'announced' })
  }))
