/**
 * The same request, asked again by its id, has the same outcome for ever and takes effect once. Ids belong to a tenant
 * and a principal (an account, a counterparty), so nobody can find out or block another's.
 */

import { hash } from 'node:crypto'
import type { InstitutionId, IntentId } from '../ids.ts'
import { traceBytes } from '../trace.ts'
import type { Migration } from './migrations.ts'
import { decodePlain, encodePlain, type Plain } from './plain.ts'
import type { ReadTx, Tx } from './store.ts'

export const onceMigrations: readonly Migration[] = [
  {
    room: 'once',
    number: 1,
    sql: `
      CREATE TABLE once (
        tenant TEXT NOT NULL,
        principal TEXT NOT NULL,
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        request_hash BLOB NOT NULL,
        outcome TEXT NOT NULL,
        PRIMARY KEY (tenant, id, principal)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER once_is_never_changed BEFORE UPDATE ON once
        BEGIN SELECT RAISE(ABORT, 'an outcome stands for ever'); END;
      CREATE TRIGGER once_is_never_forgotten BEFORE DELETE ON once
        BEGIN SELECT RAISE(ABORT, 'an outcome stands for ever'); END`,
  },
  {
    room: 'once',
    number: 2,
    sql: `
      -- The call, page or command that asked first. A hint for whoever looks into it: nothing is decided by it.
      ALTER TABLE once ADD COLUMN trace BLOB CHECK (trace IS NULL OR length(trace) = 16)`,
  },
]

export interface IntendedRequest {
  readonly tenant: InstitutionId
  /** On whose behalf: an account, a voucher, a counterparty. */
  readonly principal: string
  /** Made by the asker, 128 random bits. */
  readonly id: IntentId
  /** What is asked: `sale`, `transfer`. */
  readonly kind: string
  /**
   * Everything that makes this request this request. Only its hash is stored. Never a secret: a short one could be
   * found from its hash; put the KeyStore's `fingerprint` of it here.
   */
  readonly request: Plain
}

/** The id was used before, for another request. Nothing was done. */
export interface IntentReused {
  readonly outcome: 'intent-reused'
}

/**
 * Decides a request, or gives the outcome that was decided before. The outcome is stored as plain data: ids and amounts,
 * never a secret; look secrets up again by the ids.
 */
export async function once<O>(tx: Tx, intent: IntendedRequest, decide: () => Promise<O>): Promise<O | IntentReused> {
  const decided = await before<O>(tx, intent)
  if (decided !== undefined) return decided
  tx.trace ??= tx.traceOf?.(intent.id)
  const outcome = await decide()
  await tx.run(
    'INSERT INTO once (tenant, principal, id, kind, request_hash, outcome, trace) VALUES (?, ?, ?, ?, ?, ?, ?)',
    intent.tenant,
    intent.principal,
    intent.id,
    intent.kind,
    hashOf(intent),
    encodePlain(outcome),
    traceBytes(tx.trace),
  )
  return outcome
}

/** What was decided when the same was asked before. Undefined: it never was. */
export async function before<O>(tx: ReadTx, intent: IntendedRequest): Promise<O | IntentReused | undefined> {
  const row = await tx.one<{ request_hash: Uint8Array; outcome: string }>(
    'SELECT request_hash, outcome FROM once WHERE tenant = ? AND principal = ? AND id = ?',
    intent.tenant,
    intent.principal,
    intent.id,
  )
  if (row === undefined) return undefined
  return hashOf(intent).equals(row.request_hash) ? (decodePlain(row.outcome) as O) : { outcome: 'intent-reused' }
}

/** Whether another principal of this sort, such as `clerk `, with which their names begin, has used the id. */
export async function isOfAnother(
  tx: ReadTx,
  { tenant, principal, id }: Pick<IntendedRequest, 'tenant' | 'principal' | 'id'>,
  sort: string,
): Promise<boolean> {
  const row = await tx.one(
    `SELECT 1 AS found FROM once WHERE tenant = ? AND id = ? AND principal <> ? AND substr(principal, 1, length(?)) = ? LIMIT 1`,
    ...[tenant, id, principal, sort, sort],
  )
  return row !== undefined
}

function hashOf({ kind, request }: IntendedRequest): Buffer {
  return hash('sha256', encodePlain([kind, request]), 'buffer')
}

export interface Decided {
  readonly kind: string
  readonly outcome: unknown
}

/** What became of a principal's request, for a caller whose call outlived the process that served it. Undefined: nothing. */
export async function decided(
  tx: ReadTx,
  tenant: InstitutionId,
  { principal, id }: Pick<IntendedRequest, 'principal' | 'id'>,
): Promise<Decided | undefined> {
  const row = await tx.one<{ kind: string; outcome: string }>(
    'SELECT kind, outcome FROM once WHERE tenant = ? AND principal = ? AND id = ?',
    tenant,
    principal,
    id,
  )
  return row && { kind: row.kind, outcome: decodePlain(row.outcome) }
}
