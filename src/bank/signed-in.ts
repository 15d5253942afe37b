/** What a sign-in compares with, and whether one from earlier in the call counts still. */
import type { AccountNumber } from '../ids.ts'
import type { ReadTx } from '../store/store.ts'
import type { Customer, SignedIn } from './bank.ts'
import { isBlocked } from './blocks.ts'
import type { Branch } from './branch.ts'

export interface Known {
  readonly isBlocked: boolean
  readonly customer: Customer
  readonly verifier: string
}

export async function isSignedIn(tx: ReadTx, branch: Branch, session: SignedIn): Promise<boolean> {
  const known = await knownAs(tx, branch, session.account)
  return known?.customer.pinGeneration === session.pinGeneration
}

/** Undefined when there is no such account, or it was closed. */
export async function knownAs(tx: ReadTx, branch: Branch, account: AccountNumber): Promise<Known | undefined> {
  const row = await tx.one<{
    name_en: string
    name_zh: string
    language: 'en' | 'zh' | null
    pin: string
    pin_generation: bigint
  }>(
    `SELECT name_en, name_zh, language, pin, pin_generation FROM bank_customer AS customer WHERE tenant = ? AND account = ?
       AND NOT EXISTS (SELECT 1 FROM closed_account AS closed
         WHERE closed.tenant = customer.tenant AND closed.account = customer.account)`,
    branch.config.id,
    account,
  )
  if (row === undefined) return undefined
  const name = { en: row.name_en, zh: row.name_zh }
  const customer = { account, pinGeneration: row.pin_generation, name, language: row.language ?? undefined }
  return { customer, verifier: row.pin, isBlocked: await isBlocked(tx, branch, account, 'telephone') }
}
