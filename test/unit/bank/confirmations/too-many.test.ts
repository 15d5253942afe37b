/** A customer to whom much happens in a day: the rest of it comes in one mail, and whoever sends them many small amounts hides nothing else. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { raiseAlarm } from '../../../../src/alarm.ts'
import { money, yuan } from '../../../../src/money.ts'
import { adasAddress, confirmations, leaveAddress, listedMail, postOf } from '../../../support/confirmations.ts'
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

/** What is due is sent. */
async function sentNow(answers: Parameters<typeof listedMail>[0] = []) {
  const { mails, sender } = listedMail(answers)
  const post = postOf(world, sender)
  await runtime.sleep(minute)
  await post.close()
  return mails
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
    const first = await sentNow()
    expect(first.map(({ subject }) => subject.split(/: | \/ /)[1]).sort()).toEqual([
      ...['money came to your account', 'money came to your account', 'money came to your account'],
      ...['we write to this address', 'you bought a voucher'],
    ])
    runtime.jumpWallClock(day)
    const [mail, ...others] = await sentNow()
    expect(others).toEqual([])
    expect(mail?.subject).toContain('what happened on your account')
    const english = mail?.text.split('* * *')[0] ?? ''
    expect(english.match(/¥0.01 came to your account/g)).toHaveLength(50)
    expect(english).toContain('And 7 more of these.')
    expect(await sentNow()).toEqual([])
  }))

test('has a whole share again a day after what was sent at once, however much was collected meanwhile', () =>
  runtime.run(async () => {
    await withAddress(1)
    await send(1n)
    expect(toldOf(await sentNow()).map(({ fen }) => fen)).toContainEqual([1])
    runtime.jumpWallClock(23 * hour)
    await send(2n)
    await send(3n)
    expect(await sentNow()).toEqual([])
    runtime.jumpWallClock(2 * hour)
    await send(4n)
    expect(toldOf(await sentNow())).toEqual([toAda(4)])
    runtime.jumpWallClock(22 * hour)
    expect(toldOf(await sentNow())).toEqual([toAda(2, 3)])
  }))

test('is told by a mail of its own of what happens while the collected one is tried again', () =>
  runtime.run(async () => {
    await withAddress(1)
    await send(1n)
    await send(2n)
    await sentNow()
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
    expect(toldOf(await sentNow())).toEqual([toAda(5)])
  }))

test('whose address changes is told at the new one of what happens from then on, and of the rest where it was to be told', () =>
  runtime.run(async () => {
    await withAddress(1)
    await send(1n)
    await send(2n)
    await leaveAddress(world, world.customers.ada.account, 'ada@example.net')
    await send(3n)
    await sentNow()
    runtime.jumpWallClock(day)
    const told = toldOf(await sentNow()).filter(({ fen }) => fen.length > 0)
    expect(told).toHaveLength(2)
    expect(told).toEqual(expect.arrayContaining([toAda(2), { to: 'ada@example.net', fen: [3] }]))
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
    await sentNow(['refuse'])
    expect(await world.harbour.confirmations?.waiting()).toMatchObject({ givenUp: 1 })
    expect(await alarms()).toEqual({ count: 10n })
    runtime.jumpWallClock(day)
    await send(1n)
    await sentNow(['refuse'])
    expect(await alarms()).toEqual({ count: 11n })
  }))
