/** Customers and their accounts: opening one, the holder's name, the language of calls. */

import { withCheckDigits } from '../check-digits.ts'
import { type AccountNumber, type InstitutionId, parseAccountNumber } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import type { SpokenName } from '../languages.ts'
import { openAccount } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { now, randomDigits } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { AccountHolder, Customer } from './bank.ts'
import { type Branch, depositOf } from './branch.ts'
import { inPart } from './interbank/in-part.ts'

/** Whose verifier it is: one that was copied to another account's row does not verify there. */
export const pinOwner = (account: string): string => `pin ${account}`

/** An account number that was never given out: the bank's prefix, random digits and two check digits. */
export async function drawAccountNumber(branch: Branch): Promise<AccountNumber> {
  const { prefix, randomDigits: randomCount } = branch.config.accountNumbers
  for (;;) {
    const number = parseAccountNumber(withCheckDigits(prefix + randomDigits(branch.runtime, randomCount)))
    if (number === undefined) continue
    if ((await branch.store.read(tx => holderOf(tx, branch.config.id, number))) === undefined) return number
  }
}

export async function openCustomer(
  branch: Branch,
  request: {
    readonly account: AccountNumber
    readonly name: SpokenName
    readonly pin: Secret
    /** Named in full to other banks. */
    readonly isBusiness?: boolean | undefined
  },
): Promise<{ readonly outcome: 'opened' | 'already-open' }> {
  const { account, name, isBusiness = false } = request
  const verifier = await branch.verifiers.make(request.pin, pinOwner(account), 'background')
  const at = now(branch)
  return branch.store.execute(tx => addCustomer(tx, branch, { account, name, isBusiness, verifier }, at))
}

/** `verifier`: of the PIN, made before. */
export async function addCustomer(
  tx: Tx,
  branch: Branch,
  customer: {
    readonly account: AccountNumber
    readonly name: SpokenName
    readonly isBusiness: boolean
    readonly verifier: string
  },
  at: number,
): Promise<{ readonly outcome: 'opened' | 'already-open' }> {
  const { account, name, isBusiness, verifier } = customer
  const { id: tenant, currency } = branch.config
  const opened = await tx.run(
    `INSERT INTO bank_customer (tenant, account, name_en, name_zh, language, pin, opened_at, is_business)
     VALUES (?, ?, ?, ?, NULL, ?, ?, ?) ON CONFLICT (tenant, account) DO NOTHING`,
    ...[tenant, account, name.en, name.zh, verifier, BigInt(at), isBusiness ? 1n : 0n],
  )
  if (opened === 0n) return { outcome: 'already-open' }
  const date = await businessDate(tx, branch.calendar, at)
  await openAccount(tx, { chain: branch.chain, account: depositOf(account), asset: currency, at, businessDate: date })
  return { outcome: 'opened' }
}

/** `isBusiness`: other banks are told its whole name. */
type Holder = Omit<Customer, 'pinGeneration'> & { readonly isBusiness: boolean }

/** Undefined when there is no such account, or it was closed. */
export async function customerOf(
  tx: ReadTx,
  tenant: InstitutionId,
  account: AccountNumber,
): Promise<Holder | undefined> {
  return (await isClosed(tx, tenant, account)) ? undefined : holderOf(tx, tenant, account)
}

export async function isClosed(tx: ReadTx, tenant: InstitutionId, account: AccountNumber): Promise<boolean> {
  const closed = await tx.one('SELECT account FROM closed_account WHERE tenant = ? AND account = ?', tenant, account)
  return closed !== undefined
}

/** Whoever has or had the account. */
export async function holderOf(tx: ReadTx, tenant: InstitutionId, account: AccountNumber): Promise<Holder | undefined> {
  const row = await tx.one<{ name_en: string; name_zh: string; language: 'en' | 'zh' | null; is_business: bigint }>(
    'SELECT name_en, name_zh, language, is_business FROM bank_customer WHERE tenant = ? AND account = ?',
    tenant,
    account,
  )
  if (row === undefined) return undefined
  const { name_en: en, name_zh: zh, language, is_business } = row
  return { account, name: { en, zh }, language: language ?? undefined, isBusiness: is_business === 1n }
}

export async function findAccount(branch: Branch, account: AccountNumber): Promise<AccountHolder | undefined> {
  const customer = await branch.store.read(tx => customerOf(tx, branch.config.id, account))
  return customer && { account, name: customer.name }
}

export async function rememberLanguage(branch: Branch, account: AccountNumber, language: 'en' | 'zh'): Promise<void> {
  await branch.store.execute(async tx => {
    const remembered = await tx.run(
      'UPDATE bank_customer SET language = ? WHERE tenant = ? AND account = ?',
      language,
      branch.config.id,
      account,
    )
    steppedOnce(remembered, 'a language was chosen for an account that is not there')
  })
}

/** As an own call says it, and as one of another bank does. */
export function namesOfHolder(name: SpokenName): readonly SpokenName[] {
  return [name, inPart(name)]
}

/** Everybody's name, each of which a call may speak. */
export async function holderNames(tx: ReadTx): Promise<readonly SpokenName[]> {
  const rows = await tx.all<{ name_en: string; name_zh: string }>(
    'SELECT DISTINCT name_en, name_zh FROM bank_customer ORDER BY name_en, name_zh',
  )
  // Whom customers may pay, of other banks, as their host has told it. Names are asked for before books of an older version are migrated.
  const isThere = await tx.one(
    "SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' AND name = 'introduced_payee'",
  )
  const introduced =
    isThere === undefined
      ? []
      : await tx.all<SpokenName>('SELECT DISTINCT name_en AS en, name_zh AS zh FROM introduced_payee ORDER BY en, zh')
  return [...rows.flatMap(row => namesOfHolder({ en: row.name_en, zh: row.name_zh })), ...introduced]
}
