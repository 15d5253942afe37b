/**
 * Whose database this is: its tenants (several small payees may share one), each with the epoch of its streams, and where
 * its streams to counterparties stand.
 */
import type { InstitutionId } from '../ids.ts'
import type { Migration } from './migrations.ts'
import type { ReadTx, Tx } from './store.ts'

export const institutionMigrations: readonly Migration[] = [
  {
    room: 'institution',
    number: 1,
    sql: `
      CREATE TABLE institution (
        tenant TEXT PRIMARY KEY CHECK (tenant <> ''),
        epoch INTEGER NOT NULL CHECK (epoch >= 1)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE counterparty (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        counterparty TEXT NOT NULL CHECK (counterparty <> ''),
        next_outgoing INTEGER NOT NULL CHECK (next_outgoing >= 1),
        incoming_epoch INTEGER NOT NULL CHECK (incoming_epoch >= 0),
        last_incoming INTEGER NOT NULL CHECK (last_incoming >= 0),
        PRIMARY KEY (tenant, counterparty)
      ) STRICT, WITHOUT ROWID`,
  },
  {
    room: 'institution',
    number: 2,
    sql: `
      -- As \`counterparty\`, of the stream for what is large: its letters have the numbers above 2⁴⁰.
      CREATE TABLE bulk_stream (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        counterparty TEXT NOT NULL CHECK (counterparty <> ''),
        next_outgoing INTEGER NOT NULL CHECK (next_outgoing > 1099511627776),
        incoming_epoch INTEGER NOT NULL CHECK (incoming_epoch >= 0),
        last_incoming INTEGER NOT NULL CHECK (last_incoming >= 1099511627776),
        PRIMARY KEY (tenant, counterparty)
      ) STRICT, WITHOUT ROWID`,
  },
]

/** Makes the tenant known, at epoch 1. Does nothing when it is. */
export async function establish(tx: Tx, tenant: InstitutionId): Promise<void> {
  await tx.run('INSERT INTO institution (tenant, epoch) VALUES (?, 1) ON CONFLICT (tenant) DO NOTHING', tenant)
}

/** Whether this database has ever been an institution's. */
export async function isEstablished(tx: ReadTx): Promise<boolean> {
  return (await tx.one('SELECT tenant FROM institution LIMIT 1')) !== undefined
}

/** @throws Error when the tenant was never established. */
export async function epochOf(tx: ReadTx, tenant: InstitutionId): Promise<bigint> {
  const row = await tx.one<{ epoch: bigint }>('SELECT epoch FROM institution WHERE tenant = ?', tenant)
  if (row === undefined) throw new Error(`${tenant} is not an institution of this database`)
  return row.epoch
}
