/**
 * What books that went back in time may have lost. Nobody can tell what became of an account or a voucher between the last record
 * that is left and the start that noticed: those that were alive then stay closed until two people have looked at them. New
 * ones work from the first minute.
 *
 *     alive at the gap ──1 two people release it, or all──▶ open
 */
import { z } from 'zod'
import { accountNumberShape, type InstitutionId, voucherNumberShape } from '../ids.ts'
import type { Approved } from '../keys/approval.ts'
import { type AccountId, accountId } from '../ledger/chart.ts'
import { mainChain } from '../ledger/journal.ts'
import type { Place } from '../mail/streams.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { signedFacts } from './signed-facts.ts'

export const recoveryMigrations: readonly Migration[] = [
  {
    room: 'recovery',
    number: 1,
    sql: `
      CREATE TABLE recovery (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        epoch INTEGER NOT NULL,
        -- The last record that our books had when they were opened, and the highest that a counterparty holds.
        reached INTEGER NOT NULL,
        held INTEGER NOT NULL,
        held_by TEXT NOT NULL,
        found_at INTEGER NOT NULL,
        released_at INTEGER,
        -- The digest of the proposal by which two people released it.
        proposal TEXT,
        PRIMARY KEY (tenant, epoch),
        CHECK ((released_at IS NULL) = (proposal IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER recovery_stands_for_ever BEFORE DELETE ON recovery
        BEGIN SELECT RAISE(ABORT, 'a recovery stands for ever'); END`,
  },
  {
    room: 'recovery',
    number: 2,
    sql: `
      -- The last row of the ledger that was left: an account that was opened up to there was alive at the gap.
      ALTER TABLE recovery ADD COLUMN ledger_reached INTEGER NOT NULL DEFAULT 0;

      -- Of each counterparty: the letter that it was to write next when it said what it holds. What it writes from there on
      -- tells of nothing that happened in the lost books.
      CREATE TABLE recovery_peer (
        tenant TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        peer TEXT NOT NULL,
        next_epoch INTEGER NOT NULL,
        next_sequence INTEGER NOT NULL,
        PRIMARY KEY (tenant, epoch, peer),
        FOREIGN KEY (tenant, epoch) REFERENCES recovery (tenant, epoch)
      ) STRICT, WITHOUT ROWID;

      -- Accounts that letters of the lost time opened again: they were alive, too.
      CREATE TABLE recovery_account (
        tenant TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        account TEXT NOT NULL,
        PRIMARY KEY (tenant, epoch, account),
        FOREIGN KEY (tenant, epoch) REFERENCES recovery (tenant, epoch)
      ) STRICT, WITHOUT ROWID;

      -- One that two people released by itself, of every recovery up to this epoch.
      CREATE TABLE recovery_release (
        tenant TEXT NOT NULL,
        account TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        released_at INTEGER NOT NULL,
        proposal TEXT NOT NULL,
        PRIMARY KEY (tenant, account, epoch),
        FOREIGN KEY (tenant, epoch) REFERENCES recovery (tenant, epoch)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER recovery_release_stands_for_ever BEFORE DELETE ON recovery_release
        BEGIN SELECT RAISE(ABORT, 'a release stands for ever'); END`,
  },
]

export interface Gap {
  readonly epoch: bigint
  /** The last record that is left, and the highest that a counterparty holds. */
  readonly reached: bigint
  readonly held: bigint
  readonly heldBy: InstitutionId
  readonly ledgerReached: bigint
}

export async function noteGap(tx: Tx, tenant: InstitutionId, gap: Gap, at: number): Promise<void> {
  await tx.run(
    'INSERT INTO recovery (tenant, epoch, reached, held, held_by, found_at, ledger_reached) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[tenant, gap.epoch, gap.reached, gap.held, gap.heldBy, BigInt(at), gap.ledgerReached],
  )
}

/** Where a counterparty's next letter was to stand, for every gap that is not released. What was noted first counts. */
export async function noteNextOf(tx: Tx, tenant: InstitutionId, peer: InstitutionId, next: Place): Promise<void> {
  await tx.run(
    `INSERT INTO recovery_peer (tenant, epoch, peer, next_epoch, next_sequence)
     SELECT tenant, epoch, ?, ?, ? FROM recovery WHERE tenant = ? AND released_at IS NULL
     ON CONFLICT (tenant, epoch, peer) DO NOTHING`,
    ...[peer, next.epoch, next.sequence, tenant],
  )
}

/**
 * A letter, or an answer (undefined), tells of an account that may have been used in the lost books: the letter is one of those
 * that came again. Told later by a letter that its writer wrote since, it was not.
 */
export async function noteTold(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  account: AccountId,
  place: Place | undefined,
): Promise<void> {
  const gaps = await tx.all<{ epoch: bigint; next_epoch: bigint | null; next_sequence: bigint | null }>(
    `SELECT recovery.epoch, next_epoch, next_sequence FROM recovery
     LEFT JOIN recovery_peer AS peer ON peer.tenant = recovery.tenant AND peer.epoch = recovery.epoch AND peer = ?
     WHERE recovery.tenant = ? AND released_at IS NULL`,
    peer,
    tenant,
  )
  for (const { epoch, next_epoch, next_sequence } of gaps) {
    const isKnown = place !== undefined && next_epoch !== null && next_sequence !== null
    const isSince =
      isKnown && (place.epoch > next_epoch || (place.epoch === next_epoch && place.sequence >= next_sequence))
    await tx.run(
      isSince
        ? 'DELETE FROM recovery_account WHERE tenant = ? AND epoch = ? AND account = ?'
        : 'INSERT INTO recovery_account (tenant, epoch, account) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
      ...[tenant, epoch, account],
    )
  }
}

/** Whether an account was alive at a gap and nobody has released it. */
export async function isUnderReview(tx: ReadTx, tenant: InstitutionId, account: AccountId): Promise<boolean> {
  const row = await tx.one(
    `SELECT 1 AS found FROM recovery WHERE tenant = ? AND released_at IS NULL
       AND (EXISTS (SELECT 1 FROM account WHERE chain = ? AND id = ? AND opened_seq <= ledger_reached)
         OR EXISTS (SELECT 1 FROM recovery_account AS touched
           WHERE touched.tenant = recovery.tenant AND touched.epoch = recovery.epoch AND account = ?))
       AND NOT EXISTS (SELECT 1 FROM recovery_release AS release
         WHERE release.tenant = recovery.tenant AND release.account = ? AND release.epoch >= recovery.epoch)
     LIMIT 1`,
    ...[tenant, mainChain, account, account, account],
  )
  return row !== undefined
}

/** Whether anything is closed. */
export async function hasGap(tx: ReadTx, tenant: InstitutionId): Promise<boolean> {
  return (await lastGap(tx, tenant)) !== undefined
}

export interface Loss extends Omit<Gap, 'ledgerReached'> {
  readonly foundAt: number
  readonly releasedAt: number | undefined
}

/** Every time our books went back, oldest first. */
export async function losses(tx: ReadTx, tenant: InstitutionId): Promise<readonly Loss[]> {
  const rows = await tx.all<{
    epoch: bigint
    reached: bigint
    held: bigint
    held_by: InstitutionId
    found_at: bigint
    released_at: bigint | null
  }>(
    'SELECT epoch, reached, held, held_by, found_at, released_at FROM recovery WHERE tenant = ? ORDER BY epoch',
    tenant,
  )
  return rows.map(({ held_by, found_at, released_at, ...row }) => ({
    ...row,
    heldBy: held_by,
    foundAt: Number(found_at),
    releasedAt: released_at === null ? undefined : Number(released_at),
  }))
}

/** All that is closed, or one account or voucher of it. */
export const releaseShape = z.union([
  z.strictObject({ account: accountNumberShape, facts: signedFacts }),
  z.strictObject({ voucher: voucherNumberShape, facts: signedFacts }),
  z.strictObject({ facts: signedFacts }),
])

/** Every loss that is released by it: one that was noticed since the proposal is another. Undefined: nothing is closed. */
export async function releaseFacts(tx: ReadTx, tenant: InstitutionId, request: unknown) {
  const of = releaseShape.parse(request)
  const isOne = 'account' in of || 'voucher' in of
  const gaps = (await losses(tx, tenant)).filter(({ releasedAt }) => releasedAt === undefined)
  if (gaps.length === 0) return undefined
  return {
    losses: gaps.map(({ epoch, reached, held, heldBy, foundAt }) => ({
      epoch,
      // Of one account it is only whether it is closed by a loss that nobody looked at.
      ...(isOne ? {} : { reached, held, heldBy, foundAt }),
    })),
  }
}

interface Released {
  readonly done: boolean
  readonly outcome: 'released' | 'nothing-closed' | 'unknown-account'
}

/** Two people have looked at what is lost. */
export async function releaseRecovery(tx: Tx, tenant: InstitutionId, by: Approved, at: number): Promise<Released> {
  const request = releaseShape.parse(by.request)
  const last = await lastGap(tx, tenant)
  if (last === undefined) return { done: false, outcome: 'nothing-closed' }
  if (!('account' in request) && !('voucher' in request)) {
    await tx.run(
      'UPDATE recovery SET released_at = ?, proposal = ? WHERE tenant = ? AND released_at IS NULL',
      ...[BigInt(at), by.digest, tenant],
    )
    return { done: true, outcome: 'released' }
  }
  const account =
    'account' in request ? accountId('deposit', request.account) : accountId('voucher-liability', request.voucher)
  // In whichever chain: each payee of a host has its own.
  const known = await tx.one('SELECT id FROM account WHERE id = ? LIMIT 1', account)
  if (known === undefined) return { done: false, outcome: 'unknown-account' }
  if (!(await isUnderReview(tx, tenant, account))) return { done: false, outcome: 'nothing-closed' }
  await tx.run(
    'INSERT INTO recovery_release (tenant, account, epoch, released_at, proposal) VALUES (?, ?, ?, ?, ?)',
    ...[tenant, account, last, BigInt(at), by.digest],
  )
  return { done: true, outcome: 'released' }
}

async function lastGap(tx: ReadTx, tenant: InstitutionId): Promise<bigint | undefined> {
  const row = await tx.one<{ epoch: bigint | null }>(
    'SELECT max(epoch) AS epoch FROM recovery WHERE tenant = ? AND released_at IS NULL',
    tenant,
  )
  return row?.epoch ?? undefined
}
