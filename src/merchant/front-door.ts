/**
 * Where everybody comes in who proves a secret of a voucher, payment or backup password, by whichever channel. A number that
 * no voucher of this payee can have is told so at once; everybody else passes the same limits, and every refusal leaves at
 * one instant, which depends on earlier tries of the number and of the caller and on nothing else.
 */
import type { VoucherNumber } from '../ids.ts'
import { answerAtFixedInstant, type Elsewhere } from '../keys/fixed-answer.ts'
import { GrowingDelay } from '../keys/growing-delay.ts'
import { OriginLimit, RateLimit, takeFromAll } from '../keys/rate-limit.ts'
import { type Origin, originKey, whoOf } from '../origin.ts'
import type { Runtime } from '../runtime.ts'
import { parseByPlan } from '../voucher/voucher-number.ts'
import type { MerchantConfig } from './config.ts'

interface Knocking {
  readonly number: VoucherNumber
  readonly origin: Origin
}

export type TurnedAway = { readonly outcome: 'bad-number' } | { readonly outcome: 'busy' }

export interface FrontDoor {
  /** `isRefused`: which outcomes of `prove` must not tell by their time what there is. */
  admit<T extends { readonly outcome: string }>(
    knocking: Knocking,
    isRefused: (answer: T | TurnedAway) => boolean,
    prove: (elsewhere: Elsewhere) => Promise<T | TurnedAway>,
  ): Promise<T | TurnedAway>
}

/** Numbers that begin alike, up to their last four digits, are one range: guessing along a range is slowed as a whole. */
const rangeDigits = 4

export function frontDoor({
  runtime,
  config,
}: {
  readonly runtime: Runtime
  readonly config: Pick<MerchantConfig, 'openingRates' | 'refusalDelay' | 'numbers'>
}): FrontDoor {
  const { openingRates: rates, refusalDelay, numbers } = config
  const perNumber = new RateLimit(runtime, rates.number)
  const perOrigin = new OriginLimit(runtime, rates)
  const perRange = new RateLimit(runtime, rates.range)
  const overall = new RateLimit(runtime, rates.overall)
  const numberDelay = new GrowingDelay(runtime, refusalDelay)
  const originDelay = new GrowingDelay(runtime, refusalDelay)

  const isLetIn = ({ number, origin }: Knocking) => {
    const own = [[perNumber, number], perOrigin.bucketOf(origin)] as const
    return takeFromAll(...own, [perRange, number.slice(0, -rangeDigits)], [overall, 'all'])
  }

  return {
    admit: async (knocking, isRefused, prove) => {
      const { number, origin } = knocking
      // Check digits say nothing about what exists, so what does not fit is answered at once.
      if (parseByPlan(number, numbers) === undefined) return { outcome: 'bad-number' }
      // Those who withhold who they are, and those who pay through one shop, would slow each other.
      const isOne = whoOf(origin) !== undefined && origin.channel !== 'shop'
      const caller = isOne ? originKey(origin) : undefined
      const delayMs = Math.max(numberDelay.msOf(number), caller === undefined ? 0 : originDelay.msOf(caller))
      const untilMs = runtime.monotonicMs() + delayMs
      return answerAtFixedInstant(runtime, { isRefused, delayMs }, async elsewhere => {
        // Whoever is being kept waiting does not guess elsewhere meanwhile.
        if (caller !== undefined && originDelay.isWaiting(caller)) return { outcome: 'busy' }
        if (!isLetIn(knocking)) return { outcome: 'busy' }
        const answer = await prove(elsewhere)
        if (!isRefused(answer)) return answer
        numberDelay.count(number, untilMs)
        if (caller !== undefined) originDelay.count(caller, untilMs)
        return answer
      })
    },
  }
}
