/** The PIN: three wrong ones close the account, over as many calls as it takes; a new one is keyed twice. */
import { describe, expect, test } from 'vitest'
import type { Bank } from '../../../src/bank/bank.ts'
import { Secret } from '../../../src/secret.ts'
import { firstPinOf, intentId, phoneOf } from '../../support/ids.ts'
import { heard, openTown, signingIn } from './callers.ts'

describe('the PIN', () => {
  test('three wrong ones in three calls close the account to this telephone, and the right one opens it when the time is over', async () => {
    const { world, runtime, callBank } = await openTown()
    const { cai } = world.customers
    const wrong = { ...signingIn(cai), 'sign-in.pin': '905318' }
    const first = await callBank({ ...wrong, 'sign-in.wrong': 'hang up' })
    expect(first.said).toContain('sign-in.wrong')
    const second = await callBank({ ...wrong, 'sign-in.wrong.last': 'hang up' })
    expect(second.said).toContain('sign-in.wrong.last')
    const third = await callBank(wrong)
    expect(heard(third, 'sign-in.closed.minutes')).toEqual([
      'Because the PIN was wrong three times, this account is closed to your telephone for 5 minutes. Please call again then. Goodbye.',
    ])
    expect(third.ended).toBe('said-goodbye')

    await world.restart('bank')
    const right = await callBank(signingIn(cai))
    expect(right.said.at(-1)).toBe('sign-in.closed.minutes')

    runtime.jumpWallClock(5 * 60_000)
    expect((await callBank({ ...signingIn(cai), 'bank.menu': 'hang up' })).said).toContain('sign-in.hello')
  })

  test('is changed when keyed the same twice, and the new one signs in', async () => {
    const { world, callBank } = await openTown()
    const { cai } = world.customers
    const call = await callBank({
      ...signingIn(cai),
      'bank.menu': ['7', '1', 'hang up'],
      'access.menu': ['1', '9'],
      'pin.new': '730281',
      'pin.repeat': ['730282', '730281'],
    })
    // The call in which it was changed goes on.
    expect(call.said).toContain('balance.told')
    expect(call.answers.slice(-6, -1)).toEqual([
      ...['pin.new valid', 'pin.repeat refused-different'],
      ...['pin.new valid', 'pin.repeat valid', 'access.menu back'],
    ])
    expect(heard(call, 'pin.changed')).toEqual(['Your PIN is changed.'])

    const next = await callBank({ ...signingIn({ ...cai, pin: '730281' }), 'bank.menu': 'hang up' })
    expect(next.said).toContain('sign-in.hello')
  })

  test('changed elsewhere during a call ends it before anything is told or done', async () => {
    const { world, callBank } = await openTown()
    const { cai } = world.customers
    const bank: Bank = {
      ...world.bank,
      balance: async account => {
        const change = { intent: intentId('1'), session: firstPinOf(account), origin: phoneOf('elsewhere') }
        await world.bank.changePin({ ...change, next: new Secret('730281') })
        return world.bank.balance(account)
      },
    }
    const call = await callBank({ ...signingIn(cai), 'bank.menu': ['1', '5'] }, bank)
    expect(call.said.slice(-2)).toEqual(['bank.menu', 'sign-in.ended'])
    expect(call.ended).toBe('said-goodbye')
  })

  test('that every thief tries first is not taken', async () => {
    const { world, callBank } = await openTown()
    const call = await callBank({
      ...signingIn(world.customers.cai),
      'bank.menu': ['7', 'hang up'],
      'access.menu': ['1', '9'],
      'pin.new': '123456',
      'pin.new.again': '#',
    })
    expect(call.said).toContain('pin.weak')
    expect(call.said).not.toContain('pin.repeat')
  })

  test('is in no transcript', async () => {
    const { world, callBank } = await openTown()
    const { cai } = world.customers
    const call = await callBank({ ...signingIn(cai), 'bank.menu': 'hang up' })
    expect(JSON.stringify(call.events)).not.toContain(cai.pin)
  })
})
