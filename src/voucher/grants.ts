/**
 * Grants: how much a bank may owe a payee, which the payee says beforehand. Each end keeps all that were ever made, in a table
 * of one shape, and the last counts.
 */
import type { InstitutionId } from '../ids.ts'
import type { Money } from '../money.ts'
import { columnsOf } from '../store/amount-columns.ts'
import type { ReadTx, Tx } from '../store/store.ts'

/** The names of an end's table, and of its columns for the other party and for the time. */
interface Named {
  readonly table: string
  readonly party: string
  readonly at: string
}

export interface Grant {
  readonly party: InstitutionId
  readonly ceiling: Money
  readonly at: number
  /** What was owed at that moment, in minor units: it may be above what is granted. */
  readonly owed: bigint
}

export class GrantBook {
  /** Makes the table. */
  readonly sql: string
  readonly #last: string
  readonly #keep: string

  constructor({ table, party, at }: Named) {
    this.sql = `
      CREATE TABLE ${table} (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        ${party} TEXT NOT NULL,
        number INTEGER NOT NULL,
        minor INTEGER NOT NULL CHECK (minor >= 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        ${at} INTEGER NOT NULL,
        owed INTEGER NOT NULL,
        PRIMARY KEY (tenant, ${party}, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER ${table}_is_never_changed BEFORE UPDATE ON ${table}
        BEGIN SELECT RAISE(ABORT, 'a grant stands for ever'); END;
      CREATE TRIGGER ${table}_is_never_forgotten BEFORE DELETE ON ${table}
        BEGIN SELECT RAISE(ABORT, 'a grant stands for ever'); END`
    this.#last = `SELECT minor FROM ${table} WHERE tenant = ? AND ${party} = ? ORDER BY number DESC LIMIT 1`
    this.#keep = `
      INSERT INTO ${table} (tenant, ${party}, number, minor, asset, scale, ${at}, owed)
      SELECT ?, ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ? FROM ${table} WHERE tenant = ? AND ${party} = ?`
  }

  /** Minor units; undefined when nothing was ever granted. */
  async last(tx: ReadTx, tenant: InstitutionId, party: InstitutionId): Promise<bigint | undefined> {
    return (await tx.one<{ minor: bigint }>(this.#last, tenant, party))?.minor
  }

  async keep(tx: Tx, tenant: InstitutionId, { party, ceiling, at, owed }: Grant): Promise<void> {
    await tx.run(this.#keep, tenant, party, ...columnsOf(ceiling), BigInt(at), owed, tenant, party)
  }
}
