/**
 * Keys sent in one burst, as fast dialling and practised fingers send them: 100 ms each, 100 ms apart. A refusal is judged
 * while the rest still arrives; whatever its caller keyed before they could hear it belongs to what was refused.
 */
import { describe, expect, test } from 'vitest'
import { bankLine } from '../../../ivr/bank/bank-line.ts'
import { merchantLine } from '../../../ivr/merchant/merchant-line.ts'
import { type SimulatedCaller, simulateCall } from '../../support/simulated-line.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { type KnownCustomer, openWorld, type World } from '../../support/world.ts'

const burst = { holdMs: 100, gapMs: 100 }

async function callBank(program: (caller: SimulatedCaller, world: World) => Promise<void>) {
  const runtime = new VirtualRuntime()
  const world = await runtime.run(() => openWorld({ runtime }))
  const script = (call: Parameters<typeof bankLine>[0]) => bankLine(call, world.bank)
  const call = await simulateCall(runtime, { speech: catalogueSpeech(), script }, caller => program(caller, world))
  return { call, world }
}

async function callMerchant(program: (caller: SimulatedCaller, world: World) => Promise<void>) {
  const runtime = new VirtualRuntime()
  const world = await runtime.run(() => openWorld({ runtime }))
  const script = (call: Parameters<typeof merchantLine>[0]) => merchantLine(call, world.merchant)
  return simulateCall(runtime, { speech: catalogueSpeech(), script }, caller => program(caller, world))
}

async function signIn(caller: SimulatedCaller, { account, pin }: KnownCustomer): Promise<void> {
  await caller.hears('language.choose')
  await caller.presses('1')
  await caller.hears('sign-in.account')
  await caller.presses(`${account}#${pin}`)
}

const triesOf = (answers: readonly string[]) => answers.filter(each => /^sign-in\.(pin|again) refused/.test(each))

describe('after a wrong PIN', () => {
  test('account number and PIN can be keyed again in one go', async () => {
    const { call } = await callBank(async (caller, { customers: { cai } }) => {
      await signIn(caller, { ...cai, pin: '905318' })
      await caller.hears('sign-in.again')
      await caller.presses(`${cai.account}#${cai.pin}`, burst)
      await caller.hears('bank.menu')
      await caller.hangsUp()
    })
    expect(triesOf(call.answers)).toEqual(['sign-in.pin refused-wrong'])
    expect(call.said).toContain('sign-in.hello')
  })

  test('and another account number is known by its length or by its check digits', async () => {
    const { call } = await callBank(async (caller, { customers: { cai, ada } }) => {
      await signIn(caller, { ...cai, account: ada.account })
      await caller.hears('sign-in.again')
      await caller.presses(`${cai.account.slice(0, -1)}#`, burst)
      await caller.hears('account.check-digits')
      await caller.presses('#', { afterMs: 3_500 })
      await caller.hears('sign-in.account')
      await caller.presses(`${cai.account}#${cai.pin}`, burst)
      await caller.hears('bank.menu')
      await caller.hangsUp()
    })
    expect(triesOf(call.answers)).toEqual(['sign-in.pin refused-wrong', 'sign-in.again refused-check-digits'])
    expect(call.said).toContain('sign-in.hello')
  })

  test('the PIN alone is enough, and needs no hash key', async () => {
    const { call } = await callBank(async (caller, { customers: { cai } }) => {
      await signIn(caller, { ...cai, pin: '905318' })
      await caller.hears('sign-in.again')
      await caller.presses(cai.pin, burst)
      await caller.hears('bank.menu')
      await caller.hangsUp()
    })
    expect(triesOf(call.answers)).toEqual(['sign-in.pin refused-wrong'])
  })

  test('a caller who does not listen, and keys both again at once, has used one try', async () => {
    const { call, world } = await callBank(async (caller, { customers: { cai } }) => {
      await signIn(caller, { ...cai, pin: '905318' })
      await caller.presses(`${cai.account}#${cai.pin}`, { ...burst, afterMs: 50 })
      await caller.hears('sign-in.again')
      await caller.hangsUp()
    })
    expect(triesOf(call.answers)).toEqual(['sign-in.pin refused-wrong'])
    const { cai } = world.customers
    expect(call.said).not.toContain('sign-in.blocked')
    expect(JSON.stringify(call.events)).not.toContain(cai.pin)
  })
})

test('a burst that is no choice of the merchant’s menu is refused once, and the caller is asked again', async () => {
  const call = await callMerchant(async caller => {
    await caller.hears('language.choose')
    await caller.presses('199991', burst)
    await caller.hears('merchant.menu')
    await caller.presses('1', { afterMs: 1_000 })
    await caller.hears('voucher.ask-number')
    await caller.hangsUp()
  })
  expect(call.answers).toEqual(['language.choose key-1', 'merchant.menu wrong-key', 'merchant.menu key-1'])
})

test('an unknown merchant is one refusal, then the question again', async () => {
  const { call } = await callBank(async (caller, { customers: { cai } }) => {
    await signIn(caller, cai)
    await caller.hears('bank.menu')
    await caller.presses('29999#50#1', burst)
    await caller.hears('buy.payee.again')
    await caller.presses('8001#')
    await caller.hears('buy.amount')
    await caller.hangsUp()
  })
  expect(call.answers.slice(-3)).toEqual(['bank.menu key-2', 'buy.payee refused-unknown', 'buy.payee valid'])
})

test('an amount that is not on offer leads to a choice that the key after it does not make', async () => {
  const { call } = await callBank(async (caller, { customers: { cai } }) => {
    await signIn(caller, cai)
    await caller.hears('bank.menu')
    await caller.presses('28001#60#1', burst)
    await caller.hears('buy.amount.nearest')
    await caller.presses('2')
    await caller.hears('buy.confirm')
    await caller.hangsUp()
  })
  expect(call.answers.slice(-2)).toEqual(['buy.amount valid', 'buy.amount.nearest key-2'])
})

test('one that is on offer is read back, and the key after it does not buy', async () => {
  const { call } = await callBank(async (caller, { customers: { cai } }) => {
    await signIn(caller, cai)
    await caller.hears('bank.menu')
    await caller.presses('28001#50#1', burst)
    await caller.hears('buy.confirm')
    await caller.presses('9')
    await caller.hears('cancelled')
    await caller.hangsUp()
  })
  expect(call.answers.slice(-2)).toEqual(['buy.amount valid', 'buy.confirm key-9'])
})

test('a key meant for the password that was just told does not say that it was written down', async () => {
  const { call } = await callBank(async (caller, { customers: { ada } }) => {
    await signIn(caller, ada)
    await caller.hears('voucher.number')
    await caller.beginsToHear('voucher.password')
    // Pressed on and on, over the end of the password and into the question.
    const password = caller.line.heard.at(-1)
    for (let over = 0; over < 4; over += password?.ended ? 1 : 0)
      await caller.presses('1', { afterMs: 0, holdMs: 100, gapMs: 300 })
    await caller.hangsUp()
  })
  expect(call.answers).not.toContain('voucher.written key-1')
})

test('a refusal of the bank’s own takes the rest of the burst with it', async () => {
  const { call } = await callBank(async (caller, { customers: { bo } }) => {
    await signIn(caller, bo)
    await caller.hears('bank.menu')
    await caller.presses('28001#50#', burst)
    await caller.hears('buy.confirm')
    await caller.presses('11', burst)
    await caller.hears('bank.menu')
    await caller.hangsUp()
  })
  expect(call.said.slice(-2)).toEqual(['buy.insufficient-funds', 'bank.menu'])
  expect(call.answers.at(-1)).toBe('buy.confirm key-1')
})

test('whoever pauses before they press is answered at once, also during the refusal', async () => {
  const { call } = await callBank(async (caller, { customers: { cai } }) => {
    await signIn(caller, cai)
    await caller.hears('bank.menu')
    await caller.presses('#')
    await caller.beginsToHear('wrong-key.1')
    await caller.presses('1', { afterMs: 600 })
    await caller.hears('balance.told')
    await caller.hangsUp()
  })
  expect(call.answers.slice(-2)).toEqual(['bank.menu wrong-key', 'bank.menu key-1'])
  expect(call.line.heard.find(({ phrases }) => phrases.includes('wrong-key.1'))?.ended).toBe('stopped')
})

test('two different new PINs are asked for anew, thrice at most', async () => {
  const { call } = await callBank(async (caller, { customers: { cai } }) => {
    await signIn(caller, cai)
    await caller.hears('bank.menu')
    await caller.presses('71')
    for (let tries = 0; tries < 3; tries++) {
      await caller.hears('pin.new')
      await caller.presses('730281')
      await caller.hears('pin.repeat')
      await caller.presses('730282')
    }
    await caller.hears('access.menu')
    await caller.hangsUp()
  })
  expect(call.said.filter(phrase => phrase === 'pin.different')).toHaveLength(3)
  expect(call.said.slice(-2)).toEqual(['cancelled', 'access.menu'])
})
