/**
 * Books that were put back, by whatever way: the institution finds out by itself, writes nothing under old numbers, gets from
 * its counterparties what they have, and lets no caller in before two people have looked at the rest.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import { losses } from '../../../src/institution/recovery.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
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
  runtime = new VirtualRuntime({ seed: 11 })
  world = await openWorld({ runtime, weather: { next: () => (isCutOff ? { lost: 'there' } : {}) } })
})
afterEach(() => world.close())

async function buy(name: string) {
  const sale = await world.bank.sellVoucher({
    intent: intentId(name),
    buyer: world.customers.ada.account,
    payee: lantern,
    amount: yuan(50n),
    channel: 'telephone',
  })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  return sale.voucher
}
const letters = async () => {
  await world.harbour.mail.idle()
  await world.lantern.mail.idle()
}
const raised = (who: 'bank' | 'merchant') => {
  const { store } = who === 'bank' ? world.harbour : world.lantern
  return store.read(async tx => (await alarms(tx, who === 'bank' ? harbour : lantern)).map(({ kind }) => kind))
}
/** `open` never resolves while callers wait. */
const isOpen = (who: 'bank' | 'merchant') => {
  const { recovery } = who === 'bank' ? world.harbour : world.lantern
  return Promise.race([recovery.open.then(() => true), runtime.sleep(60_000).then(() => false)])
}

describe("a payee's books that were put back", () => {
  test('keep callers out, get their activations again, and go on under a new epoch when two people let them', () =>
    runtime.run(async () => {
      const before = await world.lantern.store.snapshot()
      const voucher = await buy('after the backup')
      await letters()
      const opened = await world.merchant.openVoucher({ ...voucher, origin: aPhone })
      expect(opened).toMatchObject({ outcome: 'open' })

      await world.putBack('merchant', before)
      expect(await world.lantern.recovery.begun).toBe('closed')
      expect(await isOpen('merchant')).toBe(false)
      expect(await raised('merchant')).toContain('books-went-back')
      const [loss] = await world.lantern.store.read(tx => losses(tx, lantern))
      expect(loss).toMatchObject({ epoch: 2n, heldBy: 'harbour', releasedAt: undefined })

      await letters()
      expect(await raised('bank')).toContain('peer-recovered')
      expect(await raised('bank')).not.toContain('forked-log')
      const sale = await world.lantern.store.read(tx =>
        tx.one<{ state: string }>('SELECT state FROM voucher WHERE number = ?', voucher.number),
      )
      expect(sale?.state, 'its activation was sent again').toBe('active')

      expect(await bothSign(world.lantern, runtime, world.shopStaff, 'release-recovery', {})).toMatchObject({
        done: true,
      })
      expect(await isOpen('merchant')).toBe(true)
      const later = await buy('later')
      await letters()
      expect(await world.merchant.openVoucher({ ...later, origin: aPhone })).toMatchObject({ outcome: 'open' })
    }))

  test('stay closed over another start, until they are released', () =>
    runtime.run(async () => {
      const before = await world.lantern.store.snapshot()
      await buy('after the backup')
      await letters()
      await world.putBack('merchant', before)
      await world.lantern.recovery.begun
      await letters()
      await world.restart('merchant')
      expect(await world.lantern.recovery.begun).toBe('closed')
      expect(await world.lantern.store.read(tx => losses(tx, lantern))).toHaveLength(1)
      const released = await bothSign(world.lantern, runtime, world.shopStaff, 'release-recovery', {})
      expect(released.outcome).toBe('released')
      await letters()
      await world.restart('merchant')
      expect(await world.lantern.recovery.begun).toBe('open')
    }))
})

describe("a bank's books that were put back", () => {
  test('number their letters anew, so that the payee takes the next activation', () =>
    runtime.run(async () => {
      const before = await world.harbour.store.snapshot()
      await buy('lost')
      await letters()
      await world.putBack('bank', before)
      expect(await world.harbour.recovery.begun).toBe('closed')
      await bothSign(world.harbour, runtime, world.staff, 'release-recovery', {})
      await buy('after it')
      await letters()
      expect(await raised('merchant')).toContain('peer-recovered')
      expect(await raised('merchant')).not.toContain('other-content')
      expect(await raised('bank')).not.toContain('accused-of-other-content')
    }))

  test('are found out late when the payee was away, and callers have to leave then', () =>
    runtime.run(async () => {
      const before = await world.harbour.store.snapshot()
      await buy('lost')
      await letters()
      isCutOff = true
      await world.putBack('bank', before)
      expect(await world.harbour.recovery.begun, 'one dead peer never closes a bank').toBe('open')
      isCutOff = false
      await world.harbour.recovery.closedAgain
      expect(await raised('bank')).toContain('books-went-back')
    }))
})

test('books that end where the backup ends, or went on, are opened without a word', () =>
  runtime.run(async () => {
    await buy('one')
    await letters()
    await world.restart('bank')
    await world.restart('merchant')
    expect(await world.harbour.recovery.begun).toBe('open')
    expect(await world.lantern.recovery.begun).toBe('open')
    expect(await raised('bank')).toEqual([])
    expect(await bothSign(world.harbour, runtime, world.staff, 'release-recovery', {})).toMatchObject({
      done: false,
      outcome: 'nothing-closed',
    })
    expect(await world.bank.signIn(asAda())).toMatchObject({ outcome: 'signed-in' })
  }))

const asAda = () => {
  const { account, pin } = world.customers.ada
  return { account, pin: new Secret(pin), origin: aPhone }
}
