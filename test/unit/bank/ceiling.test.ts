/** How much a bank may owe a payee: it sells within the grant, and what is above it at the payee waits for room. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { alarms } from '../../../src/alarm.ts'
import { drawIntentId } from '../../../src/ids.ts'
import { type Money, yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, institutionId } from '../../support/ids.ts'
import { bankSettings } from '../../support/network/settings.ts'
import { faultsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
/** Nothing is delivered meanwhile. */
let away = false
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 38 })
  away = false
  world = await openWorld({ runtime, weather: { next: () => (away ? { lost: 'there' as const } : {}) } })
})
afterEach(() => world.close())

const buy = (amount: Money, intent = drawIntentId(runtime)) =>
  world.bank.sellVoucher({
    intent,
    buyer: world.customers.cai.account,
    payee: world.payee.id,
    amount,
    channel: 'telephone',
  })

/** The payee's people change what the bank may owe. It owes ¥150 when a test begins. */
async function setCeiling(each: bigint): Promise<void> {
  await world.reconfigureMerchant({ ceilings: { each } })
  await world.lantern.mail.idle()
}

const alarmsAtPayee = async () =>
  (await world.lantern.store.read(tx => alarms(tx, institutionId('lantern')))).map(({ kind }) => kind as string)

test('a sale above the payee’s ceiling is refused before any money moves; one within it is sold', () =>
  runtime.run(async () => {
    await setCeiling(20_000n)
    const balance = await world.bank.balance(world.customers.cai.account)
    const float = await posted(world.harbour.store, 'float:lantern')
    const intent = drawIntentId(runtime)
    expect(await buy(yuan(100n), intent)).toEqual({ outcome: 'payee-ceiling' })
    expect(await world.bank.balance(world.customers.cai.account)).toEqual(balance)
    expect(await posted(world.harbour.store, 'float:lantern')).toBe(float)
    // To the last fen of it, and nothing more.
    expect(await buy(yuan(50n))).toMatchObject({ outcome: 'sold' })
    expect(await buy(yuan(20n))).toEqual({ outcome: 'payee-ceiling' })
    await setCeiling(22_000n)
    expect(await buy(yuan(20n))).toMatchObject({ outcome: 'sold' })
    // What was decided under an intent stays so.
    expect(await buy(yuan(100n), intent)).toEqual({ outcome: 'payee-ceiling' })
    await world.harbour.mail.idle()
    expect(await faultsOf(world)).toEqual([])
  }))

test('what comes above it has its receipt, is held, and activates by itself when there is room', () =>
  runtime.run(async () => {
    // Sold under the old grant, and told to the payee after it had lowered the ceiling.
    away = true
    const sales = [await buy(yuan(100n)), await buy(yuan(20n))]
    const [large, small] = sales.map(sale => {
      if (sale.outcome !== 'sold') throw new Error(sale.outcome)
      return { number: sale.voucher.number, password: new Secret(sale.voucher.password.reveal()) }
    })
    if (large === undefined || small === undefined) throw new Error('two were bought')
    await runtime.sleep(100)
    await world.reconfigureMerchant({ ceilings: { each: 17_000n } })
    away = false
    await world.harbour.mail.idle()
    await world.lantern.mail.idle()
    const waiting = await world.harbour.store.read(tx => tx.all('SELECT 1 FROM clearing_outbox WHERE outcome IS NULL'))
    expect(waiting).toEqual([])
    expect(await alarmsAtPayee()).toEqual(['activation-held'])
    expect(await world.harbour.store.read(tx => alarms(tx, institutionId('harbour')))).toEqual([])
    expect(await world.audited()).toEqual([])

    // There was room for the small one. The buyer of the other has to wait, and loses no try.
    const open = (which: typeof large) => world.merchant.openVoucher({ ...which, origin: aPhone })
    expect(await open(small)).toMatchObject({ outcome: 'open' })
    for (let i = 0; i < 4; i++) expect(await open(large)).toEqual({ outcome: 'refused' })
    expect(await alarmsAtPayee()).toEqual(['activation-held'])

    await setCeiling(26_999n)
    expect(await open(large)).toEqual({ outcome: 'refused' })
    await setCeiling(27_000n)
    expect(await open(large)).toMatchObject({ outcome: 'open', remaining: yuan(100n) })
    expect(await world.audited()).toEqual([])
    expect(await posted(world.lantern.store, 'due-from-bank:harbour')).toBe(27_000n)
  }))

test('a bank that was granted nothing sells nothing', () =>
  runtime.run(async () => {
    await setCeiling(0n)
    expect(await buy(yuan(20n))).toEqual({ outcome: 'payee-ceiling' })
  }))

test.each([
  [
    'harbour',
    `UPDATE balance SET posted = 10000001 WHERE account = 'float:lantern'`,
    'the float is 10000001, and no more than 10000000 was granted',
  ],
  [
    'lantern',
    `UPDATE balance SET posted = 10000001 WHERE account = 'due-from-bank:harbour'`,
    'it owes 10000001, and no more than 10000000 was granted',
  ],
  [
    'lantern',
    `INSERT INTO held_activation (tenant, bank, sale, number, sold_at, held_at)
     SELECT tenant, bank, sale, number, 0, 0 FROM voucher WHERE state = 'active' LIMIT 1`,
    'its activation is held, and it is active',
  ],
  [
    'lantern',
    `INSERT INTO held_activation (tenant, bank, sale, number, sold_at, held_at, activated_at)
     SELECT tenant, bank, 'x', number, 0, 0, 1 FROM voucher WHERE state = 'active' LIMIT 1`,
    'its activation is held no more, and it was sold by another sale or none',
  ],
  [
    'harbour',
    `INSERT INTO refused_activation (tenant, sale, reason, at) SELECT tenant, id, '', 0 FROM sale LIMIT 1`,
    'its letter was accepted, and the sale does not count as honoured',
  ],
] as const)('the audit of %s finds what %s does', (where, tampering, found) =>
  runtime.run(async () => {
    const { store } = world[where]
    await store.execute(tx => tx.run(tampering))
    expect(await world.audited()).toContainEqual(expect.stringContaining(found))
  }),
)

test('a grant that a bank refused, as it sold no vouchers of the payee yet, is given again until it is taken', () =>
  runtime.run(async () => {
    const granted = () =>
      world.harbour.store.read(tx => tx.all<{ minor: bigint }>('SELECT minor FROM payee_grant ORDER BY number DESC'))
    const [usual] = bankSettings({ banks: 1, payees: 1, denominations: [2_000n, 5_000n, 10_000n, 20_000n, 50_000n] })
    await world.reconfigureBank({ payees: [] })
    await setCeiling(33_000n)
    expect((await granted())[0]?.minor).not.toBe(33_000n)
    await world.reconfigureBank({ payees: usual?.payees ?? [] })
    await world.harbour.mail.idle()
    await world.lantern.nightly()
    await world.lantern.mail.idle()
    expect((await granted())[0]?.minor).toBe(33_000n)
    const times = (await granted()).length
    await world.lantern.nightly()
    await world.lantern.mail.idle()
    expect(await granted(), 'once').toHaveLength(times)
    expect(await world.audited()).toEqual([])
  }))
