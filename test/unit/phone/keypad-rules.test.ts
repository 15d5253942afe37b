/** The rules of keying in, one test each: when hearing this, press that. */
import { describe, expect, it } from 'vitest'
import { CNY } from '../../../src/money.ts'
import { accepted, type Call, refused } from '../../../src/phone/call.ts'
import { usualLimits } from '../../../src/phone/call-limits.ts'
import { Keypad } from '../../../src/phone/keypad.ts'
import { Secret } from '../../../src/secret.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { account, phone } from './phoning.ts'

const pin = (call: Call, tried: string[] = []) =>
  call.ask('pin', {
    phrase: 'sign-in.pin',
    digits: { min: 6, max: 6 },
    secret: true,
    refusals: ['wrong'],
    accept: keys => {
      tried.push(keys)
      return keys === '246810' ? accepted(keys) : refused('wrong', 'sign-in.wrong')
    },
  })
const amount = (call: Call, taken: string[]) =>
  call
    .ask('amount', { phrase: 'pay.amount', digits: { min: 1, max: 8 }, amount: true, accept: accepted })
    .then(keys => {
      taken.push(keys)
    })

describe('an entry of variable length', () => {
  it('ends with #', async () => {
    let keyed = ''
    const call = await phone(
      async call => (keyed = await account(call)),
      async caller => {
        await caller.hears('sign-in.account')
        await caller.presses('10015#')
      },
    )
    expect(keyed).toBe('10015')
    expect(call.answers).toEqual(['account valid'])
  })

  it('ends with a pause, after the inter-key time and the lag of the line', async () => {
    let tookMs = 0
    const runtime = new VirtualRuntime()
    await phone(
      async call => {
        await account(call)
        tookMs = runtime.monotonicMs() - lastKeyAtMs
      },
      async caller => {
        await caller.hears('sign-in.account')
        await caller.presses('1001', { gapMs: 0 })
        lastKeyAtMs = runtime.monotonicMs()
      },
      { runtime },
    )
    expect(tookMs).toBe(4_000 + 400)
  })
  let lastKeyAtMs = 0

  it('is asked again when too short or too long, and never tried', async () => {
    const call = await phone(account, async caller => {
      await caller.hears('sign-in.account')
      await caller.presses('12#')
      await caller.hears('too-short.1')
      await caller.presses('123456789#')
      await caller.hears('too-long.2')
      await caller.presses('1001#')
    })
    expect(call.answers).toEqual(['account too-short', 'account too-long', 'account valid'])
  })
})

describe('an entry of fixed length', () => {
  it('ends by itself, and swallows one # just after it', async () => {
    const call = await phone(
      async call => {
        await pin(call)
        await account(call)
      },
      async caller => {
        await caller.hears('sign-in.pin')
        await caller.presses('246810#1001#')
      },
    )
    expect(call.answers).toEqual(['pin valid', 'account valid'])
  })

  it('swallows the # also when it comes while the next prompt plays, which goes on', async () => {
    const call = await phone(
      async call => {
        await pin(call)
        await call.say('sign-in.done')
        await account(call)
      },
      async caller => {
        await caller.hears('sign-in.pin')
        await caller.presses('246810')
        await caller.presses('#', { afterMs: 200 })
        await caller.hears('sign-in.account')
        await caller.presses('1001#')
      },
    )
    expect(call.events).toContainEqual({ event: 'heard-in-full', phrase: 'sign-in.done' })
    expect(call.answers).toEqual(['pin valid', 'account valid'])
  })

  it('takes a second # for what it is', async () => {
    const call = await phone(
      async call => {
        await pin(call)
        await account(call)
      },
      async caller => {
        await caller.hears('sign-in.pin')
        await caller.presses('246810##')
      },
    )
    expect(call.answers).toEqual(['pin valid', 'account back'])
  })

  it('is asked again when a digit is missing, without a try', async () => {
    const tried: string[] = []
    const call = await phone(
      call => pin(call, tried),
      async caller => {
        await caller.hears('sign-in.pin')
        await caller.presses('24681#')
        await caller.hears('too-short.1')
        await caller.presses('246810')
      },
    )
    expect(tried).toEqual(['246810'])
    expect(call.answers).toEqual(['pin too-short', 'pin valid'])
  })
})

describe('the star key', () => {
  it('repeats the question as first key', async () => {
    const call = await phone(account, async caller => {
      await caller.hears('sign-in.account')
      await caller.presses('*')
      await caller.hears('sign-in.account')
      await caller.presses('1001#')
    })
    expect(call.said).toEqual(['sign-in.account', 'sign-in.account'])
    expect(call.answers).toEqual(['account repeat', 'account valid'])
  })

  it('starts an entry again', async () => {
    const call = await phone(account, async caller => {
      await caller.hears('sign-in.account')
      await caller.presses('99*')
      await caller.beginsToHear('sign-in.account')
      await caller.presses('1001#')
    })
    expect(call.answers).toEqual(['account start-again', 'account valid'])
  })

  it('is the decimal point of an amount', async () => {
    const taken: string[] = []
    await phone(
      call => amount(call, taken),
      async caller => {
        await caller.hears('pay.amount')
        await caller.presses('12*5#')
      },
    )
    expect(taken).toEqual(['12*5'])
  })
})

describe('typing ahead', () => {
  it('carries over to the next question, PINs included, and skips the prompts', async () => {
    const call = await phone(
      async call => {
        await account(call)
        await pin(call)
      },
      async caller => {
        await caller.beginsToHear('sign-in.account')
        await caller.presses('1001#246810')
      },
    )
    expect(call.answers).toEqual(['account valid', 'pin valid'])
    expect(call.said).toEqual(['sign-in.account', 'sign-in.pin'])
    expect(call.line.heard[0]?.ended).toBe('stopped')
  })

  it('before the question is put skips its prompt, and keeps the # rule', async () => {
    const runtime = new VirtualRuntime()
    const call = await phone(
      async call => {
        await call.during(runtime.sleep(6_000))
        await pin(call)
        await call.say('sign-in.done')
        await account(call)
      },
      caller => caller.presses('246810#1001#', { gapMs: 20, holdMs: 20 }),
      { runtime },
    )
    expect(call.answers).toEqual(['pin valid', 'account valid'])
    expect(call.said).toEqual(['one-moment'])
  })

  it('is lost while a phrase is said in full, and after a password was told', async () => {
    const call = await phone(
      async call => {
        await call.say('sign-in.done', {}, { inFull: true })
        await account(call)
        await call.say('voucher.password', { password: new Secret('91827364') })
        await account(call)
      },
      async caller => {
        await caller.beginsToHear('sign-in.done')
        await caller.presses('77', { afterMs: 50, gapMs: 20 })
        await caller.hears('sign-in.account')
        await caller.presses('1001#')
        await caller.beginsToHear('voucher.password')
        await caller.presses('7', { afterMs: 300, gapMs: 0 })
        await caller.hears('sign-in.account')
        await caller.presses('2002#')
      },
    )
    expect(call.said).toEqual(['sign-in.done', 'sign-in.account', 'voucher.password', 'sign-in.account'])
    expect(call.answers).toEqual(['account valid', 'account valid'])
  })

  it('takes no more keys than any entry could need', () => {
    const keypad = new Keypad(usualLimits)
    const taken = Array.from({ length: 1_000 }, () => keypad.press({ key: '5', beganAtMs: 0 }))
    expect(taken.filter(Boolean)).toHaveLength(64)
  })

  it('is emptied after an error', async () => {
    const tried: string[] = []
    await phone(
      async call => {
        await call.say('bank.welcome', { institution: { en: 'Harbour Bank', zh: '海港银行' } }, { inFull: true })
        await call.during(new Promise<void>(done => slow(done)))
        await pin(call, tried)
      },
      async caller => {
        await caller.hears('bank.welcome')
        await caller.presses('111111246810', { gapMs: 20, holdMs: 20 })
        finishSlow()
        await caller.hears('sign-in.wrong')
        await caller.presses('246810')
      },
    )
    expect(tried).toEqual(['111111', '246810'])
  })
  let finishSlow = () => {}
  const slow = (done: () => void) => {
    finishSlow = done
  }

  it('never answers a confirmation, not even with a key still down when it begins', async () => {
    const runtime = new VirtualRuntime()
    const amount = { minor: 100n, asset: CNY }
    const call = await phone(
      async call => {
        await call.during(runtime.sleep(1_000))
        await call.confirm('pay.confirm', { amount, payee })
      },
      async caller => {
        await caller.presses('1', { afterMs: 100 })
        await caller.presses('1', { afterMs: 100, holdMs: 1_500 })
        await caller.hears('pay.confirm')
        await caller.presses('9')
      },
      { runtime },
    )
    expect(call.answers).toEqual(['pay.confirm key-9'])
  })

  it('does not survive a phrase that is told in full', async () => {
    const call = await phone(
      async call => {
        await call.say('voucher.password', { password: new Secret('91827364') }, { inFull: true })
        return call.choose('written', { phrase: 'voucher.written', choices: { '1': 'yes' } })
      },
      async caller => {
        await caller.beginsToHear('voucher.password')
        await caller.presses('111')
        await caller.hears('voucher.written')
        await caller.presses('1', { afterMs: 2_000 })
      },
    )
    expect(call.line.heard[0]?.ended).toBe('finished')
    expect(call.line.heard[0]?.text).toContain('9182 7364')
    expect(JSON.stringify(call.events)).not.toMatch(/9182 ?7364/)
    expect(call.answers).toEqual(['written key-1'])
    expect(call.events).toContainEqual({ event: 'heard-in-full', phrase: 'voucher.written' })
  })
})

describe('a key and the timer', () => {
  it('a digit begun in time beats the timer although it is reported later', async () => {
    const call = await phone(account, async caller => {
      await caller.hears('sign-in.account')
      await caller.presses('1', { afterMs: 6_900, holdMs: 350, gapMs: 10 })
      await caller.presses('001#', { afterMs: 0 })
    })
    expect(call.answers).toEqual(['account valid'])
  })

  it('a digit begun a moment too late is silence, and the answer to the question as it is put again', async () => {
    const call = await phone(account, async caller => {
      await caller.hears('sign-in.account')
      await caller.presses('1', { afterMs: 7_010, holdMs: 350, gapMs: 10 })
      await caller.presses('001#', { afterMs: 0 })
    })
    expect(call.answers).toEqual(['account silence', 'account valid'])
    expect(call.line.heard.map(({ phrases }) => phrases)).toEqual([['sign-in.account']])
  })

  it('a hash begun a moment too late still goes back', async () => {
    const call = await phone(account, async caller => {
      await caller.hears('sign-in.account')
      await caller.presses('#', { afterMs: 7_100, holdMs: 100 })
    })
    expect(call.answers).toEqual(['account silence', 'account back'])
  })
})

const payee = { en: 'Lantern Books', zh: '灯笼书店' }
