/** Customers and their accounts: opening one, paying cash in at a branch, the holder's name, the language of calls. */

import { withCheckDigits } from '../check-digits.ts'
import { type AccountNumber, type InstitutionId, type IntentId, parseAccountNumber } from '../ids.ts'
import { areTwoPeople } from '../keys/two-people.ts'
import type { SpokenName } from '../languages.ts'
import { openAccount } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { isPayable, type Money } from '../money.ts'
import { now, orderedId, randomDigits } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import { once } from '../store/once.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { AccountHolder, Customer } from './bank.ts'
import { type Branch, depositOf, vault } from './branch.ts'

/** Whose verifier it is: one that was copied to another account's row does not verify there. */
export const pinOwner = (account: AccountNumber): string => `pin ${account}`

/** An account number that was never given out: the bank's prefix, random digits and two check digits. */
export async function drawAccountNumber(branch: Branch): Promise<AccountNumber> {
  const { prefix, randomDigits: randomCount } = branch.config.accountNumbers
  for (;;) {
    const number = parseAccountNumber(withCheckDigits(prefix + randomDigits(branch.runtime, randomCount)))
    if (number === undefined) continue
    if ((await branch.store.read(tx => customerOf(tx, branch.config.id, number))) === undefined) return number
  }
}

export async function openCustomer(
  branch: Branch,
  request: { readonly account: AccountNumber; readonly name: SpokenName; readonly pin: Secret },
): Promise<{ readonly outcome: 'opened' | 'already-open' }> {
  const { account, name } = request
  const pin = await branch.verifiers.make(request.pin, pinOwner(account), 'background')
  const at = now(branch)
  const { id: tenant, currency } = branch.config
  return branch.store.execute(async tx => {
    const opened = await tx.run(
      `INSERT INTO bank_customer (tenant, account, name_en, name_zh, language, pin, opened_at)
       VALUES (?, ?, ?, ?, NULL, ?, ?) ON CONFLICT (tenant, account) DO NOTHING`,
      tenant,
      account,
      name.en,
      name.zh,
      pin,
      BigInt(at),
    )
    if (opened === 0n) return { outcome: 'already-open' }
    const date = await businessDate(tx, branch.calendar, at)
    await openAccount(tx, { chain: branch.chain, account: depositOf(account), asset: currency, at, businessDate: date })
    return { outcome: 'opened' }
  })
}

interface Deposit {
  readonly intent: IntentId
  readonly account: AccountNumber
  readonly amount: Money
  readonly maker: string
  readonly checker: string
}

/** Cash over the counter: the vault grows with the deposit. Two people sign for it. */
export async function payIn(
  branch: Branch,
  deposit: Deposit,
): Promise<{
  readonly outcome: 'paid-in' | 'one-person-only' | 'unknown-account' | 'refused-amount' | 'intent-reused'
}> {
  const { intent, account, amount, maker, checker } = deposit
  if (!areTwoPeople(maker, checker)) return { outcome: 'one-person-only' }
  if (!isPayable(amount, branch.config.currency)) return { outcome: 'refused-amount' }
  const id = orderedId(branch.runtime)
  const at = now(branch)
  const { minor, asset } = amount
  const request = { minor, asset: asset.code, scale: asset.scale, maker, checker }
  return branch.store.execute(tx =>
    once(tx, { tenant: branch.config.id, principal: account, id: intent, kind: 'deposit', request }, () =>
      decideDeposit(tx, branch, deposit, id, at),
    ),
  )
}

async function decideDeposit(tx: Tx, branch: Branch, deposit: Deposit, id: string, at: number) {
  const { account, amount, maker, checker } = deposit
  const tenant = branch.config.id
  if ((await customerOf(tx, tenant, account)) === undefined) return { outcome: 'unknown-account' as const }
  await tx.run(
    'INSERT INTO bank_deposit (tenant, id, account, maker, checker) VALUES (?, ?, ?, ?, ?)',
    tenant,
    id,
    account,
    maker,
    checker,
  )
  const posted = await post(tx, {
    chain: branch.chain,
    id: `deposit ${id}`,
    at,
    businessDate: await businessDate(tx, branch.calendar, at),
    kind: 'deposit',
    entries: [debit(vault, amount), credit(depositOf(account), amount)],
  })
  if (posted.outcome !== 'posted') throw new Error(`a deposit was refused: ${posted.outcome}`)
  return { outcome: 'paid-in' as const }
}

export async function customerOf(
  tx: ReadTx,
  tenant: InstitutionId,
  account: AccountNumber,
): Promise<Customer | undefined> {
  const row = await tx.one<{ name_en: string; name_zh: string; language: 'en' | 'zh' | null }>(
    'SELECT name_en, name_zh, language FROM bank_customer WHERE tenant = ? AND account = ?',
    tenant,
    account,
  )
  return row && { account, name: { en: row.name_en, zh: row.name_zh }, language: row.language ?? undefined }
}

export async function findAccount(branch: Branch, account: AccountNumber): Promise<AccountHolder | undefined> {
  const customer = await branch.store.read(tx => customerOf(tx, branch.config.id, account))
  return customer && { account, name: customer.name }
}

export async function rememberLanguage(branch: Branch, account: AccountNumber, language: 'en' | 'zh'): Promise<void> {
  await branch.store.execute(tx =>
    tx.run(
      'UPDATE bank_customer SET language = ? WHERE tenant = ? AND account = ?',
      language,
      branch.config.id,
      account,
    ),
  )
}

/** Everybody's name, each of which a call may speak. */
export async function holderNames(tx: ReadTx): Promise<readonly SpokenName[]> {
  const rows = await tx.all<{ name_en: string; name_zh: string }>(
    'SELECT DISTINCT name_en, name_zh FROM bank_customer ORDER BY name_en, name_zh',
  )
  return rows.map(row => ({ en: row.name_en, zh: row.name_zh }))
}
