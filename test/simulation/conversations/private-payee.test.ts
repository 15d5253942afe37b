/** By phone: somebody becomes a payee, somebody else buys a voucher for them, and pays. */
import { expect, test } from 'vitest'
import { letLettersArrive } from '../../support/network/network.ts'
import { digitsHeard, heard, openTown, signingIn, type Town } from './callers.ts'

const lettersArrive = ({ world, runtime }: Town) =>
  runtime.run(() =>
    letLettersArrive({
      banks: [{ running: world.harbour }],
      payees: [{ running: world.lantern }],
      hosts: [{ running: world.neighbours() }],
    }),
  )

test('a person is paid by a number that is told at their bank, bought for there, and keyed at the host', async () => {
  const town = await openTown({}, true)
  const { ada, cai } = town.world.customers
  const becoming = await town.callBank({
    ...signingIn(ada),
    'voucher.written': '9',
    'bank.menu': '7',
    'access.menu': ['3', 'hang up'],
    'paid.offer': '1',
    'paid.payee': '9',
  })
  const [number = ''] = /88[\d ]+/.exec(heard(becoming, 'paid.payee')[0] ?? '') ?? []
  const keyed = number.replace(/\D/g, '')
  expect(keyed).toMatch(/^88\d{6}$/)
  await lettersArrive(town)

  const buying = await town.callBank({
    ...signingIn(cai),
    'bank.menu': ['2', 'hang up'],
    'buy.payee': ['88000000#', `${keyed}#`],
    'buy.amount': '50#',
    'buy.confirm': '1',
    'voucher.written': '1',
  })
  expect(heard(buying, 'buy.payee.unknown')).toHaveLength(1)
  expect(heard(buying, 'buy.payee.is')).toEqual(['That is A. Chen.'])
  await lettersArrive(town)

  const paying = await town.callHost({
    'language.choose': ['', '1'],
    'host.payee': ['88000000#', `${keyed}#`],
    'merchant.menu': ['1', 'hang up'],
    'voucher.ask-number': `${digitsHeard(buying, 'voucher.number')}#`,
    'voucher.ask-password': `${digitsHeard(buying, 'voucher.password')}#`,
    'voucher.menu': ['1', '9'],
    'pay.amount': '12*5#',
    'pay.confirm': '1',
  })
  expect(heard(paying, 'merchant.welcome')[0]).toBe('Welcome to Neighbours.')
  expect(heard(paying, 'host.payee.unknown')).toHaveLength(1)
  expect(heard(paying, 'host.payee.is')).toEqual(['That is A. Chen.'])
  expect(heard(paying, 'pay.confirm')).toEqual([expect.stringContaining('12.50 yuan to A. Chen')])
  expect(heard(paying, 'pay.done')).toHaveLength(1)
  expect(await town.world.audited()).toEqual([])

  const stopping = await town.callBank({
    ...signingIn(ada),
    'voucher.written': '9',
    'bank.menu': '7',
    'access.menu': ['3', 'hang up'],
    'paid.payee': '2',
    'paid.stop': '1',
  })
  expect(heard(stopping, 'paid.stopped')).toHaveLength(1)
  expect(await town.world.audited()).toEqual([])
})
