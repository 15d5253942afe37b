import { afterEach, beforeEach, expect, test } from 'vitest'
import { Secret } from '../../../src/secret.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 22 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

test('a block is not lifted by a change of the PIN in a call that had signed in before', () =>
  runtime.run(async () => {
    const { account, pin } = world.customers.ada
    const signIn = (pin: string) => world.bank.signIn({ account, pin: new Secret(pin), origin: aPhone })
    const change = (name: string, next: string) =>
      world.bank.changePin({ intent: intentId(name), account, next: new Secret(next) })
    expect(await signIn(pin)).toMatchObject({ outcome: 'signed-in' })
    // Two wrong ones in another call: changing the PIN clears them, as signing in does.
    for (const wrong of ['555501', '555502']) await signIn(wrong)
    expect(await change('1', '918273')).toEqual({ outcome: 'changed' })
    for (const wrong of ['555501', '555502']) expect(await signIn(wrong)).toMatchObject({ outcome: 'refused' })
    expect(await signIn('555503')).toEqual({ outcome: 'blocked' })
    await change('2', '817364')
    expect(await signIn('817364')).toEqual({ outcome: 'blocked' })
  }))
