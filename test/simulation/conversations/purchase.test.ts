/** Buying a voucher by phone and paying with what was heard, as callers do it. */
import { describe, expect, test } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { digitsHeard, heard, openTown, signingIn } from './callers.ts'

const buying = {
  'bank.menu': ['2', 'hang up'],
  'buy.payee': '8001#',
  'buy.amount': '50#',
  'buy.confirm': '1',
  'voucher.written': '1',
}

const paying = (number: string, password: string) => ({
  'language.choose': ['', '1'],
  'merchant.menu': '1',
  'voucher.ask-number': `${number}#`,
  'voucher.ask-password': `${password}#`,
  'voucher.menu': ['1', 'hang up'],
  'pay.amount': '12*5#',
  'pay.confirm': '1',
})

describe('a purchase', () => {
  test('in English: bought at the bank, paid with at the merchant', async () => {
    const { world, callBank, callMerchant } = await openTown()
    const { cai } = world.customers
    const call = await callBank({ ...signingIn(cai), ...buying })

    expect(heard(call, 'buy.confirm')).toEqual([
      'You are buying a voucher worth 50 yuan, payable to Lantern Books. To confirm, press 1. To go back, press 9.',
    ])
    expect(await world.bank.balance(cai.account)).toEqual(yuan(4_950n))
    expect(await world.bank.vouchers(cai.account)).toMatchObject([{ state: 'confirmed', amount: yuan(50n) }])

    const payment = await callMerchant(
      paying(digitsHeard(call, 'voucher.number'), digitsHeard(call, 'voucher.password')),
    )
    expect(heard(payment, 'pay.done')[0]).toMatch(
      /^Thank you\. You have paid 12\.50 yuan\. 37\.50 yuan is left on your voucher\. Your reference is \d{6}\.$/,
    )
    expect(await world.audited()).toEqual([])
  })

  test('in Mandarin, and from then on the bank knows the language', async () => {
    const { world, callBank, callMerchant } = await openTown()
    const { cai } = world.customers
    const call = await callBank({ ...signingIn(cai, '2'), ...buying })
    expect(heard(call, 'buy.confirm')).toEqual(['您将购买面值50元的付款券，付给灯笼书店。确认请按1，返回请按9。'])
    const said = call.events.flatMap(event => (event.event === 'said' ? [event] : []))
    const chosen = said.findIndex(({ phrase }) => phrase === 'sign-in.account')
    expect(said.slice(chosen).every(({ language }) => language === 'zh')).toBe(true)

    const number = digitsHeard(call, 'voucher.number')
    const payment = await callMerchant({
      ...paying(number, digitsHeard(call, 'voucher.password')),
      'language.choose': ['', '2'],
    })
    expect(heard(payment, 'pay.done')[0]).toMatch(/^谢谢，您已付款12\.50元。付款券余额是37\.50元。参考号是\d{6}。$/)

    const english = await callBank({ ...signingIn(cai), 'bank.menu': 'hang up' })
    expect(english.said).toContain('language.changed')
  })

  test('cut off before "I have written it down": the next sign-in offers it first', async () => {
    const { world, callBank } = await openTown()
    const { cai } = world.customers
    const cutOff = await callBank({ ...signingIn(cai), ...buying, 'voucher.written': 'hang up' })
    expect(cutOff.ended).toBe('caller-left')
    expect(await world.bank.vouchers(cai.account)).toMatchObject([{ state: 'unconfirmed' }])

    const next = await callBank({ ...signingIn(cai), 'voucher.written': '1', 'bank.menu': 'hang up' })
    expect(next.said.indexOf('buy.pending-first')).toBeLessThan(next.said.indexOf('bank.menu'))
    expect(digitsHeard(next, 'voucher.password')).toBe(digitsHeard(cutOff, 'voucher.password'))
    expect(await world.bank.vouchers(cai.account)).toMatchObject([{ state: 'confirmed' }])
  })

  test('an impatient 1 during the password confirms nothing', async () => {
    const { world, callBank } = await openTown()
    const { cai } = world.customers
    const call = await callBank({
      ...signingIn(cai),
      ...buying,
      'buy.sold': '1',
      'voucher.number': '11',
      'voucher.written': 'hang up',
    })
    expect(call.events).toContainEqual({ event: 'heard-in-full', phrase: 'voucher.password' })
    expect(await world.bank.vouchers(cai.account)).toMatchObject([{ state: 'unconfirmed' }])
  })

  test('two identical purchases in one call are two purchases', async () => {
    const { world, callBank } = await openTown()
    const { cai } = world.customers
    const call = await callBank({ ...signingIn(cai), ...buying, 'bank.menu': ['2', '2', 'hang up'] })
    const told = heard(call, 'voucher.number')
    expect(new Set(told).size).toBe(2)
    expect(await world.bank.vouchers(cai.account)).toHaveLength(2)
    expect(await world.bank.balance(cai.account)).toEqual(yuan(4_900n))
  })

  test('an amount that no voucher has: the nearest below and above are offered', async () => {
    const { world, callBank } = await openTown()
    const { cai } = world.customers
    const call = await callBank({ ...signingIn(cai), ...buying, 'buy.amount': '70#', 'buy.amount.nearest': '2' })
    expect(heard(call, 'buy.amount.nearest')).toEqual([
      'There is no voucher worth 70 yuan. For 50 yuan, press 1. For 100 yuan, press 2. For another amount, press 3. To go back, press 9.',
    ])
    expect(await world.bank.vouchers(cai.account)).toMatchObject([{ amount: yuan(100n) }])
  })
})
