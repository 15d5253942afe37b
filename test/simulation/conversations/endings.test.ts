/** What ends, closes or gives back, as callers hear it: ending a voucher, something lost, money back from the shop. */
import { expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { yuan } from '../../../src/money.ts'
import { settleAll } from '../../support/day-end.ts'
import { intentId } from '../../support/ids.ts'
import { heard, openTown, signingIn, type Town } from './callers.ts'

const using = ({ world }: Town, menu: readonly string[]) => {
  const { number, password } = world.vouchers.confirmed
  return {
    'language.choose': ['', '1'],
    'merchant.menu': ['1', 'hang up'],
    'voucher.ask-number': `${number}#`,
    'voucher.ask-password': `${password}#`,
    'voucher.menu': menu,
    'pay.amount': '12*5#',
    'pay.confirm': '1',
  }
}

const english = (town: Town) => ({ ...signingIn(town.world.customers.ada), 'voucher.written': '9' })

test('a voucher is ended: what is left is read back, an impatient key is no answer, and the password opens nothing more', async () => {
  const town = await openTown()
  const call = await town.callMerchant({ ...using(town, ['1', '61', '6', '9']), 'end.confirm': ['9', '1'] })
  expect(heard(call, 'end.confirm')).toHaveLength(2)
  expect(heard(call, 'end.confirm')[0]).toMatch(/^37\.50 yuan is left on this voucher\./)
  expect(heard(call, 'cancelled')).toHaveLength(1)
  expect(heard(call, 'end.done')[0]).toMatch(
    /^The voucher is ended\. 37\.50 yuan goes back to the account that bought it, at the end of the day\. The reference is \d{6}\.$/,
  )
  const again = await town.callMerchant(using(town, ['9']))
  expect(heard(again, 'voucher.terminated')).toHaveLength(1)
  expect(await town.world.audited()).toEqual([])
})

test('what the shop gave back is heard at the next call, once', async () => {
  const town = await openTown()
  await town.callMerchant(using(town, ['1', '9']))
  const { clerk } = town.world.lantern
  await town.runtime.run(async () => {
    const [payment] = await clerk.payments(1)
    const { reference = '' } = payment ?? {}
    await clerk.reverse({ intent: intentId('r'), reference, amount: yuan(2n), clerk: 'mei', reason: 'a torn page' })
  })
  const next = await town.callMerchant(using(town, ['3', '9']))
  expect(heard(next, 'voucher.opened')).toEqual(['Thank you. Your voucher has 39.50 yuan left.'])
  expect(heard(next, 'given-back')[0]).toMatch(
    /^The shop has given 2 yuan back to your voucher, on .* The reference is/,
  )
  expect(heard(next, 'payments.reversal')).toHaveLength(1)
  expect(heard(await town.callMerchant(using(town, ['2', '9'])), 'given-back')).toEqual([])
})

test('who bought a voucher hears at the next call what the day end brought back, once, and that the voucher was ended', async () => {
  const town = await openTown()
  const { world, runtime } = town
  await town.callMerchant({ ...using(town, ['1', '6']), 'end.confirm': '1' })
  await runtime.run(async () => {
    for (let night = 0; night < 2; night++) {
      runtime.jumpWallClock(86_400_000)
      await world.lantern.nightly()
      await world.harbour.nightly()
      await settleAll(world)
      if (night > 0) continue
      const [payment] = await world.lantern.clerk.payments(1)
      const of = { reference: payment?.reference ?? '', date: payment?.businessDate ?? '' }
      const by = { clerk: 'mei', reason: 'torn' }
      await world.lantern.clerk.refund({ intent: intentId('r'), of, amount: yuan(2n), ...by })
    }
  })
  const reactions = { ...english(town), 'bank.menu': ['5', 'hang up'], 'vouchers.more': '9', 'vouchers.last': '9' }
  const call = await town.callBank(reactions)
  expect(heard(call, 'returned.remainder')[0]).toMatch(
    /^What was left of a voucher for Lantern Books, 37\.50 yuan, has come back to your account, on /,
  )
  expect(heard(call, 'returned.refund')[0]).toMatch(/^Lantern Books has refunded 2 yuan to your account, on /)
  const next = await town.callBank(reactions)
  expect([...heard(next, 'returned.remainder'), ...heard(next, 'returned.refund')]).toEqual([])
  const list = await town.callBank({ ...reactions, 'vouchers.more': ['1', '1', '1'], 'vouchers.last': '9' })
  expect(heard(list, 'vouchers.ended')).toHaveLength(1)
})

test('who bought a voucher whose password the bank lost before it was told hears of it at the next call, once', async () => {
  const town = await openTown()
  const { world, runtime } = town
  await runtime.run(async () => {
    const [row] = await world.harbour.store.read(tx =>
      tx.all<{ key: string }>(
        'SELECT password_key AS key FROM stock WHERE number = ?',
        world.vouchers.unconfirmed.number,
      ),
    )
    await world.recordKeys.destroy([row?.key ?? ''])
    await world.restart('bank')
  })
  const reactions = { ...english(town), 'bank.menu': ['1', 'hang up'] }
  const call = await town.callBank(reactions)
  expect(heard(call, 'returned.lost')).toEqual([
    expect.stringMatching(
      /^On .* you bought a voucher for Lantern Books, 50 yuan\. .* Your money is safe: please visit a branch, which gives it back\.$/,
    ),
  ])
  expect(heard(await town.callBank(reactions), 'returned.lost')).toEqual([])
  expect(await world.audited()).toEqual([])
})

test('vouchers that are lost open to nobody; after a visit to the branch the backup password unlocks them', async () => {
  const town = await openTown()
  const { world, runtime } = town
  const blocking = await town.callBank({
    ...english(town),
    'bank.menu': ['8', 'hang up'],
    'block.menu': ['2', '9'],
    'block.vouchers': '1',
  })
  expect(heard(blocking, 'block.vouchers.done')).toHaveLength(1)
  expect(heard(await town.callMerchant(using(town, ['9'])), 'voucher.refused').length).toBeGreaterThan(0)

  const { number } = world.vouchers.confirmed
  await runtime.run(async () => {
    await bothSign(world.harbour, runtime, world.staff, 'clear-voucher', { voucher: number })
    await world.harbour.mail.idle()
  })
  const listing = await town.callBank({
    ...english(town),
    'bank.menu': ['5', 'hang up'],
    'vouchers.more': ['1', '1', '1'],
    'vouchers.last': ['2', '9'],
    'backup.written': '1',
  })
  expect(heard(listing, 'vouchers.blocked')).toHaveLength(2)
  const backup = (heard(listing, 'backup.password').at(-1) ?? '').replace(/\D/g, '')
  const unlocking = await town.callMerchant({
    'language.choose': ['', '1'],
    'merchant.menu': ['3', 'hang up'],
    'voucher.ask-number': `${number}#`,
    'backup.ask-password': backup,
  })
  expect(heard(unlocking, 'unlock.done')).toHaveLength(1)
  expect(await world.audited()).toEqual([])
})

test('a blocked telephone is told what happens next, and signs nobody in', async () => {
  const town = await openTown()
  const call = await town.callBank({
    ...english(town),
    'bank.menu': '8',
    'block.menu': ['1', '3'],
    'block.account': '1',
    'block.telephone': '1',
  })
  expect(heard(call, 'block.account.done')).toHaveLength(1)
  expect(heard(call, 'block.telephone.done')[0]).toContain('bring an identity card to one of our branches')
  const next = await town.callBank(english(town))
  expect(heard(next, 'sign-in.blocked')).toHaveLength(1)
  expect(heard(next, 'sign-in.hello')).toEqual([])
})
