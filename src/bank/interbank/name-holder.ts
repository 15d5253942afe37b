/**
 * Whose an account is, before money is sent to it: the holder's name is read back to whoever has signed in. That of another
 * bank is asked for there. Of a person so much is told as tells two people apart, and nobody may ask for many.
 */
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import type { Query, QueryAnswer } from '../../mail/messages.ts'
import { Undeliverable } from '../../mail/transport.ts'
import { DeadlineExceeded } from '../../runtime.ts'
import type { HolderNamed } from '../bank.ts'
import type { Branch } from '../branch.ts'
import { customerOf } from '../customers.ts'
import { bankOfAccount, correspondent } from './correspondents.ts'
import { inPart } from './in-part.ts'

/** For the account's holder who is about to send money there. */
export async function nameHolder(
  branch: Branch,
  { by, account }: { readonly by: AccountNumber; readonly account: AccountNumber },
): Promise<HolderNamed> {
  const { config, store, mail, readBacks } = branch
  if (!readBacks.byAccount.take(by)) return { outcome: 'busy' }
  const own = await store.read(tx => customerOf(tx, config.id, account))
  if (own !== undefined) return { outcome: 'found', holder: { account, name: own.name } }
  const bank = bankOfAccount(branch, account)
  if (bank === undefined) return { outcome: 'unknown' }
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
