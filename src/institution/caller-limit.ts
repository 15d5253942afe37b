/**
 * How often callers may ask for something that people do: each by what they come from, those who show nothing together, and all whom nobody
 * vouches for together, as they can show another number each time. Whoever shows the number of somebody who is vouched for takes nothing
 * from that one. In memory: a restart begins anew.
 */
import { OriginLimit, type Rate, RateLimit, takeFromAll } from '../keys/rate-limit.ts'
import type { Origin } from '../origin.ts'
import type { Runtime } from '../runtime.ts'

export interface CallerRates {
  readonly caller: Rate
  readonly withheld: Rate
  readonly unattested: Rate
}

export class CallerLimit {
  readonly #perCaller: { readonly attested: OriginLimit; readonly unattested: OriginLimit }
  readonly #unattested: RateLimit

  constructor(runtime: Runtime, { unattested, ...rates }: CallerRates) {
    this.#perCaller = { attested: new OriginLimit(runtime, rates), unattested: new OriginLimit(runtime, rates) }
    this.#unattested = new RateLimit(runtime, unattested)
  }

  /** Whether they may once more, which counts. */
  take(origin: Origin): boolean {
    if (isAttested(origin)) return takeFromAll(this.#perCaller.attested.bucketOf(origin))
    return takeFromAll(this.#perCaller.unattested.bucketOf(origin), [this.#unattested, 'all'])
  }
}

/** Only a telephone's number may be one that nobody vouches for. */
export function isAttested(origin: Origin): boolean {
  return origin.channel !== 'telephone' || origin.attested === true
}
