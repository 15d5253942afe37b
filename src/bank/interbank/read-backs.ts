/** How often names of holders are asked for, and those that were told lately, so that a transfer can keep the name with it. */
import type { AccountNumber } from '../../ids.ts'
import { type Rate, RateLimit } from '../../keys/rate-limit.ts'
import type { SpokenName } from '../../languages.ts'
import type { Runtime } from '../../runtime.ts'

/** Names remembered at most. */
const mostNames = 1_000

export class ReadBacks {
  readonly byAccount: RateLimit
  readonly byBank: RateLimit
  readonly #names = new Map<AccountNumber, SpokenName>()

  constructor(runtime: Runtime, rates: { readonly account: Rate; readonly bank: Rate }) {
    this.byAccount = new RateLimit(runtime, rates.account)
    this.byBank = new RateLimit(runtime, rates.bank)
  }

  keep(account: AccountNumber, name: SpokenName): void {
    this.#names.delete(account)
    this.#names.set(account, name)
    const [oldest] = this.#names.keys()
    if (this.#names.size > mostNames && oldest !== undefined) this.#names.delete(oldest)
  }

  nameOf(account: AccountNumber): SpokenName | undefined {
    return this.#names.get(account)
  }
}
