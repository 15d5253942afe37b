/**
 * Whose an account is, before money is sent to it: the holder's name is read back to whoever has signed in. That of another
 * bank is asked for there. Of a person so much is told as tells two people apart, and nobody may ask for many.
 */
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import { type Rate, RateLimit } from '../../keys/rate-limit.ts'
import type { SpokenName } from '../../languages.ts'
import type { Query, QueryAnswer } from '../../mail/messages.ts'
import { Undeliverable } from '../../mail/transport.ts'
import { DeadlineExceeded, type Runtime } from '../../runtime.ts'
import type { HolderNamed } from '../bank.ts'
import type { Branch } from '../branch.ts'
import { customerOf } from '../customers.ts'
import { bankOfAccount, correspondent } from './correspondents.ts'
import { inPart } from './in-part.ts'

/** Names remembered at most: those that were read back lately, so that a transfer can keep the name with it. */
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

/** For the account's holder who is about to send money there. */
export async function nameHolder(
  branch: Branch,
  { by, account }: { readonly by: AccountNumber; readonly account: AccountNumber },
): Promise<HolderNamed> {
  const { config, store, mail, readBacks } = branch
  const own = await store.read(tx => customerOf(tx, config.id, account))
  if (own !== undefined) return { outcome: 'found', holder: { account, name: own.name } }
  const bank = bankOfAccount(branch, account)
  if (bank === undefined) return { outcome: 'unknown' }
  if (!readBacks.byAccount.take(by)) return { outcome: 'busy' }
  try {
    const answer = await mail.ask(bank.id, 'holder', { account }, config.readBackDeadlineMs)
    if (answer.outcome !== 'found') return answer
    readBacks.keep(account, answer.name)
    return { outcome: 'found', holder: { account, name: answer.name, bank: bank.name } }
  } catch (error) {
    if (error instanceof DeadlineExceeded || error instanceof Undeliverable)
      return { outcome: 'out-of-reach', bank: bank.name }
    throw error
  }
}

/** Another bank asks whose one of our accounts is. */
export async function answerHolder(
  branch: Branch,
  from: InstitutionId,
  { account }: Query<'holder'>,
): Promise<QueryAnswer<'holder'>> {
  const { config, store, readBacks } = branch
  if (correspondent(branch, from) === undefined) return { outcome: 'unknown' }
  if (!readBacks.byBank.take(from)) return { outcome: 'busy' }
  const customer = await store.read(tx => customerOf(tx, config.id, account))
  if (customer === undefined) return { outcome: 'unknown' }
  return { outcome: 'found', name: customer.isBusiness ? customer.name : inPart(customer.name) }
}
