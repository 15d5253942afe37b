import { expect, test } from 'vitest'
import { Secret } from '../../../src/secret.ts'
import { accountNumber, phoneOf, voucherNumber } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

/** One guess at each account or voucher, all of them far from each other. */
const guesses = {
  'the bank': (world: World, i: number, caller: string | undefined) =>
    world.bank.signIn({ account: accountNumber(`${7_000 + i}`), pin: new Secret('604812'), origin: phoneOf(caller) }),
  'the merchant': (world: World, i: number, caller: string | undefined) =>
    world.merchant.openVoucher({
      number: voucherNumber(`6180${(1_000_000_000 + 1_000_000 * i).toString()}`),
      password: new Secret('73916405'),
      origin: phoneOf(caller),
    }),
}

test.each(['the bank', 'the merchant'] as const)(
  'who guesses at one number after another at %s is slowed alone',
  where => {
    const runtime = new VirtualRuntime({ seed: 34 })
    return runtime.run(async () => {
      const world = await openWorld({ runtime, rates: 'usual' })
      let guess = 0
      const callFrom = async (callerNumber: string | undefined, times: number) => {
        // All at once: each refusal takes a second, in which buckets fill.
        const answers = Array.from({ length: times }, () => guesses[where](world, guess++, callerNumber))
        const outcomes = (await Promise.all(answers)).map(({ outcome }) => outcome)
        return { refused: outcomes.filter(outcome => outcome === 'refused').length, last: outcomes.at(-1) }
      }
      expect(await callFrom('2001', 40)).toEqual({ refused: 12, last: 'busy' })
      expect(await callFrom('2002', 1)).toEqual({ refused: 1, last: 'refused' })
      // What those without a number can take together is less than what is there for all.
      expect(await callFrom(undefined, 100)).toEqual({ refused: 30, last: 'busy' })
      expect(await callFrom('2002', 1)).toEqual({ refused: 1, last: 'refused' })
      // A minute gives a caller as many again.
      await runtime.sleep(60_000)
      expect(await callFrom('2001', 40)).toEqual({ refused: 12, last: 'busy' })
      await world.close()
    })
  },
)
