/** Where a bank stands with each other bank, for people. */
import type { InstitutionId } from '../../ids.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { type Position, positionTo } from './position.ts'

export interface BankStanding extends Position {
  readonly bank: InstitutionId
  /** Of what counts as settled, what was said to be paid: to it, and by it. Nobody there, or here, has seen the money yet. */
  readonly announced: OfEither
  /** And what two people have seen to arrive, ever. */
  readonly confirmed: OfEither
  /** Own statements to it and its statements here, newest first. */
  readonly statements: readonly StatementShown[]
  /** Newest first. */
  readonly settlements: readonly {
    readonly id: string
    readonly way: 'paying' | 'paid'
    readonly net: bigint
    readonly state: string
    readonly at: number
    /** Of one that was refused. */
    readonly why: string | null
  }[]
}

/** In minor units. */
export interface OfEither {
  readonly toIt: bigint
  readonly toUs: bigint
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
      type Row = Omit<BankStanding['settlements'][number], 'at'> & { readonly at: bigint }
      const settlements = await tx.all<Row>(
        `SELECT id, way, gross - counter AS net, state, at, why FROM net_settlement
         WHERE tenant = ? AND bank = ? ORDER BY at DESC, id LIMIT 20`,
        ...[tenant, bank],
      )
      const [announced, confirmed] = [
        await sumOf(tx, tenant, bank, 'announced'),
        await sumOf(tx, tenant, bank, 'confirmed'),
      ]
      shown.push({
        ...{ bank, announced, confirmed, statements },
        ...(await positionTo(tx, branch, bank)),
        settlements: settlements.map(row => ({ ...row, at: Number(row.at) })),
      })
    }
    return shown
  })
}

async function sumOf(tx: ReadTx, tenant: InstitutionId, bank: InstitutionId, state: string): Promise<OfEither> {
  const sums = await tx.all<{ way: 'paying' | 'paid'; net: bigint }>(
    `SELECT way, sum(gross - counter) AS net FROM net_settlement WHERE tenant = ? AND bank = ? AND state = ? GROUP BY way`,
    ...[tenant, bank, state],
  )
  const of = (way: string) => sums.find(sum => sum.way === way)?.net ?? 0n
  return { toIt: of('paying'), toUs: of('paid') }
}
