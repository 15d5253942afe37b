/** A customer of a bank becomes a payee by a host, is paid like a shop, is settled and paid out, and is a payee no more. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { bankIdentities } from '../../../src/bank/audit.ts'
import type { Payee } from '../../../src/bank/bank.ts'
import type { Letter } from '../../../src/mail/messages.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { hostIdentities } from '../../../src/merchant/host/audit.ts'
import { yuan } from '../../../src/money.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { alarmsOf, faultsIn, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { type KnownCustomer, openWorld, type World } from '../../support/world.ts'

const day = 24 * 3_600_000
let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 88 })
  world = await runtime.run(() => openWorld({ runtime, hosted: true }))
})
afterEach(() => runtime.run(() => world.close()))

const host = institutionId('neighbours')

async function lettersArrive() {
  for (let round = 0; round < 4; round++) {
    await world.harbour.dayEnd.idle()
    await world.harbour.mail.idle()
    await world.neighbours().ordersFilled()
    await world.neighbours().dayEnd.idle()
    await world.neighbours().mail.idle()
  }
}

/** Undefined: by nobody's number. */
async function enrolled(customer: KnownCustomer): Promise<Payee> {
  const being = await world.bank.becomePayee(customer.account)
  if (being.outcome !== 'payee') throw new Error(being.outcome)
  await lettersArrive()
  const payee = await world.bank.findPayee(being.number)
  if (payee === undefined) throw new Error(`no payee ${being.number}`)
  return payee
}

async function bought(payee: Payee, name: string) {
  const order = {
    buyer: world.customers.cai.account,
    payee: payee.id,
    amount: yuan(50n),
    channel: 'telephone',
  } as const
  const sale = await world.bank.sellVoucher({ intent: intentId(name), ...order })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  await lettersArrive()
  return sale.voucher
}

async function hostedMerchant({ number }: { readonly number: string }) {
  const { host } = world.neighbours()
  const found = await host.findPayee({ number, origin: aPhone })
  if (found.outcome !== 'found') throw new Error(`the host does not know ${number}`)
  return host.at(found.payee)
}

async function opened(payee: Payee, voucher: Awaited<ReturnType<typeof bought>>) {
  const merchant = await hostedMerchant(payee)
  const { number, password } = voucher
  const opening = await merchant.openVoucher({ number, password, origin: aPhone })
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  return { merchant, session: opening.session }
}

async function paid(payee: Payee, name: string, amount = yuan(30n)) {
  const { merchant, session } = await opened(payee, await bought(payee, name))
  expect(await merchant.pay({ intent: intentId(`${name} paid`), session, amount })).toMatchObject({ outcome: 'paid' })
  return { merchant, session }
}

async function endOfDay() {
  await runtime.sleep(day)
  await world.neighbours().nightly()
  await world.harbour.nightly()
  await lettersArrive()
}

async function faults() {
  const [bank, hosting] = [world.harbour, world.neighbours()]
  return [
    ...(await faultsIn(bank, bankIdentities({ tenant: 'harbour', chain: 'main' }), [hosting])),
    ...(await faultsIn(hosting, hostIdentities({ tenant: 'neighbours', chain: 'main' }), [bank])),
    ...(await alarmsOf(bank)),
    ...(await alarmsOf(hosting)),
  ]
}

describe('a customer of a bank', () => {
  test('becomes a payee under a number that anybody may key, whose name is told in part', () =>
    runtime.run(async () => {
      const { ada, bo } = world.customers
      expect(await world.bank.beingPaid(ada.account)).toEqual({ outcome: 'no-payee' })
      const payee = await enrolled(ada)
      expect(payee).toMatchObject({ name: { en: 'A. Chen', zh: '陈某达' }, number: expect.stringMatching(/^88\d{6}$/) })
      expect(await world.bank.beingPaid(ada.account)).toMatchObject({
        outcome: 'payee',
        number: payee.number,
        phone: '8888',
      })
      // Asked again, it is the same payee.
      expect(await enrolled(ada)).toEqual(payee)
      expect((await enrolled(bo)).number).not.toBe(payee.number)
      // Nobody is told a list of customers.
      expect((await world.bank.payees()).map(({ id }) => id)).toEqual(['lantern'])
      expect(await faults()).toEqual([])
    }))

  test('is paid like a shop, by a voucher that is good for nobody else', () =>
    runtime.run(async () => {
      const [ada, bo] = [await enrolled(world.customers.ada), await enrolled(world.customers.bo)]
      const voucher = await bought(ada, 'one')
      const other = await hostedMerchant(bo)
      const { number, password } = voucher
      expect(await other.openVoucher({ number, password, origin: aPhone })).toEqual({ outcome: 'refused' })
      const { merchant, session } = await opened(ada, voucher)
      expect(await merchant.pay({ intent: intentId('p'), session, amount: yuan(30n) })).toMatchObject({
        outcome: 'paid',
        remaining: yuan(20n),
      })
      expect(await world.neighbours().host.payeeOf(number)).toBe(ada.id)
      expect(await faults()).toEqual([])
    }))

  test('is settled at the day end, apart from every other, and paid out to the account that it has', () =>
    runtime.run(async () => {
      const [ada, bo] = [await enrolled(world.customers.ada), await enrolled(world.customers.bo)]
      const { merchant, session } = await paid(ada, 'one')
      await paid(bo, 'two', yuan(50n))
      expect(await merchant.endVoucher({ intent: intentId('end'), session })).toMatchObject({ outcome: 'ended' })
      const before = await world.bank.balance(world.customers.cai.account)
      await endOfDay()
      expect(await posted(world.harbour.store, `settlement:${ada.id}`)).toBe(3_000n)
      expect(await posted(world.harbour.store, `settlement:${bo.id}`)).toBe(5_000n)
      expect(await world.bank.balance(world.customers.cai.account)).toEqual(yuan(before.minor / 100n + 20n))
      const payOut = (account: string) =>
        bothSign(world.harbour, runtime, world.staff, 'pay-out', { payee: ada.id, account, minor: 3_000n })
      expect(await payOut(world.customers.bo.account)).toMatchObject({ done: false, outcome: 'not-its-account' })
      expect(await payOut(world.customers.ada.account)).toMatchObject({ done: true, outcome: 'paid-out' })
      await endOfDay()
      expect(await faults()).toEqual([])
    }))

  test('is a payee no more at a word: nothing of it is sold, and what was sold is honoured', () =>
    runtime.run(async () => {
      const { ada } = world.customers
      const payee = await enrolled(ada)
      const voucher = await bought(payee, 'one')
      expect(await world.bank.stopBeingPaid(ada.account)).toEqual({ outcome: 'no-payee' })
      await lettersArrive()
      expect(await world.bank.findPayee(payee.number)).toBeUndefined()
      const order = { buyer: ada.account, payee: payee.id, amount: yuan(50n), channel: 'telephone' } as const
      expect(await world.bank.sellVoucher({ intent: intentId('late'), ...order })).toMatchObject({
        outcome: 'out-of-stock',
      })
      const { merchant, session } = await opened(payee, voucher)
      expect(await merchant.pay({ intent: intentId('p'), session, amount: yuan(50n) })).toMatchObject({
        outcome: 'paid',
      })
      const close = () => bothSign(world.harbour, runtime, world.staff, 'close-account', { account: ada.account })
      expect(await close()).toMatchObject({ done: false, outcome: 'private-payee' })
      await endOfDay()
      expect(await posted(world.harbour.store, `settlement:${payee.id}`)).toBe(5_000n)
      // Another time it is another payee.
      expect((await enrolled(ada)).number).not.toBe(payee.number)
      expect(await faults()).toEqual([])
    }))

  test('is told so where the bank has no host, and where the host is away', () =>
    runtime.run(async () => {
      const { ada, bo } = world.customers
      await world.neighbours().close()
      expect(await world.bank.becomePayee(ada.account)).toEqual({ outcome: 'asked' })
      expect(await world.bank.becomePayee(ada.account)).toEqual({ outcome: 'asked' })
      await world.restart('bank')
      expect(await world.bank.becomePayee(bo.account)).toEqual({ outcome: 'out-of-reach' })
      await world.reconfigureBank({ host: undefined })
      expect(await world.bank.becomePayee(bo.account)).toEqual({ outcome: 'no-host' })
    }))
})

describe('a host', () => {
  test('knows its payees after a restart, as does the bank', () =>
    runtime.run(async () => {
      const payee = await enrolled(world.customers.ada)
      const voucher = await bought(payee, 'one')
      await world.restart('host')
      await world.restart('bank')
      await world.neighbours().recovery.begun
      await world.harbour.recovery.begun
      const { merchant, session } = await opened(payee, voucher)
      expect(await merchant.pay({ intent: intentId('p'), session, amount: yuan(30n) })).toMatchObject({
        outcome: 'paid',
      })
      await bought(payee, 'two')
      await endOfDay()
      expect(await posted(world.harbour.store, `settlement:${payee.id}`)).toBe(3_000n)
      expect(await faults()).toEqual([])
    }))

  test('whose books went back before it knew a payee takes it on under the same number, and what was sold stays closed', () =>
    runtime.run(async () => {
      const before = await world.neighbours().store.snapshot()
      const payee = await enrolled(world.customers.ada)
      const voucher = await bought(payee, 'one')
      await world.putBack('host', before)
      await world.neighbours().recovery.begun
      await lettersArrive()
      const merchant = await hostedMerchant(payee)
      expect(merchant.id).toBe(payee.id)
      await bought(payee, 'two')
      expect(
        await merchant.openVoucher({ number: voucher.number, password: voucher.password, origin: aPhone }),
      ).toEqual({
        outcome: 'refused',
      })
      expect(await world.audited()).toEqual([])
    }))

  test('that went back later opens what was sold again when two people have looked at it', () =>
    runtime.run(async () => {
      const payee = await enrolled(world.customers.ada)
      const voucher = await bought(payee, 'one')
      const before = await world.neighbours().store.snapshot()
      await paid(payee, 'two')
      await world.putBack('host', before)
      await world.neighbours().recovery.begun
      await lettersArrive()
      const merchant = await hostedMerchant(payee)
      const { number, password } = voucher
      const open = async () => (await merchant.openVoucher({ number, password, origin: aPhone }))?.outcome
      expect(await open()).toBe('under-review')
      const release = { voucher: number }
      const staff = world.hostStaff
      if (staff === undefined) throw new Error('nobody works there')
      expect(await bothSign(world.neighbours(), runtime, staff, 'release-recovery', release)).toMatchObject({
        done: true,
      })
      expect(await open()).toBe('open')
      expect(await world.audited()).toEqual([])
    }))

  test('that went back takes the files of each payee that its bank holds, and goes on from them', () =>
    runtime.run(async () => {
      const payee = await enrolled(world.customers.ada)
      const before = await world.neighbours().store.snapshot()
      await paid(payee, 'one')
      await endOfDay()
      const other = await enrolled(world.customers.bo)
      await paid(other, 'of another')
      await endOfDay()
      await world.putBack('host', before)
      await world.neighbours().recovery.begun
      for (let round = 0; round < 3; round++) await lettersArrive()
      // Of the second one the register is lost, too: two people say that its bank owes what it cleared.
      const takeHeld = (who: Payee) =>
        bothSign(world.neighbours(), runtime, world.hostStaff ?? world.staff, 'take-held', {
          bank: 'harbour',
          payee: who.id,
        })
      expect(await takeHeld(payee)).toMatchObject({ done: false, outcome: 'nothing-waits' })
      expect(await takeHeld(other)).toMatchObject({ done: true, outcome: 'taken' })
      await endOfDay()
      const states = await world
        .neighbours()
        .store.read(tx => tx.all<{ tenant: string; state: string }>('SELECT tenant, state FROM day_end_file'))
      expect(new Set(states.map(({ tenant }) => tenant))).toEqual(new Set([payee.id, other.id]))
      expect(new Set(states.map(({ state }) => state))).toEqual(new Set(['reconciled']))
      const hashes = (store: { read: typeof world.harbour.store.read }, table: string, who: string) =>
        store.read(tx => tx.all(`SELECT hex(hash) AS hash FROM ${table} ORDER BY ${who}, number`))
      expect(await hashes(world.neighbours().store, 'day_end_file', 'tenant')).toEqual(
        await hashes(world.harbour.store, 'payee_file', 'payee'),
      )
      expect(await world.audited()).toEqual([])
    }))

  test('is believed about the payees that a bank asked it for, and about no other', () =>
    runtime.run(async () => {
      const payee = await enrolled(world.customers.ada)
      const { store, mail } = world.neighbours()
      const letter = (body: Letter<'grant'>) =>
        store.execute(tx => writeLetter(tx, { from: host, to: institutionId('harbour'), type: 'grant', body }))
      const ceiling = yuan(1n)
      await letter({ payee: institutionId('lantern'), ceiling })
      await letter({ payee: institutionId('neighbours-1'), ceiling })
      await letter({ ceiling })
      mail.wake()
      await lettersArrive()
      const refusals = (await alarmsOf(world.neighbours())).filter(alarm => alarm.includes('letter-refused'))
      expect(refusals).toHaveLength(3)
      expect((await bought(payee, 'one')).amount).toEqual(yuan(50n))
      const other = world.customers.bo.account
      const vouched = {
        application: 'a'.repeat(32),
        account: other,
        payee: institutionId('neighbours-2'),
        number: '88000001',
      }
      await store.execute(tx =>
        writeLetter(tx, { from: host, to: institutionId('harbour'), type: 'payee-vouched', body: vouched }),
      )
      mail.wake()
      await lettersArrive()
      expect(await world.bank.findPayee('88000001')).toBeUndefined()
    }))

  test('takes nothing of a bank about a payee of another', () =>
    runtime.run(async () => {
      await enrolled(world.customers.ada)
      const closed = { payee: institutionId('neighbours-1') }
      await world.harbour.store.execute(tx =>
        writeLetter(tx, { from: institutionId('harbour'), to: host, type: 'payee-closed', body: closed }),
      )
      world.harbour.mail.wake()
      await lettersArrive()
      expect(await alarmsOf(world.harbour)).toEqual([expect.stringContaining('not about a payee of this host')])
    }))
})
