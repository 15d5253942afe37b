/**
 * Books that were put back while a counterparty is away: what it knows of them is not known yet, so nothing is numbered for
 * it meanwhile. Once it is there again both go on, and nobody has to settle anything.
 */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import { ClosedToPeer } from '../../../src/mail/gate.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { pinnedPeers } from '../../../src/mail/peers.ts'
import { yuan } from '../../../src/money.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const harbour = institutionId('harbour')
const lantern = institutionId('lantern')
let world: World
let runtime: VirtualRuntime
let isCutOff = false
beforeEach(async () => {
  isCutOff = false
  runtime = new VirtualRuntime({ seed: 12 })
  world = await openWorld({ runtime, weather: { next: () => (isCutOff ? { lost: 'there' } : {}) } })
})
afterEach(() => world.close())

const buy = (name: string) =>
  world.bank.sellVoucher({
    intent: intentId(name),
    buyer: world.customers.cai.account,
    payee: lantern,
    amount: yuan(50n),
    channel: 'telephone',
  })
const letters = async () => {
  await world.harbour.mail.idle()
  await world.lantern.mail.idle()
}
const raised = (who: 'bank' | 'merchant') => {
  const { store } = who === 'bank' ? world.harbour : world.lantern
  return store.read(async tx => (await alarms(tx, who === 'bank' ? harbour : lantern)).map(({ kind }) => kind))
}
/** They write to each other, and neither says of the other what cannot be. */
async function areAtPeace() {
  for (const [{ store }, id] of [
    [world.harbour, harbour],
    [world.lantern, lantern],
  ] as const) {
    const [peer] = await store.read(tx => pinnedPeers(tx, id))
    expect(peer).toMatchObject({ suspended: false })
    const waiting = await store.read(tx => tx.all('SELECT 1 FROM clearing_outbox WHERE outcome IS NULL'))
    expect(waiting).toEqual([])
  }
  for (const kind of ['accused-of-other-content', 'accused-of-old-epoch', 'peer-lost-receipts', 'other-content'])
    for (const who of ['bank', 'merchant'] as const) expect(await raised(who)).not.toContain(kind)
}

test('a bank sells nothing of a payee that is away, and goes on with it when it is there again', () =>
  runtime.run(async () => {
    const before = await world.harbour.store.snapshot()
    await buy('lost')
    await letters()
    isCutOff = true
    await world.putBack('bank', before)
    expect(await world.harbour.recovery.begun, 'one dead peer never closes a bank').toBe('open')
    const balance = await world.bank.balance(world.customers.cai.account)
    expect(await buy('meanwhile')).toEqual({ outcome: 'payee-out-of-reach' })
    expect(await world.bank.balance(world.customers.cai.account)).toEqual(balance)
    await world.harbour.nightly()
    const forgetful = world.harbour.store.execute(tx =>
      writeLetter(tx, {
        from: harbour,
        to: lantern,
        type: 'stock-order',
        body: { order: '0'.repeat(32), payee: lantern, amount: yuan(500n), count: 1 },
      }),
    )
    await expect(forgetful, 'whoever forgets to ask has written nothing').rejects.toThrow(ClosedToPeer)

    isCutOff = false
    await letters()
    expect(await raised('bank')).toContain('books-went-back')
    expect(await raised('merchant')).toContain('peer-recovered')
    await bothSign(world.harbour, runtime, world.staff, 'release-recovery', {})
    await world.harbour.teller.replenish()
    await letters()
    await world.lantern.ordersFilled()
    await letters()
    const sale = await buy('afterwards')
    if (sale.outcome !== 'sold') throw new Error(sale.outcome)
    await letters()
    expect(await world.merchant.openVoucher({ ...sale.voucher, origin: aPhone })).toMatchObject({ outcome: 'open' })
    await areAtPeace()
  }))

test('a payee puts off what it has to tell a bank that is away, and tells it when that is there again', () =>
  runtime.run(async () => {
    await world.harbour.teller.replenish()
    await letters()
    const before = await world.lantern.store.snapshot()
    await world.reconfigureMerchant({ ceilings: { each: 40_000n } })
    await letters()
    isCutOff = true
    world.changeMerchant({ ceilings: { each: 30_000n } })
    await world.putBack('merchant', before)
    await world.lantern.recovery.begun
    await world.lantern.nightly()

    isCutOff = false
    await letters()
    expect(await raised('merchant')).toContain('books-went-back')
    expect(await raised('bank')).toContain('peer-recovered')
    await bothSign(world.lantern, runtime, world.shopStaff, 'release-recovery', {})
    await letters()
    const grants = await world.harbour.store.read(tx =>
      tx.all<{ minor: bigint }>('SELECT minor FROM payee_grant ORDER BY number'),
    )
    expect(grants.at(-1)?.minor).toBe(30_000n)
    await areAtPeace()
    expect(await world.audited()).toEqual([])
  }))

test('books that were put back twice go on in an epoch above both', () =>
  runtime.run(async () => {
    const before = await world.harbour.store.snapshot()
    await buy('lost')
    await letters()
    await world.putBack('bank', before)
    await world.harbour.recovery.begun
    await letters()
    await bothSign(world.harbour, runtime, world.staff, 'release-recovery', {})
    await letters()
    // Back to before the first: the payee has seen epoch 2, so the next is 3.
    await world.putBack('bank', before)
    await world.harbour.recovery.begun
    await letters()
    const { epoch } = await world.harbour.store.read(async tx => ({
      epoch: (await tx.one<{ epoch: bigint }>('SELECT epoch FROM institution'))?.epoch,
    }))
    expect(epoch).toBe(3n)
    expect(await raised('merchant')).not.toContain('epoch-jump')
    await areAtPeace()
  }))
