/**
 * What every institution's database knows about itself and its counterparties. One database may host several tenants
 * (small payees on one machine). A restored backup gets a new epoch, so that no old sequence number is used twice.
 */
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
]

/** Where a message stands in the stream of one institution to another. */
export interface Place {
  readonly epoch: bigint
  /** 1, 2, 3 … within the epoch. */
  readonly sequence: bigint
}

/** Makes the tenant known, at epoch 1. Does nothing when it is. */
export async function establish(tx: Tx, tenant: string): Promise<void> {
  await tx.run('INSERT INTO institution (tenant, epoch) VALUES (?, 1) ON CONFLICT (tenant) DO NOTHING', tenant)
}

/** Whether this database has ever been an institution's. */
export async function isEstablished(tx: ReadTx): Promise<boolean> {
  return (await tx.one('SELECT tenant FROM institution LIMIT 1')) !== undefined
}

/** @throws Error when the tenant was never established. */
export async function epochOf(tx: ReadTx, tenant: string): Promise<bigint> {
  const row = await tx.one<{ epoch: bigint }>('SELECT epoch FROM institution WHERE tenant = ?', tenant)
  if (row === undefined) throw new Error(`${tenant} is not an institution of this database`)
  return row.epoch
}

/** After a backup was restored: every stream starts again at 1, in a new epoch. */
export async function beginEpoch(tx: Tx, tenant: string): Promise<bigint> {
  const epoch = (await epochOf(tx, tenant)) + 1n
  await tx.run('UPDATE institution SET epoch = ? WHERE tenant = ?', epoch, tenant)
  await tx.run('UPDATE counterparty SET next_outgoing = 1 WHERE tenant = ?', tenant)
  return epoch
}

/** Takes the next number of the stream to `counterparty`. */
export async function nextOutgoing(tx: Tx, tenant: string, counterparty: string): Promise<Place> {
  const epoch = await epochOf(tx, tenant)
  await know(tx, tenant, counterparty)
  const rows = await tx.all<{ sequence: bigint }>(
    `UPDATE counterparty SET next_outgoing = next_outgoing + 1 WHERE tenant = ? AND counterparty = ?
     RETURNING next_outgoing - 1 AS sequence`,
    tenant,
    counterparty,
  )
  const [row] = rows
  if (row === undefined) throw new Error(`no stream to ${counterparty}`)
  return { epoch, sequence: row.sequence }
}

/** What a received message's place means. Only `next` has been noted; the others changed nothing. */
export type Arrival = 'next' | 'repeated' | 'gap' | 'old-epoch'

/** Notes a message from `counterparty` when it is the one that is due. A new epoch starts at 1. */
export async function noteIncoming(tx: Tx, tenant: string, counterparty: string, place: Place): Promise<Arrival> {
  await know(tx, tenant, counterparty)
  const row = await tx.one<{ epoch: bigint; last: bigint }>(
    'SELECT incoming_epoch AS epoch, last_incoming AS last FROM counterparty WHERE tenant = ? AND counterparty = ?',
    tenant,
    counterparty,
  )
  if (row === undefined) throw new Error(`no stream from ${counterparty}`)
  if (place.epoch < row.epoch) return 'old-epoch'
  const last = place.epoch > row.epoch ? 0n : row.last
  if (place.sequence <= last) return 'repeated'
  if (place.sequence > last + 1n) return 'gap'
  await tx.run(
    'UPDATE counterparty SET incoming_epoch = ?, last_incoming = ? WHERE tenant = ? AND counterparty = ?',
    place.epoch,
    place.sequence,
    tenant,
    counterparty,
  )
  return 'next'
}

async function know(tx: Tx, tenant: string, counterparty: string): Promise<void> {
  await tx.run(
    `INSERT INTO counterparty (tenant, counterparty, next_outgoing, incoming_epoch, last_incoming)
     VALUES (?, ?, 1, 0, 0) ON CONFLICT (tenant, counterparty) DO NOTHING`,
    tenant,
    counterparty,
  )
}
