/** Patent rows P9 and P10 at the payee: what the backup password reveals and unlocks, and what its three tries do. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { VoucherNumber } from '../../../src/ids.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, institutionId, intentId, phoneOf } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { backupInStock } from '../../support/stock-passwords.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 71 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

const wrongBackup = '905318472605'
const open = (number: VoucherNumber, password: string, origin = aPhone) =>
  world.merchant.openVoucher({ number, password: new Secret(password), origin })
const reveal = (number: VoucherNumber, backup: string) =>
  world.merchant.revealPassword({ number, backup: new Secret(backup), origin: aPhone })
const unlock = (number: VoucherNumber, backup: string) =>
  world.merchant.unlock({ number, backup: new Secret(backup), origin: aPhone })
const backupOf = async (number: string) => (await backupInStock(world, number)) ?? ''
const stateOf = async (number: string) => {
  const row = await world.lantern.store.read(tx =>
    tx.one<{ state: string }>('SELECT state FROM voucher WHERE number = ?', number),
  )
  return row?.state
}

async function thrice(attempt: () => Promise<unknown>) {
  for (let i = 0; i < 3; i++) await attempt()
}

/** Chooses another password and gives what revealing tells then. */
async function change(number: VoucherNumber, from: string, to: string) {
  const opening = await open(number, from)
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  const request = { intent: intentId(`to ${to}`), session: opening.session, next: new Secret(to) }
  const changed = await world.merchant.changePassword(request)
  expect(changed.outcome).toBe('changed')
  const told = await reveal(number, await backupOf(number))
  return told.outcome === 'revealed' ? told.password.reveal() : told.outcome
}

describe('a forgotten password', () => {
  test('is told for the backup password: the first one, and after each change the new one', () =>
    runtime.run(async () => {
      const { number, password } = world.vouchers.confirmed
      const told = await reveal(number, await backupOf(number))
      expect(told).toMatchObject({ outcome: 'revealed', isLocked: false })
      expect(told.outcome === 'revealed' && told.password.reveal()).toBe(password)
      expect(await change(number, password, '82640173')).toBe('82640173')
      expect(await change(number, '82640173', '918273640518')).toBe('918273640518')
      await world.restart('merchant')
      expect(await change(number, '918273640518', '7301846259')).toBe('7301846259')
      expect(await open(number, password)).toEqual({ outcome: 'refused' })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('is told of a locked voucher too, which stays locked', () =>
    runtime.run(async () => {
      const { number, password } = world.vouchers.locked
      const told = await reveal(number, await backupOf(number))
      expect(told).toMatchObject({ outcome: 'revealed', isLocked: true })
      expect(await open(number, password)).toEqual({ outcome: 'refused' })
    }))

  test('of an unsold record is not told, though its backup password is right', () =>
    runtime.run(async () => {
      expect(await reveal(world.unsoldNumber, await backupOf(world.unsoldNumber))).toEqual({ outcome: 'refused' })
    }))

  test('of a voucher that is used up is not told: it opens nothing any more', () =>
    runtime.run(async () => {
      const { number, password } = world.vouchers.confirmed
      const opening = await open(number, password)
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      await world.merchant.pay({ intent: intentId('all'), session: opening.session, amount: yuan(50n) })
      expect(await reveal(number, await backupOf(number))).toEqual({ outcome: 'exhausted' })
      expect(await unlock(number, await backupOf(number))).toEqual({ outcome: 'exhausted' })
    }))
})

describe('a locked voucher', () => {
  test('is unlocked by its backup password, with three tries again', () =>
    runtime.run(async () => {
      const { number, password } = world.vouchers.locked
      expect(await unlock(number, wrongBackup)).toEqual({ outcome: 'refused' })
      expect(await unlock(number, await backupOf(number))).toEqual({ outcome: 'unlocked' })
      expect(await unlock(number, await backupOf(number))).toEqual({ outcome: 'not-locked' })
      for (let i = 0; i < 2; i++) expect(await open(number, '73916405')).toEqual({ outcome: 'refused' })
      expect(await open(number, password)).toMatchObject({ outcome: 'open', remaining: yuan(50n) })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('needs its holder’s identity after three wrong backup passwords, forgot and unlock together, over restarts', () =>
    runtime.run(async () => {
      const { number } = world.vouchers.locked
      await unlock(number, wrongBackup)
      await reveal(number, wrongBackup)
      await world.restart('merchant')
      await unlock(number, wrongBackup)
      expect(await stateOf(number)).toBe('identity required')
      expect(await unlock(number, await backupOf(number))).toEqual({ outcome: 'refused' })
      expect(await reveal(number, await backupOf(number))).toEqual({ outcome: 'refused' })
    }))

  test('needs it at once where the backup password was guessed at first', () =>
    runtime.run(async () => {
      const { number, password } = world.vouchers.confirmed
      await thrice(() => reveal(number, wrongBackup))
      // Who guesses at the backup password does not take away the payment password.
      expect(await stateOf(number)).toBe('active')
      expect(await open(number, password)).toMatchObject({ outcome: 'open' })
      await thrice(() => open(number, '73916405'))
      expect(await stateOf(number)).toBe('identity required')
    }))

  test('is one even if the process died between the third wrong backup password and its result', () =>
    runtime.run(async () => {
      const { number } = world.vouchers.locked
      await world.lantern.store.execute(tx =>
        tx.run(
          `INSERT INTO tries (tenant, secret, subject, used, last_at) VALUES ('lantern', 'backup', ?, 3, 1)`,
          number,
        ),
      )
      await world.restart('merchant')
      expect(await stateOf(number)).toBe('identity required')
    }))
})

test('unknown and unsold numbers run out of backup tries like sold ones, and a sale gives them back', () =>
  runtime.run(async () => {
    const used = async (number: string) => {
      const row = await world.lantern.store.read(tx =>
        tx.one<{ used: bigint }>(`SELECT used FROM tries WHERE secret = 'backup' AND subject = ?`, number),
      )
      return row?.used
    }
    const [next] = await world.harbour.store.read(tx =>
      tx.all<{ number: VoucherNumber }>(
        `SELECT number FROM stock WHERE minor = 2000 AND state = 'in stock' ORDER BY shuffle LIMIT 1`,
      ),
    )
    if (next === undefined) throw new Error('nothing is in stock')
    for (const number of [world.unknownNumber, next.number]) {
      for (let i = 0; i < 4; i++) expect(await unlock(number, wrongBackup)).toEqual({ outcome: 'refused' })
      expect(await used(number)).toBe(3n)
    }
    const sale = await world.bank.sellVoucher({
      ...{ intent: intentId('new'), buyer: world.customers.ada.account, payee: institutionId('lantern') },
      ...{ amount: yuan(20n), channel: 'telephone' },
    })
    expect(sale).toMatchObject({ outcome: 'sold', voucher: { number: next.number } })
    await world.harbour.mail.idle()
    expect(await used(next.number)).toBeUndefined()
    expect(await unlock(next.number, await backupOf(next.number))).toEqual({ outcome: 'not-locked' })
  }))

describe('whoever goes on guessing', () => {
  const msOf = async (attempt: () => Promise<unknown>) => {
    const beganMs = runtime.monotonicMs()
    await attempt()
    return runtime.monotonicMs() - beganMs
  }

  test('is answered later and later, at a real number as at an unknown one; a right secret is answered at once', () =>
    runtime.run(async () => {
      const { number, password } = world.vouchers.confirmed
      const slow = async (guessed: VoucherNumber) => {
        const times: number[] = []
        for (let i = 0; i < 5; i++) times.push(await msOf(() => open(guessed, '73916405', phoneOf())))
        return times
      }
      const real = await slow(number)
      expect(real).toEqual([1_000, 1_000, 2_000, 3_000, 5_000])
      expect(await slow(world.unknownNumber)).toEqual(real)
      expect(await slow(world.unsoldNumber)).toEqual(real)
      await unlock(number, await backupOf(number))
      expect(await msOf(() => open(number, password))).toBeLessThan(1_000)
    }))

  test('at many numbers from one telephone is slowed there, and cannot hurry by not waiting', () =>
    runtime.run(async () => {
      const guessed = [world.unknownNumber, world.unsoldNumber, world.vouchers.locked.number, world.unknownNumber]
      const times: number[] = []
      for (const number of guessed) times.push(await msOf(() => unlock(number, wrongBackup)))
      expect(times).toEqual([1_000, 1_000, 2_000, 3_000])
      const { number, password } = world.vouchers.confirmed
      const kept = unlock(world.unsoldNumber, wrongBackup)
      await runtime.sleep(1_500)
      expect(await open(number, password)).toEqual({ outcome: 'busy' })
      expect(await open(number, password, phoneOf('+8613800000002'))).toMatchObject({ outcome: 'open' })
      await kept
      expect(await open(number, password)).toMatchObject({ outcome: 'open' })
    }))
})
