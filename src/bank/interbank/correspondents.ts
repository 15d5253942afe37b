/** The other banks: whose an account is by its number, the accounts kept for each, and how much one may owe the other. */
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import type { SpokenName } from '../../languages.ts'
import { balanceOf, openAccount } from '../../ledger/accounts.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type Branch, dueFrom, dueTo, sendingTo, suspenseOf } from '../branch.ts'
import type { Correspondent } from '../config.ts'

/** The bank whose account numbers begin so. Ours are looked for first, by whoever asks. */
export function bankOfAccount({ config }: Pick<Branch, 'config'>, account: AccountNumber): Correspondent | undefined {
  if (account.startsWith(config.accountNumbers.prefix)) return undefined
  return config.banks.find(({ accountPrefix }) => account.startsWith(accountPrefix))
}

export function correspondent({ config }: Pick<Branch, 'config'>, bank: InstitutionId): Correspondent | undefined {
  return config.banks.find(({ id }) => id === bank)
}

/** For rows that name a bank which the configuration no longer has. */
export function nameOfBank(branch: Pick<Branch, 'config'>, bank: InstitutionId): SpokenName {
  return correspondent(branch, bank)?.name ?? { en: bank, zh: bank }
}

export async function openInterbankAccounts(tx: Tx, branch: Branch, at: number, businessDate: string): Promise<void> {
  const { chain, config } = branch
  for (const { id } of config.banks) {
    for (const account of [sendingTo(id), dueTo(id), dueFrom(id), suspenseOf(id)]) {
      await openAccount(tx, { chain, account, asset: config.currency, at, businessDate })
    }
  }
}

/** What this bank owes the other one net, what is on its way counted as owed. Below zero: the other one owes. */
export async function netOwed(tx: ReadTx, branch: Branch, bank: InstitutionId): Promise<bigint> {
  const { chain, config } = branch
  const payouts = await tx.one<{ minor: bigint }>(
    `SELECT coalesce(sum(minor), 0) AS minor FROM sent_payout WHERE tenant = ? AND bank = ? AND state = 'pending'`,
    ...[config.id, bank],
  )
  const standing = async (account: ReturnType<typeof dueTo>) => (await balanceOf(tx, account, chain)).posted.minor
  const sending = (await standing(sendingTo(bank))) + (payouts?.minor ?? 0n)
  return sending + (await standing(dueTo(bank))) - (await standing(dueFrom(bank)))
}
