/** An offer is taken by who has heard it, and is in nobody's way. */
import { describe, expect, it } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { accepted, type Call } from '../../../src/phone/call.ts'
import type { SimulatedCaller } from '../../support/simulated-line.ts'
import { account, nobody, phone } from './phoning.ts'

const again = { amount: yuan(50n), payee: { en: 'Lantern Books', zh: '灯笼书店' } }

/** What came of the offer, and what was keyed at the question that followed it. */
async function offered(caller: (caller: SimulatedCaller) => Promise<void>) {
  const came: { taken?: boolean; keyed?: string } = {}
  const script = async (call: Call) => {
    await call.ask('first', { phrase: 'sign-in.pin', digits: { min: 6, max: 6 }, accept: accepted })
    came.taken = await call.offer('buy.again', again)
    came.keyed = await account(call)
  }
  const call = await phone(script, async by => {
    await by.hears('sign-in.pin')
    await by.presses('730184')
    await caller(by)
  })
  return { ...came, said: call.said.slice(1), events: call.events }
}

describe('an offer', () => {
  it('is taken by 1, once it has been heard', async () => {
    const call = await offered(async caller => {
      await caller.hears('buy.again')
      await caller.presses('1')
    })
    expect(call.taken).toBe(true)
  })

  it('is turned down by 9, and by saying nothing', async () => {
    const byNine = await offered(async caller => {
      await caller.hears('buy.again')
      await caller.presses('9')
    })
    expect(byNine.taken).toBe(false)
    expect(byNine.said.slice(0, 2)).toEqual(['buy.again', 'sign-in.account'])
    const bySilence = await offered(nobody)
    expect(bySilence.taken).toBe(false)
    expect(bySilence.said.slice(0, 2)).toEqual(['buy.again', 'sign-in.account'])
  })

  it('is said again by the star', async () => {
    const call = await offered(async caller => {
      await caller.hears('buy.again')
      await caller.presses('*')
      await caller.hears('buy.again')
      await caller.presses('1')
    })
    expect(call.taken).toBe(true)
  })

  it('is never made to whoever has keyed on already, whatever the key', async () => {
    const call = await offered(caller => caller.presses('1680#', { afterMs: 0 }))
    expect(call).toMatchObject({ taken: false, keyed: '1680' })
  })

  it('lapses when a key comes before its end, which begins the next answer', async () => {
    const call = await offered(async caller => {
      await caller.beginsToHear('buy.again')
      await caller.presses('1680#')
    })
    expect(call).toMatchObject({ taken: false, keyed: '1680' })
  })

  it('is not taken by a number that begins with 1, and is by 1 and the hash key', async () => {
    const number = await offered(async caller => {
      await caller.hears('buy.again')
      await caller.presses('1680#', { gapMs: 1_500 })
    })
    expect(number).toMatchObject({ taken: false, keyed: '1680' })
    const habit = await offered(async caller => {
      await caller.hears('buy.again')
      await caller.presses('1#')
      await caller.hears('sign-in.account')
      await caller.presses('8001#')
    })
    expect(habit).toMatchObject({ taken: true, keyed: '8001' })
  })

  it('lapses when another key comes after its end', async () => {
    const call = await offered(async caller => {
      await caller.hears('buy.again')
      await caller.presses('8001#')
    })
    expect(call).toMatchObject({ taken: false, keyed: '8001' })
    expect(call.events).toContainEqual({ event: 'answered', step: 'buy.again', answer: 'keyed-on' })
  })
})
