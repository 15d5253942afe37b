/** A customer to whom much happens in a day: the rest of it comes in one mail, and whoever sends them many small amounts hides nothing else. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { raiseAlarm } from '../../../../src/alarm.ts'
import { confirmInWriting } from '../../../../src/bank/confirmations/write.ts'
import type { Mail } from '../../../../src/confirmations/sender.ts'
import { money, yuan } from '../../../../src/money.ts'
import {
  adasAddress,
  confirmations,
  leaveAddress,
  listedMail,
  postOf,
  sentNow,
} from '../../../support/confirmations.ts'
import { institutionId, intentId } from '../../../support/ids.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let sends = 0
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 79 })
  world = await runtime.run(() => openWorld({ runtime, bank: { confirmations } }))
})
afterEach(() => runtime.run(() => world.close()))

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const harbour = institutionId('harbour')

/** The customer has left an address, of which they are told, too; so many mails a day are sent at once. */
async function withAddress(perDay: number): Promise<void> {
  await world.reconfigureBank({ confirmations: { ...confirmations, perDay } })
  await runtime.sleep(minute)
  await leaveAddress(world, world.customers.ada.account, adasAddress)
}

/** Dora sends Ada so many fen: each is known by its amount. */
const send = (minor: bigint) =>
  world.bank.transfer({
    ...{ intent: intentId(`sent in writing ${++sends}`), amount: money(minor), channel: 'telephone' },
    ...{ from: world.customers.dora.account, to: world.customers.ada.account },
  })

/** Of each mail the address and the fen that it says have come, in its English half. */
const toldOf = (mails: Awaited<ReturnType<typeof sentNow>>) =>
  mails.map(({ to, text }) => ({
    to,
    fen: [...(text.split('* * *')[0] ?? '').matchAll(/¥0\.(\d\d) came to your account/g)].map(([, fen]) => Number(fen)),
  }))

/** Ada's PIN, as the mail says it. */
const changed = (id: string) =>
  world.harbour.store.execute(tx =>
    confirmInWriting(
      tx,
      { config: { id: harbour, confirmations: { ...confirmations, perDay: 1 } } as never },
      { id, account: world.customers.ada.account, kind: 'pin-changed', at: runtime.wallNow() },
    ),
  )

const dueNow = () =>
  world.harbour.store.read(tx =>
    tx.all(
      `SELECT json_extract(facts, '$.amount[0]') AS fen, tries, due_at <= ? AS isLate FROM confirmation
       WHERE due_at IS NOT NULL AND kind = 'transfer-in'`,
      BigInt(runtime.wallNow()),
    ),
  )

const toAda = (...fen: number[]) => ({ to: adasAddress, fen })

test('is sent the rest of the day in one, of which each share is apart', () =>
  runtime.run(async () => {
    await withAddress(3)
    for (let i = 0; i < 60; i++) await send(1n)
    const bought = await world.bank.sellVoucher({
      ...{ intent: intentId('bought meanwhile'), buyer: world.customers.ada.account, amount: yuan(50n) },
      ...{ payee: institutionId('lantern'), channel: 'telephone' },
    })
    expect(bought.outcome).toBe('sold')
    const first = await sentNow(world)
    expect(first.map(({ subject }) => subject.split(/: | \/ /)[1]).sort()).toEqual([
      ...['money came to your account', 'money came to your account', 'money came to your account'],
      ...['we write to this address', 'you bought a voucher'],
    ])
    runtime.jumpWallClock(day)
    const [mail, ...others] = await sentNow(world)
    expect(others).toEqual([])
    expect(mail?.subject).toContain('what happened on your account')
    const english = mail?.text.split('* * *')[0] ?? ''
    expect(english.match(/¥0.01 came to your account/g)).toHaveLength(50)
    expect(english).toContain('And 7 more of these.')
    expect(await sentNow(world)).toEqual([])
  }))

test('has a whole share again a day after what was sent at once, however much was collected meanwhile', () =>
  runtime.run(async () => {
    await withAddress(1)
    await send(1n)
    expect(toldOf(await sentNow(world)).map(({ fen }) => fen)).toContainEqual([1])
    runtime.jumpWallClock(23 * hour)
    await send(2n)
    await send(3n)
    expect(await sentNow(world)).toEqual([])
    runtime.jumpWallClock(2 * hour)
    await send(4n)
    expect(toldOf(await sentNow(world))).toEqual([toAda(4)])
    runtime.jumpWallClock(22 * hour)
    expect(toldOf(await sentNow(world))).toEqual([toAda(2, 3)])
  }))

test('is told by a mail of its own of what happens while the collected one is tried again', () =>
  runtime.run(async () => {
    await withAddress(1)
    await send(1n)
    await send(2n)
    await sentNow(world)
    runtime.jumpWallClock(day - 2 * minute)
    await send(3n)
    runtime.jumpWallClock(2 * minute)
    const { mails, sender } = listedMail(['away', 'away', 'away', 'away', 'away', 'away'])
    const post = postOf(world, sender)
    await runtime.sleep(25_000)
    // Since the first was sent a day has passed, so that the next is sent at once, and the one after it is collected.
    await send(4n)
    await send(5n)
    await runtime.sleep(20 * minute)
    await post.close()
    expect([...new Set(toldOf(mails).map(({ fen }) => fen.join()))].sort()).toEqual(['2,3', '4'])
    runtime.jumpWallClock(day)
    expect(toldOf(await sentNow(world))).toEqual([toAda(5)])
  }))

const elsewhere = 'ada@example.net'

test('whose address changes is told at the new one of all that waits, and at no address that was taken back', () =>
  runtime.run(async () => {
    await withAddress(1)
    await send(1n)
    await sentNow(world)
    await send(2n)
    await leaveAddress(world, world.customers.ada.account, elsewhere)
    await send(3n)
    const changed = await sentNow(world)
    expect(changed.map(({ to, subject }) => [to, subject.split(/: | \/ /)[1]]).sort()).toEqual([
      [adasAddress, 'we no longer write to this address'],
      [elsewhere, 'we write to this address'],
    ])
    runtime.jumpWallClock(day)
    expect(toldOf(await sentNow(world))).toEqual([{ to: elsewhere, fen: [2, 3] }])
  }))

test('whose server is away when the address changes is told at the new one at once, with tries of its own', () =>
  runtime.run(async () => {
    await withAddress(20)
    await sentNow(world)
    await send(1n)
    await sentNow(world, ['away', 'away', 'away'])
    await leaveAddress(world, world.customers.ada.account, elsewhere)
    expect(await dueNow()).toEqual([{ fen: '1', tries: 0n, isLate: 1n }])
    expect(toldOf(await sentNow(world))).toContainEqual({ to: elsewhere, fen: [1] })
  }))

test('what the old address refuses for good while it changes is told at the new one', () =>
  runtime.run(async () => {
    await withAddress(20)
    await sentNow(world)
    await send(1n)
    const mailing = await world.harbour.confirmations?.next()
    if (mailing === undefined) throw new Error('nothing waits')
    await leaveAddress(world, world.customers.ada.account, elsewhere)
    await world.harbour.confirmations?.failed(mailing, 'EENVELOPE RCPT TO 550', true)
    expect(await world.harbour.confirmations?.waiting()).toMatchObject({ givenUp: 0 })
    expect(toldOf(await sentNow(world))).toContainEqual({ to: elsewhere, fen: [1] })
  }))

test('who wants no mail any more is sent nothing of what waits, then or after an address is left again', () =>
  runtime.run(async () => {
    await withAddress(1)
    await send(1n)
    await sentNow(world)
    await send(2n)
    await send(3n)
    await leaveAddress(world, world.customers.ada.account, '')
    expect(await world.harbour.confirmations?.waiting()).toMatchObject({ count: 1, givenUp: 0 })
    expect(await sentNow(world)).toMatchObject([
      { to: adasAddress, text: expect.stringContaining('not written to this address any more') },
    ])
    await leaveAddress(world, world.customers.ada.account, elsewhere)
    runtime.jumpWallClock(day)
    expect(toldOf(await sentNow(world))).toEqual([{ to: elsewhere, fen: [] }])
    expect(await world.harbour.confirmations?.waiting()).toEqual({ count: 0, since: undefined, givenUp: 0 })
    const withdrawn = await world.harbour.store.read(tx =>
      tx.all('SELECT facts FROM confirmation WHERE withdrawn_at IS NOT NULL AND due_at IS NULL AND sent_at IS NULL'),
    )
    expect(withdrawn).toHaveLength(2)
  }))

test('is told at once of every change of address, however much was changed, and what else is changed has its whole share', () =>
  runtime.run(async () => {
    await withAddress(1)
    const { account } = world.customers.ada
    const subjects = async () =>
      (await sentNow(world)).map(({ to, subject }) => [to, subject.split(/: | \/ /)[1]]).sort()
    const [left, gone] = ['we write to this address', 'we no longer write to this address']
    expect(await subjects()).toEqual([[adasAddress, left]])
    await changed('one')
    expect(await subjects()).toEqual([[adasAddress, 'your PIN was changed']])
    await changed('two')
    expect(await subjects()).toEqual([])
    await leaveAddress(world, account, elsewhere)
    await leaveAddress(world, account, '')
    expect(await subjects()).toEqual([
      [adasAddress, gone],
      [elsewhere, gone],
      [elsewhere, left],
    ])
  }))

test('what joins a collected mail that is under way, as the clock steps back, goes by a mail with a name of its own', () =>
  runtime.run(async () => {
    await withAddress(1)
    await send(1n)
    await sentNow(world)
    await send(2n)
    runtime.jumpWallClock(day)
    const mails: Mail[] = []
    const post = postOf(world, {
      send: async mail => {
        mails.push(mail)
        if (mails.length > 1) return
        runtime.jumpWallClock(-2 * minute)
        await send(9n)
      },
    })
    await runtime.sleep(10 * minute)
    await post.close()
    runtime.jumpWallClock(day)
    mails.push(...(await sentNow(world)))
    expect(toldOf(mails)).toEqual([toAda(2), toAda(9)])
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(2)
  }))

test('is sent the same mail at each try, by the same name', () =>
  runtime.run(async () => {
    await withAddress(1)
    await send(1n)
    await sentNow(world)
    await send(2n)
    await send(3n)
    runtime.jumpWallClock(day)
    const { mails, sender } = listedMail(['away', 'away'])
    const post = postOf(world, sender)
    await runtime.sleep(20 * minute)
    await post.close()
    expect(mails).toHaveLength(3)
    expect(new Set(mails.map(mail => JSON.stringify(mail))).size).toBe(1)
  }))

test('what was sent is noted once, whoever says so again', () =>
  runtime.run(async () => {
    await withAddress(20)
    const mailing = await world.harbour.confirmations?.next()
    if (mailing === undefined) throw new Error('nothing waits')
    await world.harbour.confirmations?.sent(mailing)
    const noted = () => world.harbour.store.read(tx => tx.all('SELECT id, tries, sent_at, due_at FROM confirmation'))
    const before = await noted()
    await runtime.sleep(minute)
    await world.harbour.confirmations?.sent(mailing)
    await world.harbour.confirmations?.failed(mailing, 'away', false)
    expect(await noted()).toEqual(before)
  }))

test('ten alarms in a day say that mail is not sent: while a server is away every customer’s is given up', () =>
  runtime.run(async () => {
    await withAddress(20)
    const alarms = () =>
      world.harbour.store.read(tx =>
        tx.one<{ count: bigint }>(`SELECT count(*) AS count FROM clearing_alarm WHERE kind = 'mail-not-sent'`),
      )
    for (let i = 0; i < 10; i++) {
      const told = { peer: harbour, kind: 'mail-not-sent', at: runtime.wallNow() } as const
      await world.harbour.store.execute(tx =>
        raiseAlarm(tx, harbour, { ...told, detail: `account 99${i} was given up` }),
      )
    }
    await sentNow(world, ['refuse'])
    expect(await world.harbour.confirmations?.waiting()).toMatchObject({ givenUp: 1 })
    expect(await alarms()).toEqual({ count: 10n })
    runtime.jumpWallClock(day)
    await send(1n)
    await sentNow(world, ['refuse'])
    expect(await alarms()).toEqual({ count: 11n })
  }))
