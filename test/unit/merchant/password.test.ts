/** Patent row P8: another payment password, for the same voucher number. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 72 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

const next = new Secret('8264017359')
const open = async (password: string) => {
  const { number } = world.vouchers.confirmed
  return world.merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
}
async function session() {
  const opening = await open(world.vouchers.confirmed.password)
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  return opening.session
}

test('the new password opens the voucher, the old one no more; other calls have to open it again', () =>
  runtime.run(async () => {
    const { number, password } = world.vouchers.confirmed
    const [here, elsewhere] = [await session(), await session()]
    const changed = await world.merchant.changePassword({ intent: intentId('c'), session: here, next })
    if (changed.outcome !== 'changed') throw new Error(changed.outcome)
    const pay = (session: typeof here, name: string) =>
      world.merchant.pay({ intent: intentId(name), session, amount: yuan(1n) })
    expect(await pay(elsewhere, '1')).toEqual({ outcome: 'session-ended' })
    expect(await pay(here, '2')).toEqual({ outcome: 'session-ended' })
    expect(await pay(changed.session, '3')).toMatchObject({ outcome: 'paid' })
    expect(await open(password)).toEqual({ outcome: 'refused' })
    expect(await open(next.reveal())).toMatchObject({ outcome: 'open', remaining: yuan(49n) })
    expect(await world.merchant.resolve({ intent: intentId('c'), principal: number })).toEqual({
      outcome: 'done',
      kind: 'password-change',
    })
    expect(await faultsOf(world)).toEqual([])
  }))

test('asked again by the same intent, it is one change, and the session that comes back is good', () =>
  runtime.run(async () => {
    const here = await session()
    const change = () => world.merchant.changePassword({ intent: intentId('c'), session: here, next })
    await change()
    const again = await change()
    if (again.outcome !== 'changed') throw new Error(again.outcome)
    expect(await world.merchant.balance(again.session)).toMatchObject({ outcome: 'open', remaining: yuan(50n) })
    const other = { intent: intentId('c'), session: here, next: new Secret('91827364') }
    await expect(world.merchant.changePassword(other)).rejects.toThrow('two different passwords')
  }))

test.each([
  ['7 digits', '7301846'],
  ['13 digits', '7301846259173'],
  ['one digit eight times', '77777777'],
  ['a run', '12345678'],
  ['a date', '20261122'],
  ['part of the voucher number', 'number'],
])('%s is refused, when it is judged and when it is taken', (_, digits) =>
  runtime.run(async () => {
    const { number } = world.vouchers.confirmed
    const weak = new Secret(digits === 'number' ? number.slice(2, 10) : digits)
    expect(await world.merchant.judgePassword({ number, next: weak })).toEqual({ outcome: 'too-easy' })
    const request = { intent: intentId('c'), session: await session(), next: weak }
    expect(await world.merchant.changePassword(request)).toEqual({ outcome: 'too-easy' })
  }),
)
