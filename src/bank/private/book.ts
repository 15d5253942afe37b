/**
 * The private payees that a host has vouched for, in memory: whose each is, and who writes for it. The database has them all;
 * what is sold and told is looked up here. It is read again whenever a host has vouched for another, or one has closed.
 */
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import type { SpokenName } from '../../languages.ts'
import type { ReadTx, Store } from '../../store/store.ts'
import { inPart } from '../interbank/in-part.ts'

export interface PrivatePayee {
  readonly payee: InstitutionId
  readonly number: string
  readonly host: InstitutionId
  readonly account: AccountNumber
  /** As strangers are told it. */
  readonly name: SpokenName
  /** Its vouchers are sold. */
  readonly isOpen: boolean
}

export class PrivatePayees {
  readonly #store: Store
  readonly #tenant: InstitutionId
  #known: ReadonlyMap<InstitutionId, PrivatePayee> = new Map()

  constructor(store: Store, tenant: InstitutionId) {
    this.#store = store
    this.#tenant = tenant
  }

  get all(): readonly PrivatePayee[] {
    return [...this.#known.values()]
  }

  of(payee: InstitutionId): PrivatePayee | undefined {
    return this.#known.get(payee)
  }

  async refresh(): Promise<void> {
    const rows = await this.#store.read(tx => rowsOf(tx, this.#tenant))
    this.#known = new Map(rows.map(row => [row.payee, row]))
  }
}

async function rowsOf(tx: ReadTx, tenant: InstitutionId): Promise<readonly PrivatePayee[]> {
  const rows = await tx.all<{
    payee: InstitutionId
    number: string
    host: InstitutionId
    account: AccountNumber
    name_en: string
    name_zh: string
    is_business: bigint
    closed_at: bigint | null
  }>(
    `SELECT payee, number, host, account, name_en, name_zh, is_business, closed_at
     FROM private_payee JOIN bank_customer USING (tenant, account)
     WHERE tenant = ? AND payee IS NOT NULL ORDER BY payee`,
    tenant,
  )
  return rows.map(({ name_en: en, name_zh: zh, is_business, closed_at, ...row }) => ({
    ...row,
    name: is_business === 1n ? { en, zh } : inPart({ en, zh }),
    isOpen: closed_at === null,
  }))
}
