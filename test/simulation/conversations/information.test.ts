/** An information line: whoever listens pays for what they have begun to hear, and for nothing else. */
import { describe, expect, test } from 'vitest'
import { informationLine } from '../../../ivr/information/information-line.ts'
import { balanceOf } from '../../../src/ledger/accounts.ts'
import { accountId } from '../../../src/ledger/chart.ts'
import { mainChain } from '../../../src/ledger/journal.ts'
import { yuan } from '../../../src/money.ts'
import type { Call } from '../../../src/phone/call.ts'
import { serveCall } from '../../../src/phone/serve-call.ts'
import { Secret } from '../../../src/secret.ts'
import { catalogue } from '../../support/catalogue.ts'
import { settleAll } from '../../support/day-end.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { SimulatedCaller, SimulatedLine, simulateCall } from '../../support/simulated-line.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { MortalProcess } from '../explorer/process.ts'
import { heard, informationIn, openTown, type Town } from './callers.ts'

const titles = catalogue.map(({ title }) => `${title.en}.`)

/** The voucher is worth fifty yuan, less what was paid with it. */
const using = ({ world }: Town) => ({
  'language.choose': ['', '1'],
  'merchant.menu': ['1', 'hang up'],
  'voucher.ask-number': `${world.vouchers.confirmed.number}#`,
  'voucher.ask-password': `${world.vouchers.confirmed.password}#`,
})

const standing = ({ world, runtime }: Town) =>
  runtime.run(() =>
    world.lantern.store.read(async tx => {
      const promise = accountId('voucher-liability', world.vouchers.confirmed.number)
      const { posted, available } = await balanceOf(tx, promise, mainChain)
      return [posted.minor, available.minor]
    }),
  )

/** Pays so much with the voucher. */
async function spend(town: Town, keys: string): Promise<void> {
  const call = await town.callMerchant({
    ...using(town),
    'voucher.menu': ['1', 'hang up'],
    'pay.amount': keys,
    'pay.confirm': '1',
  })
  expect(heard(call, 'pay.done')).toHaveLength(1)
}

/** Chooses the jobs, and listens. */
async function toTheJobs({ world }: Town, caller: SimulatedCaller): Promise<void> {
  const { number, password } = world.vouchers.confirmed
  for (const [phrase, keys] of [
    ['language.choose', ''],
    ['language.choose', '1'],
    ['merchant.menu', '1'],
    ['voucher.ask-number', `${number}#`],
    ['voucher.ask-password', `${password}#`],
    ['information.menu', '1'],
    ['listen.next', '2'],
    ['listen.next', '1'],
    ['listen.confirm.minute', '1'],
  ] as const) {
    await caller.hears(phrase)
    await caller.presses(keys)
  }
  await caller.beginsToHear('listen.work')
}

function listening(town: Town, then: (caller: SimulatedCaller) => Promise<void>) {
  const script = (call: Call) => informationLine(call, informationIn(town.world))
  return simulateCall(town.runtime, { speech: catalogueSpeech(), dialled: '1680', script }, async caller => {
    await toTheJobs(town, caller)
    await then(caller)
  })
}

describe('what is sold as a whole', () => {
  test('is found by its title, and paid once it begins', async () => {
    const town = await openTown({ catalogue })
    const call = await town.callInformation({
      ...using(town),
      'information.menu': ['1', '3', 'hang up'],
      'listen.next': ['2', '9', '1'],
    })
    expect(heard(call, 'listen.item')).toEqual(titles.slice(0, 2))
    const again = await town.callInformation({
      ...using(town),
      'information.menu': ['1', '3', 'hang up'],
      'listen.next': '1',
      'listen.confirm.item': '1',
    })
    expect(heard(again, 'listen.confirm.item')[0]).toContain('The price is 2 yuan.')
    expect(heard(again, 'listen.work')).toEqual(['What goes up when the rain comes down? An umbrella.'])
    expect(heard(again, 'listen.done')[0]).toMatch(/^You have paid 2 yuan\. 48 yuan is left on your voucher\./)
    expect(heard(again, 'payments.item')[0]).toContain('2 yuan')
    expect(await standing(town)).toEqual([4_800n, 4_800n])
    expect(await town.world.audited()).toEqual([])
  })

  test('costs nothing for whoever says no to the price, or leaves just as it begins', async () => {
    const town = await openTown({ catalogue })
    const call = await town.callInformation({
      ...using(town),
      'information.menu': ['1', '1', 'hang up'],
      'listen.next': '1',
      'listen.confirm.item': ['9', '1'],
      'listen.begins': 'hang up',
    })
    expect(heard(call, 'cancelled')).toHaveLength(1)
    expect(await standing(town)).toEqual([5_000n, 5_000n])
    expect(await town.world.audited()).toEqual([])
  })
})

describe('what is sold by the minute', () => {
  const jobs = { 'information.menu': ['1', 'hang up'], 'listen.next': ['2', '1'], 'listen.confirm.minute': '1' }

  test('goes on without a gap from minute to minute, and each is paid', async () => {
    const town = await openTown({ catalogue })
    const call = await town.callInformation({ ...using(town), ...jobs })
    expect(heard(call, 'listen.work')).toHaveLength(1)
    expect(heard(call, 'listen.almost-over')).toEqual([])
    expect(heard(call, 'listen.done')[0]).toContain('You have paid 30 yuan. 20 yuan is left')
    expect(await standing(town)).toEqual([2_000n, 2_000n])
    expect(await town.world.audited()).toEqual([])
  })

  test('is told when one minute is left, and ends in mid-sentence with the money', async () => {
    const town = await openTown({ catalogue })
    await spend(town, '25#')
    const call = await town.callInformation({ ...using(town), ...jobs })
    // Two minutes can be paid; the second begins with the word that it is the last.
    const prompts = call.line.heard.filter(
      ({ phrases, text }) => text === '…' || phrases.some(phrase => phrase.startsWith('listen.')),
    )
    const parts = prompts.filter(({ phrases, text }) => phrases.includes('listen.work') || text === '…')
    expect(parts.map(({ beganAtMs, endedAtMs = 0 }) => endedAtMs - beganAtMs)).toEqual([
      60_000,
      // A sentence that was cut is heard again from its beginning, or from a moment before, at no cost.
      expect.toSatisfy((ms: number) => ms > 60_000 && ms <= 63_000),
    ])
    expect(parts.every(({ ended }) => ended === 'stopped')).toBe(true)
    const order = prompts.map(({ phrases }) => phrases.at(-1) ?? 'goes on')
    expect(order.slice(order.indexOf('listen.begins'))).toEqual([
      'listen.begins',
      'listen.work',
      'listen.almost-over',
      'goes on',
      'listen.money-over',
      'listen.done',
    ])
    expect(heard(call, 'listen.done')[0]).toContain('You have paid 20 yuan. 5 yuan is left')
    expect(await town.world.audited()).toEqual([])
  })

  test('ends by a key, which answers nothing that comes after it, and costs what was begun', async () => {
    const town = await openTown({ catalogue })
    const call = await listening(town, async caller => {
      await caller.presses('1', { afterMs: 65_000 })
      await caller.hears('listen.done')
      await caller.hears('information.menu')
      await caller.hangsUp()
    })
    expect(heard(call, 'listen.done')[0]).toContain('You have paid 20 yuan. 30 yuan is left')
    expect(heard(call, 'listen.item')).toHaveLength(2)
    const [work] = call.line.heard.filter(({ phrases }) => phrases.includes('listen.work'))
    // The key is held for 80 ms.
    expect((work?.endedAtMs ?? 0) - (work?.beganAtMs ?? 0)).toBe(65_080)
    expect(await standing(town)).toEqual([3_000n, 3_000n])
  })

  test('costs whoever hangs up what was begun, at once', async () => {
    const town = await openTown({ catalogue })
    await listening(town, caller => caller.hangsUp(59_000))
    expect(await standing(town)).toEqual([4_000n, 4_000n])
    await listening(town, caller => caller.hangsUp(61_000))
    expect(await standing(town)).toEqual([2_000n, 2_000n])
    expect(await town.world.audited()).toEqual([])
  })

  test('stands still while the caller holds us', async () => {
    const town = await openTown({ catalogue })
    await listening(town, async caller => {
      await caller.waits(50_000)
      await caller.holds(200_000)
      await caller.hangsUp(9_000)
    })
    expect(await standing(town)).toEqual([4_000n, 4_000n])
    expect(await town.world.audited()).toEqual([])
  })

  test('costs what was begun when the payee dies while it plays, and the caller hears of it', async () => {
    const town = await openTown({ catalogue })
    const { world, runtime } = town
    const process = new MortalProcess(runtime)
    const line = new SimulatedLine(runtime, '1680')
    await runtime.run(async () => {
      const caller = new SimulatedCaller(runtime, line)
      void serveCall(line, call => informationLine(call, informationIn(world)), {
        speech: catalogueSpeech(),
        runtime: process,
        transcript: event => event.event === 'said' && line.announce(event.phrase),
      })
      await toTheJobs(town, caller)
      await caller.waits(70_000)
      process.kill()
      line.end()
      await world.restart('merchant', runtime)
    })
    // The hold stands; nothing has been paid yet.
    expect(await standing(town)).toEqual([5_000n, 2_000n])
    const taken = await simulateCall(
      runtime,
      {
        ...{ speech: catalogueSpeech(), dialled: '1680', resumed: line.progress ?? {} },
        script: call => informationLine(call, informationIn(world)),
      },
      async caller => {
        await caller.hears('resumed.listened')
        await caller.hangsUp()
      },
    )
    expect(heard(taken, 'resumed.listened')[0]).toContain('you listened for 20 yuan. 30 yuan is left')
    expect(await standing(town)).toEqual([3_000n, 3_000n])
    expect(await world.audited()).toEqual([])
  })

  test('costs what was begun when nobody takes the call up again, once the hold has expired', async () => {
    const town = await openTown({ catalogue })
    const { world, runtime } = town
    await spend(town, '30#')
    const { confirmed } = world.vouchers
    await runtime.run(async () => {
      const payee = informationIn(world)
      const opening = await payee.openVoucher({
        ...{ number: confirmed.number, password: new Secret(confirmed.password), origin: aPhone },
      })
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      const { session } = opening
      const asked = { intent: intentId('l1'), session, item: 'jobs', lastsMs: 150_000 }
      const begun = await payee.beginListening(asked)
      if (begun.outcome !== 'begun') throw new Error(begun.outcome)
      expect(await payee.beginListening(asked)).toEqual(begun)
      const { listening } = begun
      expect(await payee.payUnit({ listening, unit: 1 })).toEqual({ outcome: 'paid', more: 1 })
      await payee.unitBegun({ listening, unit: 1 })
      expect(await payee.payUnit({ listening, unit: 2 })).toEqual({ outcome: 'paid', more: 0 })
      expect(await payee.payUnit({ listening, unit: 2 })).toEqual({ outcome: 'paid', more: 0 })
      expect(await payee.payUnit({ listening, unit: 3 })).toEqual({ outcome: 'used-up' })
      await payee.unitBegun({ listening, unit: 2 })
      expect(await payee.endVoucher({ intent: intentId('e1'), session })).toEqual({ outcome: 'not-now' })
      await world.restart('merchant')
      await runtime.sleep(20 * 60_000)
      expect(await informationIn(world).payUnit({ listening, unit: 2 })).toEqual({ outcome: 'paid', more: 0 })
      const { outcome } = await world.merchant.openVoucher({
        ...{ number: confirmed.number, password: new Secret(confirmed.password), origin: aPhone },
      })
      expect(outcome).toBe('exhausted')
    })
    expect(await standing(town)).toEqual([0n, 0n])
    expect(await world.audited()).toEqual([])
  })

  test('is refused to a voucher that was locked since it was opened, and goes on where it was held', async () => {
    const town = await openTown({ catalogue })
    const { world, runtime } = town
    const { number, password } = world.vouchers.confirmed
    await runtime.run(async () => {
      const payee = informationIn(world)
      const opening = await payee.openVoucher({ number, password: new Secret(password), origin: aPhone })
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      const { session } = opening
      const asked = { session, item: 'jobs', lastsMs: 150_000 }
      const begun = await payee.beginListening({ ...asked, intent: intentId('l1') })
      if (begun.outcome !== 'begun') throw new Error(begun.outcome)
      for (let tries = 0; tries < 3; tries++)
        await payee.openVoucher({ number, password: new Secret('00000000'), origin: aPhone })
      expect(await payee.beginListening({ ...asked, intent: intentId('l2') })).toEqual({ outcome: 'locked' })
      const { listening } = begun
      expect(await payee.payUnit({ listening, unit: 1 })).toMatchObject({ outcome: 'paid' })
      await payee.unitBegun({ listening, unit: 1 })
      expect(await payee.endListening({ listening })).toMatchObject({ paid: yuan(10n), remaining: yuan(40n) })
      expect(await payee.endListening({ listening })).toMatchObject({ paid: yuan(10n), remaining: yuan(40n) })
    })
    expect(await world.audited()).toEqual([])
  })

  test('is cleared at the day end as any payment is', async () => {
    const town = await openTown({ catalogue })
    await listening(town, caller => caller.hangsUp(61_000))
    const { world, runtime } = town
    await runtime.run(async () => {
      runtime.jumpWallClock(86_400_000)
      await world.harbour.nightly()
      await world.lantern.nightly()
      await settleAll(world)
    })
    const settled = await runtime.run(() =>
      world.harbour.store.read(tx => balanceOf(tx, accountId('settlement', 'lantern'), mainChain)),
    )
    expect(settled.posted.minor).toBe(2_000n)
    expect(await world.audited()).toEqual([])
  })

  test('is not begun with too little money', async () => {
    const town = await openTown({ catalogue })
    await spend(town, '45#')
    const call = await town.callInformation({ ...using(town), ...jobs })
    expect(heard(call, 'listen.too-little')).toEqual([
      'Your voucher has only 5 yuan left, and this begins at 10 yuan. Nothing was paid.',
    ])
    expect(await standing(town)).toEqual([500n, 500n])
  })
})
