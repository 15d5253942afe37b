/** The life of a voucher by phone, as its holder tells of it: forgotten, changed, forgotten again, locked and unlocked. */
import { describe, expect, test } from 'vitest'
import { digitsHeard, heard, openTown, signingIn, type Town } from './callers.ts'

const english = { 'language.choose': ['', '1'] }

/** Asks the bank for the backup password of the newest voucher. */
async function askForBackup({ world, callBank }: Town): Promise<string> {
  const call = await callBank({
    ...signingIn(world.customers.ada),
    'voucher.written': '9',
    'bank.menu': ['5', 'hang up'],
    'vouchers.more': ['1', '2', '9'],
    'vouchers.last': '9',
    'backup.written': ['2', '1'],
  })
  expect(heard(call, 'backup.password')).toHaveLength(2)
  return digitsHeard(call, 'backup.password')
}

/** The number and password of a voucher that its holder has written down. */
async function listed(town: Town) {
  const { unconfirmed } = town.world.vouchers
  return { number: unconfirmed.number, password: unconfirmed.password, backup: await askForBackup(town) }
}

const forgetting = (number: string, backup: string) => ({
  ...english,
  'merchant.menu': ['2', 'hang up'],
  'voucher.ask-number': `${number}#`,
  'backup.ask-password': backup,
  'forgot.written': '1',
})

describe('a forgotten password', () => {
  test('is heard at the payee for the backup password, and after a change the new one', async () => {
    const town = await openTown()
    const { number, password, backup } = await listed(town)
    const first = await town.callMerchant(forgetting(number, backup))
    expect(digitsHeard(first, 'forgot.password')).toBe(password)
    expect(heard(first, 'forgot.done')).toEqual(['You can now use the voucher with this password.'])

    const changing = await town.callMerchant({
      ...english,
      'merchant.menu': ['1', 'hang up'],
      'voucher.ask-number': `${number}#`,
      'voucher.ask-password': `${password}#`,
      'voucher.menu': ['4', '1', '2', '9'],
      'password.new': ['12345678#', '7301846259#', '7301846259#'],
      'password.weak': '',
      'password.repeat': ['7301846258#', '7301846259#'],
      'pay.amount': '12*5#',
      'pay.confirm': '1',
    })
    expect(heard(changing, 'password.weak')).toHaveLength(1)
    expect(heard(changing, 'password.different')).toHaveLength(1)
    expect(heard(changing, 'password.changed')).toHaveLength(1)
    // The call goes on with the voucher that it opened.
    expect(heard(changing, 'left.told')).toEqual(['Your voucher has 37.50 yuan left.'])

    const second = await town.callMerchant(forgetting(number, backup))
    expect(digitsHeard(second, 'forgot.password')).toBe('7301846259')
    expect(await town.world.audited()).toEqual([])
  })

  test('that is heard to its end cannot be cut short, and no transcript has it', async () => {
    const town = await openTown()
    const { number, backup, password } = await listed(town)
    const call = await town.callMerchant({ ...forgetting(number, backup), 'forgot.password': '11' })
    expect(call.events).toContainEqual({ event: 'heard-in-full', phrase: 'forgot.password' })
    const told = JSON.stringify(call.events)
    for (const secret of [password, backup]) expect(told.includes(secret)).toBe(false)
  })
})

test('three wrong passwords lock a voucher: its password is still told, and opens it once the backup password has unlocked it', async () => {
  const town = await openTown()
  const { number, password, backup } = await listed(town)
  const using = { ...english, 'merchant.menu': '1', 'voucher.ask-number': `${number}#` }
  const stranger = await town.callMerchant({ ...using, 'voucher.ask-password': '90531847#' })
  expect(heard(stranger, 'voucher.refused')).toHaveLength(3)
  const holder = await town.callMerchant({ ...using, 'voucher.ask-password': [`${password}#`, 'hang up'] })
  expect(heard(holder, 'voucher.refused')).toHaveLength(1)

  const forgot = await town.callMerchant(forgetting(number, backup))
  expect(heard(forgot, 'forgot.locked')).toHaveLength(1)
  const unlocking = await town.callMerchant({
    ...english,
    'merchant.menu': ['3', '3', 'hang up'],
    'voucher.ask-number': `${number}#`,
    'backup.ask-password': ['905318472605', backup, backup],
  })
  expect(heard(unlocking, 'backup.refused')).toHaveLength(1)
  expect(heard(unlocking, 'unlock.done')).toHaveLength(1)
  expect(heard(unlocking, 'unlock.not-locked')).toHaveLength(1)
  const again = await town.callMerchant({
    ...using,
    'voucher.ask-password': `${password}#`,
    'voucher.menu': 'hang up',
  })
  expect(heard(again, 'voucher.opened')).toHaveLength(1)
})
