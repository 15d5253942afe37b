/** A customer of one bank is paid like a shop by customers of every other: their banks sell vouchers for them, and settle what was paid. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { bankIdentities } from '../../../src/bank/audit.ts'
import type { Payee } from '../../../src/bank/bank.ts'
import { holderNames } from '../../../src/bank/customers.ts'
import type { Letter } from '../../../src/mail/messages.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { Undeliverable } from '../../../src/mail/transport.ts'
import { hostIdentities } from '../../../src/merchant/host/audit.ts'
import { takeOn } from '../../../src/merchant/host/hosted.ts'
import { yuan } from '../../../src/money.ts'
import { openStore } from '../../../src/store/open.ts'
import type { ReadTx } from '../../../src/store/store.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import type { Weather } from '../../support/in-process-mail.ts'
import { alarmsOf, faultsIn, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { type KnownCustomer, openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
/** Who is away, and until when. */
let away: { readonly who: string; readonly until: Promise<void> } | undefined
const weather: Weather = {
  next: ({ to }) => {
    if (away?.who !== to) return {}
    const { until } = away
    const answeredWith = () => until.then(() => Promise.reject(new Undeliverable(to, 'it was away')))
    return { answeredWith }
  },
}
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 89 })
  away = undefined
  world = await runtime.run(() => openWorld({ runtime, hosted: true, banks: 2, weather }))
})
afterEach(() => runtime.run(() => world.close()))

const host = institutionId('neighbours')
const garden = () => world.other()
const emma = () => {
  if (world.neighbour === undefined) throw new Error('this world has one bank')
  return world.neighbour
}

async function lettersArrive() {
  for (let round = 0; round < 5; round++)
    for (const each of [world.harbour, garden()]) {
      await each.dayEnd.idle()
      await each.mail.idle()
      await world.neighbours().ordersFilled()
      await world.neighbours().dayEnd.idle()
      await world.neighbours().mail.idle()
    }
}

async function enrolled(customer: KnownCustomer): Promise<Payee> {
  const being = await world.bank.becomePayee(customer.account)
  if (being.outcome !== 'payee') throw new Error(being.outcome)
  await lettersArrive()
  const payee = await world.bank.findPayee(being.number)
  if (payee === undefined) throw new Error(`no payee ${being.number}`)
  return payee
}

async function bought(payee: Payee, name: string, at: 'home' | 'abroad') {
  const [bank, buyer] = at === 'home' ? [world.bank, world.customers.cai.account] : [garden().bank, emma().account]
  const order = { buyer, payee: payee.id, amount: yuan(50n), channel: 'telephone' } as const
  const sale = await bank.sellVoucher({ intent: intentId(name), ...order })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  await lettersArrive()
  return sale.voucher
}

async function opened(payee: Payee, { number, password }: Awaited<ReturnType<typeof bought>>) {
  const merchant = world.neighbours().host.at(payee.id)
  const opening = await merchant.openVoucher({ number, password, origin: aPhone })
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  return { merchant, session: opening.session }
}

async function endOfDay() {
  await runtime.sleep(24 * 3_600_000)
  for (const each of [world.neighbours(), world.harbour, garden()]) await each.nightly()
  await lettersArrive()
}

async function faults() {
  const [home, hosting, abroad] = [world.harbour, world.neighbours(), garden()]
  return [
    ...(await faultsIn(home, bankIdentities({ tenant: 'harbour', chain: 'main' }), [hosting, abroad])),
    ...(await faultsIn(abroad, bankIdentities({ tenant: 'garden', chain: 'main' }), [hosting, home])),
    ...(await faultsIn(hosting, hostIdentities({ tenant: 'neighbours', chain: 'main' }), [home, abroad])),
    ...(await Promise.all([home, abroad, hosting].map(alarmsOf))).flat(),
  ]
}

test('its number is good at every bank, which reads its name back, and each sells records of its own', () =>
  runtime.run(async () => {
    const payee = await enrolled(world.customers.ada)
    expect(await garden().bank.findPayee(payee.number)).toMatchObject({ id: payee.id, name: payee.name })
    expect(await garden().store.read(holderNames)).toContainEqual(payee.name)
    // Nobody is told a list of customers there either.
    expect((await garden().bank.payees()).map(({ id }) => id)).toEqual(['lantern'])
    const [home, abroad] = [await bought(payee, 'home', 'home'), await bought(payee, 'abroad', 'abroad')]
    const split = await world
      .neighbours()
      .store.read(tx =>
        tx.all('SELECT bank, number FROM voucher WHERE tenant = ? AND sale IS NOT NULL ORDER BY bank', payee.id),
      )
    expect(split).toEqual([
      { bank: 'garden', number: abroad.number },
      { bank: 'harbour', number: home.number },
    ])
    const { merchant, session } = await opened(payee, abroad)
    const paid = await merchant.pay({ intent: intentId('p'), session, amount: yuan(30n) })
    expect(paid).toMatchObject({ outcome: 'paid', remaining: yuan(20n) })
    expect(await faults()).toEqual([])
  }))

test('what was paid is settled at the bank that sold the voucher, and what is left goes back to its buyer', () =>
  runtime.run(async () => {
    const payee = await enrolled(world.customers.ada)
    const { merchant, session } = await opened(payee, await bought(payee, 'abroad', 'abroad'))
    await merchant.pay({ intent: intentId('p'), session, amount: yuan(30n) })
    const home = await opened(payee, await bought(payee, 'home', 'home'))
    await home.merchant.pay({ intent: intentId('q'), session: home.session, amount: yuan(10n) })
    expect(await merchant.endVoucher({ intent: intentId('end'), session })).toMatchObject({ outcome: 'ended' })
    const before = await garden().bank.balance(emma().account)
    await endOfDay()
    expect(await posted(garden().store, `settlement:${payee.id}`)).toBe(3_000n)
    expect(await posted(world.harbour.store, `settlement:${payee.id}`)).toBe(1_000n)
    expect((await garden().bank.balance(emma().account)).minor - before.minor).toBe(2_000n)
    expect(await faults()).toEqual([])
  }))

test('whoever is paid no more is sold by no bank; what was sold before is honoured', () =>
  runtime.run(async () => {
    const payee = await enrolled(world.customers.ada)
    const voucher = await bought(payee, 'abroad', 'abroad')
    expect(await world.bank.stopBeingPaid(world.customers.ada.account)).toMatchObject({ outcome: 'no-payee' })
    await lettersArrive()
    expect(await garden().bank.findPayee(payee.number)).toBeUndefined()
    await expect(bought(payee, 'too late', 'abroad')).rejects.toThrow()
    const { merchant, session } = await opened(payee, voucher)
    expect(await merchant.pay({ intent: intentId('p'), session, amount: yuan(30n) })).toMatchObject({ outcome: 'paid' })
    await endOfDay()
    expect(await posted(garden().store, `settlement:${payee.id}`)).toBe(3_000n)
    expect(await faults()).toEqual([])
  }))

test('names are told of books of a version that knew of no introductions', async () => {
  const sql = 'CREATE TABLE bank_customer (name_en TEXT NOT NULL, name_zh TEXT NOT NULL) STRICT'
  const books = openStore({ runtime, at: { memory: 'empty' }, migrations: [{ room: 'bank', number: 1, sql }] })
  await runtime.run(async () => {
    await books.execute(tx => tx.run("INSERT INTO bank_customer VALUES ('Ada', '达')"))
    expect(await books.read(holderNames)).toContainEqual({ en: 'Ada', zh: '达' })
    await books.close()
  })
})

test('only its own bank says that it is paid no more, and only its host that it is paid', () =>
  runtime.run(async () => {
    const payee = await enrolled(world.customers.ada)
    const { store, mail } = garden()
    const from = institutionId('garden')
    await store.execute(tx => writeLetter(tx, { from, to: host, type: 'payee-closed', body: { payee: payee.id } }))
    const name = { en: 'Anybody', zh: '某某' }
    const body = { payee: institutionId('lantern-1'), number: '99999999', bank: institutionId('harbour'), name }
    const { store: books, mail: letters } = world.lantern
    await books.execute(tx =>
      writeLetter(tx, { from: institutionId('lantern'), to: from, type: 'payee-introduced', body }),
    )
    mail.wake()
    letters.wake()
    await world.lantern.mail.idle()
    await lettersArrive()
    for (const bank of [world.bank, garden().bank]) expect(await bank.findPayee(payee.number)).toBeDefined()
    expect(await garden().bank.findPayee('99999999')).toBeUndefined()
    expect(await alarmsOf(garden())).toEqual([expect.stringContaining('not about a payee of this host')])
    expect(await alarmsOf(world.lantern)).toEqual([expect.stringContaining('no vouchers are sold for this host')])
  }))

test('a bank that was away hears of it when it is back, and books of the host that went back make it known again', () =>
  runtime.run(async () => {
    const before = await world.neighbours().store.snapshot()
    const payee = await enrolled(world.customers.ada)
    const voucher = await bought(payee, 'abroad', 'abroad')
    await world.putBack('host', before)
    await world.neighbours().recovery.begun
    await lettersArrive()
    await bothSign(world.neighbours(), runtime, world.hostStaff ?? world.staff, 'release-recovery', {})
    await lettersArrive()
    expect(await garden().bank.findPayee(payee.number)).toMatchObject({ id: payee.id })
    expect(await world.neighbours().host.payeeOf(voucher.number)).toBeUndefined()
    const again = await bought(payee, 'since', 'abroad')
    const { merchant, session } = await opened(payee, again)
    expect(await merchant.pay({ intent: intentId('p'), session, amount: yuan(30n) })).toMatchObject({ outcome: 'paid' })
    await endOfDay()
    expect(await posted(garden().store, `settlement:${payee.id}`)).toBe(3_000n)
  }))

async function hostIsBack() {
  await world.neighbours().recovery.begun
  await lettersArrive()
  await bothSign(world.neighbours(), runtime, world.hostStaff ?? world.staff, 'release-recovery', {})
  await lettersArrive()
}

test('a payee that a host lost with its books goes on at every bank with the file that is due there', () =>
  runtime.run(async () => {
    const before = await world.neighbours().store.snapshot()
    const payee = await enrolled(world.customers.ada)
    await endOfDay()
    await world.putBack('host', before)
    await hostIsBack()
    const { merchant, session } = await opened(payee, await bought(payee, 'since', 'abroad'))
    await merchant.pay({ intent: intentId('p'), session, amount: yuan(30n) })
    await endOfDay()
    await endOfDay()
    expect(await posted(garden().store, `settlement:${payee.id}`)).toBe(3_000n)
    expect(await refusedSections()).toEqual([])
  }))

async function refusedSections() {
  return garden().store.read(tx => tx.all('SELECT payee, refused FROM hosted_section WHERE refused IS NOT NULL'))
}

test('a bank that was away over the night takes the section of whoever was introduced meanwhile', () =>
  runtime.run(async () => {
    const being = await world.bank.becomePayee(world.customers.ada.account)
    expect(being).toMatchObject({ outcome: 'payee' })
    const comesBack = goesAway('garden')
    const { account } = world.customers.cai
    expect(await world.bank.becomePayee(account)).toMatchObject({ outcome: 'payee' })
    await runtime.sleep(24 * 3_600_000)
    for (const each of [world.neighbours(), world.harbour]) await each.nightly()
    await runtime.sleep(60_000)
    // The stream of its file is the first to get through.
    const { store, mail } = world.neighbours()
    const first = `peer = 'garden' AND sequence < ${1n << 40n}`
    await store.execute(tx =>
      tx.run(`UPDATE clearing_outbox SET outcome = 'refused', receipt = x'00' WHERE ${first} AND outcome IS NULL`),
    )
    comesBack()
    await lettersArrive()
    expect(await refusedSections()).toEqual([])
    expect(await garden().store.read(tx => tx.all('SELECT payee FROM hosted_section'))).toHaveLength(2)
    await store.execute(tx =>
      tx.run(`UPDATE clearing_outbox SET outcome = NULL, receipt = NULL WHERE ${first} AND receipt = x'00'`),
    )
    mail.wake()
    await lettersArrive()
    // What was held back is asked for again when a later letter comes first.
    expect((await faults()).filter(each => !each.includes('peer-lost-receipts'))).toEqual([])
  }))

test('whoever is forgotten by the own bank, whose books went back, is sold by no bank any more', () =>
  runtime.run(async () => {
    const before = await world.harbour.store.snapshot()
    const payee = await enrolled(world.customers.ada)
    const voucher = await bought(payee, 'abroad', 'abroad')
    await world.putBack('bank', before)
    await world.harbour.recovery.begun
    await lettersArrive()
    await bothSign(world.harbour, runtime, world.staff, 'release-recovery', {})
    await lettersArrive()
    expect(await garden().bank.findPayee(payee.number)).toBeUndefined()
    const { merchant, session } = await opened(payee, voucher)
    expect(await merchant.pay({ intent: intentId('p'), session, amount: yuan(30n) })).toMatchObject({ outcome: 'paid' })
    // Asked for anew, it is another payee.
    expect((await enrolled(world.customers.ada)).number).not.toBe(payee.number)
    expect((await faults()).filter(each => !each.includes(': alarm '))).toEqual([])
  }))

const letter = <T extends 'payee-introduced' | 'payee-vouched'>(to: string, type: T, body: Letter<T>) =>
  world.neighbours().store.execute(tx => writeLetter<T>(tx, { from: host, to: institutionId(to), type, body }))

const inStock = (payee: Payee) => (tx: ReadTx) =>
  tx.all(`SELECT serial FROM stock WHERE payee = ? AND state = 'in stock'`, payee.id)

/** An order is under way, and its batch comes when the payee has ended. */
async function endedWhileOrdered() {
  const payee = await enrolled(world.customers.ada)
  const order = {
    buyer: world.customers.cai.account,
    payee: payee.id,
    amount: yuan(50n),
    channel: 'telephone',
  } as const
  for (const name of ['a', 'b', 'c', 'd'])
    expect(await world.bank.sellVoucher({ intent: intentId(name), ...order })).toMatchObject({ outcome: 'sold' })
  await world.bank.stopBeingPaid(world.customers.ada.account)
  return payee
}

test('nothing is printed for whoever has ended', () =>
  runtime.run(async () => {
    const payee = await endedWhileOrdered()
    await lettersArrive()
    expect(await world.harbour.store.read(inStock(payee))).toEqual([])
    expect(await alarmsOf(world.neighbours())).toEqual([])
  }))

test('a batch that comes after the end is not put on sale', () =>
  runtime.run(async () => {
    const payee = await endedWhileOrdered()
    await lettersArrive()
    const { store, nightly } = world.neighbours()
    // The host takes no notice of the end.
    await store.execute(tx => tx.run('UPDATE hosted_payee SET closed_at = NULL WHERE payee = ?', payee.id))
    await nightly()
    await lettersArrive()
    expect(await store.read(tx => tx.all('SELECT id FROM batch_order WHERE batch IS NULL'))).toEqual([])
    expect(await world.harbour.store.read(inStock(payee))).toEqual([])
    expect(await alarmsOf(world.neighbours())).toEqual([expect.stringContaining('it is paid no more')])
  }))

function goesAway(who: string): () => void {
  let comesBack = () => {}
  const until = new Promise<void>(resolve => {
    comesBack = resolve
  })
  away = { who, until }
  return () => {
    away = undefined
    comesBack()
  }
}

test('a host names payees by its own id and their number, in plain text, and none that is known already', () =>
  runtime.run(async () => {
    const comesBack = goesAway('neighbours')
    const { account } = world.customers.bo
    expect(await world.bank.becomePayee(account)).toEqual({ outcome: 'asked' })
    const [asked] = await world.harbour.store.read(tx =>
      tx.all<{ application: string }>('SELECT application FROM private_payee'),
    )
    if (asked === undefined) throw new Error('nobody asked')
    const number = '88000001'
    const payee = institutionId(`neighbours-${number}`)
    const [elsewhere, name] = [institutionId('harbour'), { en: 'A. Chen', zh: '陈某达' }]
    const introduced = { payee, number, bank: elsewhere, name }
    await letter('garden', 'payee-introduced', { ...introduced, payee: institutionId('lantern-88000001') })
    await letter('garden', 'payee-introduced', { ...introduced, name: { ...name, en: 'A. Chen\u202e' } })
    await letter('harbour', 'payee-introduced', { ...introduced, bank: institutionId('garden') })
    const vouched = { ...asked, account, payee, number }
    await letter('harbour', 'payee-vouched', { ...vouched, payee: institutionId('lantern-88000001') })
    await letter('harbour', 'payee-vouched', vouched)
    world.neighbours().mail.wake()
    await world.neighbours().mail.idle()
    expect(await garden().bank.findPayee(number)).toBeUndefined()
    expect(await alarmsOf(world.neighbours())).toEqual([
      expect.stringContaining('not an id of this host'),
      expect.stringContaining('its name is not plain text'),
      expect.stringContaining('not an id of this host'),
      expect.stringContaining('vouched for as another before'),
    ])
    comesBack()
    await lettersArrive()
    expect(await world.bank.beingPaid(account)).toMatchObject({ outcome: 'payee' })
  }))

test('a host takes on nobody whose name a call could not say', () =>
  runtime.run(async () => {
    const { account } = world.customers.ada
    await world.harbour.store.execute(tx =>
      tx.run(
        `UPDATE bank_customer SET name_en = 'Ada' || char(8238) || 'Chen', is_business = 1 WHERE account = ?`,
        account,
      ),
    )
    expect(await world.bank.becomePayee(account)).toEqual({ outcome: 'no-payee' })
    expect(await alarmsOf(world.harbour)).toEqual([expect.stringContaining('its name is not plain text')])
  }))

test('a bank that knows a payee hears nothing new of it, also when it sells for that host no more', () =>
  runtime.run(async () => {
    const being = await garden().bank.becomePayee(emma().account)
    if (being.outcome !== 'payee') throw new Error(being.outcome)
    await lettersArrive()
    const known = await world.bank.findPayee(being.number)
    if (known === undefined) throw new Error('it was not introduced')
    await world.reconfigureBank({ host: undefined })
    await world.harbour.recovery.begun
    const { id: payee, number, name } = known
    await letter('harbour', 'payee-introduced', { payee, number, bank: institutionId('garden'), name })
    world.neighbours().mail.wake()
    await lettersArrive()
    expect(await faults()).toEqual([])
    const { store } = world.neighbours()
    await store.execute(tx => tx.run(`UPDATE payee_bank SET refused_at = 1 WHERE bank = 'harbour'`))
    expect(await faults()).toContainEqual(expect.stringContaining('it counts as refused there, or as sold'))
  }))

/** People whom the host has taken on for a bank, by no letter. */
async function takenOn(count: number) {
  await world.neighbours().store.execute(async tx => {
    for (const n of Array.from({ length: count }, (_, i) => `8800000${i}`)) {
      const name = { en: `Number ${n}`, zh: `第${n}` }
      const who = { payee: institutionId(`neighbours-${n}`), number: n, bank: institutionId('garden'), name }
      const asked = { application: n, account: emma().account, isClosed: false }
      await takeOn(tx, host, { ...who, ...asked }, runtime.wallNow())
    }
  })
}

async function hostStartsAgain() {
  await world.restart('host')
  await world.neighbours().recovery.begun
  await world.neighbours().mail.idle()
}

test('a bank that does not sell for the host refuses a few, and is told of all when it does', () =>
  runtime.run(async () => {
    const terms = { id: 'neighbours', name: { en: 'Neighbours', zh: '街坊' }, number: '8888', denominations: [5_000n] }
    await world.reconfigureBank({ host: undefined })
    await world.harbour.recovery.begun
    await takenOn(6)
    const refusedOnes = async () =>
      world
        .neighbours()
        .store.read(tx => tx.all(`SELECT payee FROM payee_bank WHERE bank = 'harbour' AND refused_at IS NOT NULL`))
    await hostStartsAgain()
    expect(await refusedOnes()).toHaveLength(3)
    await hostStartsAgain()
    expect(await refusedOnes()).toHaveLength(4)
    await world.reconfigureBank({ host: terms })
    await world.harbour.recovery.begun
    await hostStartsAgain()
    await world.neighbours().mail.idle()
    expect(await refusedOnes()).toEqual([])
    for (const n of [0, 1, 2, 3, 4, 5]) expect(await world.bank.findPayee(`8800000${n}`)).toBeDefined()
  }))
