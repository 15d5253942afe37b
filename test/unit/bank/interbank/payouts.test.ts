/** What a bank holds for a private payee of another bank goes to the payee's own account there, once, and nowhere else. */
import { beforeEach, expect, test } from 'vitest'
import { bothSign } from '../../../../demo/two-people.ts'
import { bankIdentities } from '../../../../src/bank/audit.ts'
import { bearableBy } from '../../../../src/bank/interbank/payouts.ts'
import type { AccountNumber, InstitutionId } from '../../../../src/ids.ts'
import { balanceOf } from '../../../../src/ledger/accounts.ts'
import { accountId } from '../../../../src/ledger/chart.ts'
import { hostIdentities } from '../../../../src/merchant/host/audit.ts'
import { yuan } from '../../../../src/money.ts'
import { aPhone, institutionId, intentId } from '../../../support/ids.ts'
import type { Weather } from '../../../support/in-process-mail.ts'
import { bankSettings } from '../../../support/network/settings.ts'
import { alarmsOf, faultsIn, posted } from '../../../support/proof.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'

let runtime: VirtualRuntime
let world: World
/** Ada's, whose account is at Harbour Bank; Garden Bank holds ¥30.00 for her. */
let payee: InstitutionId
/** The road from Garden Bank to Harbour Bank, and what of the way back is lost. */
let road: 'open' | 'closed' | 'unanswered'

beforeEach(() => {
  runtime = new VirtualRuntime({ seed: 97 })
  road = 'open'
})

/** And after it a night, by which everything has arrived, the books are right, and nothing else than these alarms was raised. */
function inWorld(story: () => Promise<void>, alarms: readonly RegExp[] = []): Promise<void> {
  return inBooks(async () => {
    await story()
    await arrive()
    await night()
    expect(await faults()).toEqual([])
    const raised = (await Promise.all([world.harbour, garden(), world.neighbours()].map(alarmsOf))).flat()
    expect(raised.filter(each => !alarms.some(known => known.test(each)))).toEqual([])
    expect(raised).toHaveLength(alarms.length)
  })
}

function inBooks(story: () => Promise<void>): Promise<void> {
  return runtime.run(async () => {
    const between = (one: string, other: string) => [one, other].sort().join() === 'garden,harbour'
    const weather: Weather = {
      next: ({ from, to }) => {
        if (road === 'open' || !between(from, to)) return {}
        return road === 'unanswered' && from === 'garden' ? { lost: 'back' } : { lost: 'there' }
      },
    }
    world = await openWorld({ runtime, hosted: true, banks: 2, weather })
    await holdThirty()
    await story()
    await world.close()
  })
}

async function night() {
  await runtime.sleep(24 * 3_600_000)
  for (const each of [world.neighbours(), world.harbour, garden()]) await each.nightly()
  await arrive()
}

const garden = () => world.other()
const ada = () => world.customers.ada.account

async function arrive() {
  for (let round = 0; round < 5; round++)
    for (const each of [world.harbour, garden()]) {
      await each.dayEnd.idle()
      if (road === 'open') await each.mail.idle()
      await world.neighbours().ordersFilled()
      await world.neighbours().dayEnd.idle()
      await world.neighbours().mail.idle()
    }
}

async function holdThirty() {
  const being = await world.bank.becomePayee(ada())
  if (being.outcome !== 'payee') throw new Error(being.outcome)
  await arrive()
  const found = await garden().bank.findPayee(being.number)
  if (found === undefined) throw new Error('not introduced')
  payee = found.id
  const buyer = world.neighbour?.account
  if (buyer === undefined) throw new Error('this world has one bank')
  const order = { intent: intentId('buy'), buyer, payee, amount: yuan(50n), channel: 'telephone' } as const
  const sale = await garden().bank.sellVoucher(order)
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  await arrive()
  const merchant = world.neighbours().host.at(payee)
  const opening = await merchant.openVoucher({ ...sale.voucher, origin: aPhone })
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  await merchant.pay({ intent: intentId('pay'), session: opening.session, amount: yuan(30n) })
  await night()
  expect(await settled()).toEqual({ posted: 3_000n, available: 3_000n })
}

async function settled() {
  const account = accountId('settlement', payee)
  const { posted: all, available } = await garden().store.read(tx => balanceOf(tx, account, 'main'))
  return { posted: all.minor, available: available.minor }
}

const payOut = (account: AccountNumber, minor = 3_000) =>
  bothSign(garden(), runtime, world.gardenStaff ?? world.staff, 'pay-out', { payee, account, minor })

async function faults() {
  const [home, hosting, abroad] = [world.harbour, world.neighbours(), garden()]
  return [
    ...(await faultsIn(home, bankIdentities({ tenant: 'harbour', chain: 'main' }), [hosting, abroad])),
    ...(await faultsIn(abroad, bankIdentities({ tenant: 'garden', chain: 'main' }), [hosting, home])),
    ...(await faultsIn(hosting, hostIdentities({ tenant: 'neighbours', chain: 'main' }), [home, abroad])),
  ]
}

const payouts = () => garden().store.read(tx => tx.all('SELECT state FROM sent_payout ORDER BY sent_at'))

test('it goes to the account at the own bank, which is owed it, and the host hears of it with the next day end', () =>
  inWorld(async () => {
    const before = (await world.bank.balance(ada())).minor
    expect(await payOut(ada(), 2_000)).toMatchObject({ done: true, outcome: 'sent' })
    await arrive()
    expect((await world.bank.balance(ada())).minor - before).toBe(2_000n)
    expect(await settled()).toEqual({ posted: 1_000n, available: 1_000n })
    expect(await posted(garden().store, 'due-to-bank:harbour')).toBe(2_000n)
    expect(await posted(world.harbour.store, 'due-from-bank:garden')).toBe(2_000n)
    // What there is not cannot be paid out.
    expect(await payOut(ada(), 1_001)).toMatchObject({ done: false, outcome: 'insufficient-funds' })
    await runtime.sleep(24 * 3_600_000)
    for (const each of [world.neighbours(), garden()]) await each.nightly()
    await arrive()
    expect(await posted(world.neighbours().store, 'paid-out:garden')).toBe(2_000n)
  }))

test('no other account: not of the bank that holds it, and of the own bank not a stranger’s', () =>
  inWorld(async () => {
    const { account: emma = ada() } = world.neighbour ?? {}
    expect(await payOut(emma)).toMatchObject({ done: false, outcome: 'not-its-account' })
    const cai = world.customers.cai.account
    const before = (await world.bank.balance(cai)).minor
    expect(await payOut(cai)).toMatchObject({ done: true, outcome: 'sent' })
    expect(await settled()).toEqual({ posted: 3_000n, available: 0n })
    await arrive()
    expect((await world.bank.balance(cai)).minor).toBe(before)
    expect(await settled()).toEqual({ posted: 3_000n, available: 3_000n })
    expect(await payOut(ada())).toMatchObject({ done: true, outcome: 'sent' })
    await arrive()
    expect(await settled()).toEqual({ posted: 0n, available: 0n })
    expect(await payouts()).toEqual([{ state: 'refused' }, { state: 'credited' }])
  }, [/payout-refused.*not-its-account/]))

test('on its way it counts as owed and cannot be paid out again, and a day end meanwhile says that it is held', () =>
  inWorld(async () => {
    await runtime.sleep(24 * 3_600_000)
    road = 'closed'
    expect(await payOut(ada())).toMatchObject({ done: true, outcome: 'sent' })
    expect(await payOut(ada(), 1)).toMatchObject({ done: false, outcome: 'insufficient-funds' })
    expect(await garden().teller.pendingTransfers()).toMatchObject([{ from: payee, to: ada(), amount: yuan(30n) }])
    await world.neighbours().nightly()
    await runtime.sleep(120_000)
    expect(await settled()).toEqual({ posted: 3_000n, available: 0n })
    expect(await posted(world.neighbours().store, 'settled:garden')).toBe(3_000n)
    road = 'open'
    await runtime.sleep(600_000)
    await arrive()
    expect(await settled()).toEqual({ posted: 0n, available: 0n })
  }))

const giveUp = async () => {
  const [pending] = await garden().teller.pendingTransfers()
  const request = { transfer: pending?.id, why: 'its licence was withdrawn' }
  return bothSign(garden(), runtime, world.gardenStaff ?? world.staff, 'return-transfer', request)
}

const clear = (item: string | undefined, to: unknown) =>
  bothSign(garden(), runtime, world.gardenStaff ?? world.staff, 'clear-suspense', { item, to, why: 'it arrived' })

/** ¥30.00 are paid out and credited there, the answer is lost, and two people give it up. */
async function giveUpWhatWasCredited() {
  road = 'unanswered'
  expect(await payOut(ada())).toMatchObject({ done: true, outcome: 'sent' })
  await runtime.sleep(60_000)
  expect(await giveUp()).toMatchObject({ done: true, outcome: 'returned' })
  expect(await settled()).toEqual({ posted: 3_000n, available: 3_000n })
}

async function answerAfterAll() {
  road = 'open'
  await runtime.sleep(600_000)
  await arrive()
}

test('two people give up on a dead bank; what it had credited all the same the payee’s account pays, once', () =>
  inWorld(async () => {
    const before = (await world.bank.balance(ada())).minor
    await giveUpWhatWasCredited()
    expect((await world.bank.balance(ada())).minor - before).toBe(3_000n)
    await answerAfterAll()
    expect(await payouts()).toEqual([{ state: 'overtaken' }])
    expect(await settled()).toEqual({ posted: 0n, available: 0n })
    expect(await posted(garden().store, 'due-to-bank:harbour')).toBe(3_000n)
    expect(await posted(garden().store, 'suspense:harbour')).toBe(0n)
    expect(await garden().teller.suspense()).toEqual([])
    expect(await payOut(ada())).toMatchObject({ done: false, outcome: 'insufficient-funds' })
    await night()
    expect(await posted(world.neighbours().store, 'paid-out:garden')).toBe(3_000n)
  }, [/undeliverable-letter.*its licence was withdrawn/, /credit-unasked/]))

test('what its account has not then waits in suspense: nothing is paid out meanwhile, and no customer pays for it', () =>
  inWorld(async () => {
    await giveUpWhatWasCredited()
    // On its way while the word about the first comes, and refused after that: its account is another's.
    expect(await payOut(world.customers.cai.account, 1_000)).toMatchObject({ done: true, outcome: 'sent' })
    await answerAfterAll()
    expect(await payouts()).toEqual([{ state: 'overtaken' }, { state: 'refused' }])
    expect(await settled()).toEqual({ posted: 1_000n, available: 1_000n })
    expect(await posted(garden().store, 'suspense:harbour')).toBe(-1_000n)
    expect(await payOut(ada(), 1_000)).toMatchObject({ done: false, outcome: 'waits-in-suspense' })
    const [waiting, ...others] = await garden().teller.suspense()
    expect(waiting).toMatchObject({ kind: 'owed', amount: yuan(10n), bank: 'harbour', account: undefined, payee })
    expect(others).toEqual([])
    const account = world.neighbour?.account
    expect(await clear(waiting?.item, { account })).toMatchObject({ done: false, outcome: 'not-its-sender' })
    expect(await clear(waiting?.item, 'payee')).toMatchObject({ done: true, outcome: 'cleared' })
    expect(await settled()).toEqual({ posted: 0n, available: 0n })
    expect(await posted(garden().store, 'suspense:harbour')).toBe(0n)
    expect(await posted(garden().store, 'due-to-bank:harbour')).toBe(3_000n)
    expect(await payOut(ada(), 1_000)).toMatchObject({ done: false, outcome: 'insufficient-funds' })
  }, [/undeliverable-letter.*its licence was withdrawn/, /credit-unasked/, /payout-refused.*not-its-account/]))

test('nor does its account pay while a file is looked at, whose refunds are promised from it', () =>
  inBooks(async () => {
    await giveUpWhatWasCredited()
    const books = { config: { id: institutionId('garden') }, chain: 'main' }
    const bearable = () => garden().store.read(tx => bearableBy(tx, books, payee, 4_000n))
    expect(await bearable()).toBe(3_000n)
    await garden().store.execute(tx => tx.run("UPDATE payee_file SET state = 'received' WHERE payee = ?", payee))
    expect(await bearable()).toBe(0n)
  }))

test('the audit finds a debt that a payee’s account pays whose payout was not overtaken', () =>
  inBooks(async () => {
    await giveUpWhatWasCredited()
    expect(await payOut(world.customers.cai.account, 1_000)).toMatchObject({ done: true, outcome: 'sent' })
    await answerAfterAll()
    const [waiting] = await garden().teller.suspense()
    expect(await clear(waiting?.item, 'payee')).toMatchObject({ done: true, outcome: 'cleared' })
    expect(await faults()).toEqual([])
    const given = "UPDATE sent_payout SET state = 'returned' WHERE state = 'overtaken'"
    await garden().store.execute(tx => tx.run(given))
    const found = (await faults()).join('\n')
    expect(found).toMatch(/garden: identity word about \w+: it is not owed so/)
  }))

test('a bank that does not take its letter, as one whose program is older, leaves the money where it is', () =>
  inWorld(async () => {
    await world.reconfigureBank({ banks: [] })
    expect(await payOut(ada())).toMatchObject({ done: true, outcome: 'sent' })
    await arrive()
    expect(await payouts()).toEqual([{ state: 'refused' }])
    expect(await settled()).toEqual({ posted: 3_000n, available: 3_000n })
    const sent = `SELECT DISTINCT type FROM clearing_outbox WHERE peer = 'harbour' AND type LIKE '%credit'`
    expect(await garden().store.read(tx => tx.all(sent))).toEqual([{ type: 'payee-credit' }])
    const [{ banks = [] } = {}] = bankSettings({ banks: 2, payees: 1, denominations: [], hosted: true })
    await world.reconfigureBank({ banks })
  }, [/letter-refused.*payee-credit/, /payout-refused.*its letter was refused/]))

test('a payee whose bank this one has nothing to do with, or that is not in memory yet, is paid nothing here', () =>
  inBooks(async () => {
    const introduce = (number: string, bank: string) =>
      world.harbour.store.execute(tx =>
        tx.run(
          `INSERT INTO introduced_payee (tenant, payee, number, host, bank, name_en, name_zh, introduced_at)
           VALUES ('harbour', ?, ?, 'neighbours', ?, 'A. Chen', '陈某', 1)`,
          ...[`neighbours-${number}`, number, bank],
        ),
      )
    const payHere = (number: string, account = ada()) =>
      bothSign(world.harbour, runtime, world.staff, 'pay-out', { payee: `neighbours-${number}`, account, minor: 100 })
    await introduce('88000001', 'hill')
    await introduce('88000002', 'garden')
    expect(await payHere('88000001')).toMatchObject({ done: false, outcome: 'no-way-to-its-bank' })
    expect(await payHere('88000002')).toMatchObject({ done: false, outcome: 'not-its-account' })
    await world.harbour.store.execute(tx =>
      tx.run(`INSERT INTO payout VALUES ('harbour', 'x', 'neighbours-88000002', ?, 100, 1)`, ada()),
    )
    expect(await faults()).toContainEqual(
      expect.stringContaining('identity payout x: its payee’s account is at another bank'),
    )
  }))
