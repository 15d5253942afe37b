/**
 * The private payees that a host has vouched for, of this bank and of others, in memory: whose each is, and who writes for it. The database has them all;
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
  /** Undefined: at another bank. */
  readonly account: AccountNumber | undefined
  /** That other bank. Undefined: at this one. */
  readonly home: InstitutionId | undefined
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
    const introduced = await this.#store.read(tx => introducedRows(tx, this.#tenant))
    this.#known = new Map([...rows, ...introduced].map(row => [row.payee, row]))
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
    home: undefined,
    name: is_business === 1n ? { en, zh } : inPart({ en, zh }),
    isOpen: closed_at === null,
  }))
}

async function introducedRows(tx: ReadTx, tenant: InstitutionId): Promise<readonly PrivatePayee[]> {
  const rows = await tx.all<{
    payee: InstitutionId
    number: string
    host: InstitutionId
    home: InstitutionId
    name_en: string
    name_zh: string
    closed_at: bigint | null
  }>(
    'SELECT payee, number, host, bank AS home, name_en, name_zh, closed_at FROM introduced_payee WHERE tenant = ? ORDER BY payee',
    tenant,
  )
  return rows.map(({ name_en: en, name_zh: zh, closed_at, ...row }) => ({
    ...row,
    ...{ account: undefined, name: { en, zh }, isOpen: closed_at === null },
  }))
}
