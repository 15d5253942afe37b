/** Where two banks stand: what both agreed on in net statements and have not settled, and the settlements between them. */
import type { InstitutionId } from '../../ids.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'

/** What two banks agreed on and have not settled, as one of them sees it. */
export interface Position {
  /** Up to which statement of the other bank, and which own one. */
  readonly theirs: bigint
  readonly ours: bigint
  /** Credited there for our customers, and here for theirs. */
  readonly owed: bigint
  readonly due: bigint
}

export type SettlementRow = {
  readonly id: string
  readonly bank: InstitutionId
  readonly way: 'paying' | 'paid'
  readonly gross: bigint
  readonly counter: bigint
  readonly state: 'announced' | 'confirmed' | 'refused'
}

const columns = 'id, bank, way, gross, counter, state'

/** Up to the latest statements of either that were compared. */
export async function positionTo(tx: ReadTx, branch: Branch, bank: InstitutionId): Promise<Position> {
  const { id: tenant } = branch.config
  const last = async (table: 'bank_statement' | 'net_statement') => {
    const row = await tx.one<{ number: bigint | null }>(
      `SELECT max(number) AS number FROM ${table} WHERE tenant = ? AND bank = ? AND agreed IS NOT NULL`,
      ...[tenant, bank],
    )
    return row?.number ?? 0n
  }
  const [theirs, ours] = [await last('bank_statement'), await last('net_statement')]
  return { theirs, ours, ...(await amountsThrough(tx, branch, bank, theirs, ours)) }
}

export async function amountsThrough(
  tx: ReadTx,
  { config }: Branch,
  bank: InstitutionId,
  theirs: bigint,
  ours: bigint,
) {
  const sum = async (sql: string, ...values: readonly bigint[]) =>
    (await tx.one<{ sum: bigint | null }>(sql, config.id, bank, ...values))?.sum ?? 0n
  const agreed = (table: string, through: bigint) =>
    sum(`SELECT sum(agreed) AS sum FROM ${table} WHERE tenant = ? AND bank = ? AND number <= ?`, through)
  const settled = (paying: string, paid: string) =>
    sum(
      `SELECT sum(CASE way WHEN 'paying' THEN ${paying} ELSE ${paid} END) AS sum FROM net_settlement
       WHERE tenant = ? AND bank = ? AND state <> 'refused'`,
    )
  return {
    owed: (await agreed('bank_statement', theirs)) - (await settled('gross', 'counter')),
    due: (await agreed('net_statement', ours)) - (await settled('counter', 'gross')),
  }
}

export function settlementOf(tx: ReadTx, { config }: Branch, bank: InstitutionId, id: string) {
  return tx.one<SettlementRow>(
    `SELECT ${columns} FROM net_settlement WHERE tenant = ? AND bank = ? AND id = ?`,
    ...[config.id, bank, id],
  )
}

/** At most one is open between two banks. */
export function openWith(tx: ReadTx, { config }: Branch, bank: InstitutionId): Promise<SettlementRow | undefined> {
  return tx.one<SettlementRow>(
    `SELECT ${columns} FROM net_settlement WHERE tenant = ? AND bank = ? AND state = 'announced'`,
    ...[config.id, bank],
  )
}
