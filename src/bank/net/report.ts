/** Where a bank stands with each other bank, for people. */
import type { InstitutionId } from '../../ids.ts'
import type { Branch } from '../branch.ts'
import { type Position, positionTo } from './settle.ts'

export interface BankStanding extends Position {
  readonly bank: InstitutionId
  /** Own statements to it and its statements here, newest first. */
  readonly statements: readonly StatementShown[]
  /** Newest first. */
  readonly settlements: readonly {
    readonly id: string
    readonly way: 'paying' | 'paid'
    readonly net: bigint
    readonly state: string
  }[]
}

type StatementShown = {
  readonly by: 'us' | 'them'
  readonly number: bigint
  readonly date: string
  readonly state: string
  readonly lines: bigint
  readonly agreed: bigint | null
}

export function standings(branch: Branch): Promise<BankStanding[]> {
  const { id: tenant, banks } = branch.config
  return branch.store.read(async tx => {
    const shown: BankStanding[] = []
    for (const { id: bank } of banks) {
      const statements = await tx.all<StatementShown>(
        `SELECT * FROM (SELECT 'us' AS by, number, date, state, lines, agreed FROM net_statement WHERE tenant = ? AND bank = ?
           UNION ALL SELECT 'them', number, date, state, lines, agreed FROM bank_statement WHERE tenant = ? AND bank = ?)
         ORDER BY date DESC, by LIMIT 20`,
        ...[tenant, bank, tenant, bank],
      )
      const settlements = await tx.all<BankStanding['settlements'][number]>(
        `SELECT id, way, gross - counter AS net, state FROM net_settlement
         WHERE tenant = ? AND bank = ? ORDER BY at DESC, id LIMIT 20`,
        ...[tenant, bank],
      )
      shown.push({ bank, ...(await positionTo(tx, branch, bank)), statements, settlements })
    }
    return shown
  })
}
