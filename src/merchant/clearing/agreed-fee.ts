/**
 * What a bank may keep of what it clears: two officers of the payee agree to it beforehand, in hundredths of a percent of captures. A result
 * that keeps more contradicts, and nothing of it is booked before they agree, or accept it as it is (`accept-result.ts`). A bank to which
 * nobody has agreed keeps nothing.
 */
import { z } from 'zod'
import type { Result } from '../../clearing/result.ts'
import { type InstitutionId, institutionIdShape } from '../../ids.ts'
import { type Carried, type Kind, onFacts } from '../../institution/decisions.ts'
import { signedFacts } from '../../institution/signed-facts.ts'
import type { Approved } from '../../keys/approval.ts'
import { pinnings } from '../../mail/peers.ts'
import type { Migration } from '../../store/migrations.ts'
import type { ReadTx, Tx } from '../../store/store.ts'

export const agreedFeeMigrations: readonly Migration[] = [
  {
    room: 'agreed-fee',
    number: 1,
    sql: `
      -- Of the house: a host agrees for all its payees. The last one of a bank counts.
      CREATE TABLE agreed_fee (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        number INTEGER NOT NULL CHECK (number >= 1),
        basis_points INTEGER NOT NULL CHECK (basis_points BETWEEN 0 AND 10000),
        at INTEGER NOT NULL,
        -- Without one: what the bank had kept before anybody was asked.
        decision TEXT,
        PRIMARY KEY (tenant, bank, number),
        CHECK (decision IS NOT NULL OR number = 1)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER agreed_fee_is_never_changed BEFORE UPDATE ON agreed_fee
        BEGIN SELECT RAISE(ABORT, 'what was agreed on stands for ever'); END;
      CREATE TRIGGER agreed_fee_stands_for_ever BEFORE DELETE ON agreed_fee
        BEGIN SELECT RAISE(ABORT, 'what was agreed on stands for ever'); END;
      INSERT INTO agreed_fee (tenant, bank, number, basis_points, at)
        SELECT house.tenant, bank, 1, max(min(10000, CAST(10000.0 * fee / captured AS INTEGER) + 1)), 0
        FROM day_end_file, (SELECT tenant FROM person UNION SELECT tenant FROM institution WHERE (SELECT count(*) FROM institution) = 1) AS house
        WHERE fee > 0 AND captured > 0 GROUP BY house.tenant, bank`,
  },
]

/** Hundredths of a percent. */
async function agreedFee(tx: ReadTx, house: InstitutionId, bank: InstitutionId): Promise<bigint> {
  const row = await tx.one<{ points: bigint }>(
    'SELECT basis_points AS points FROM agreed_fee WHERE tenant = ? AND bank = ? ORDER BY number DESC LIMIT 1',
    ...[house, bank],
  )
  return row?.points ?? 0n
}

/** In words, when a result keeps more than was agreed on. */
export async function feeBeyond(
  tx: ReadTx,
  house: InstitutionId,
  bank: InstitutionId,
  { settlement: { captures, fee } }: Pick<Result, 'settlement'>,
): Promise<string | undefined> {
  const points = await agreedFee(tx, house, bank)
  const most = (captures * points) / 10_000n
  return fee > most ? `a fee of ${fee} is kept, and ${most} of ${captures} was agreed on` : undefined
}

const shape = z.strictObject({
  bank: institutionIdShape,
  basisPoints: z
    .union([z.int(), z.bigint()])
    .transform(BigInt)
    .refine(points => points >= 0n && points <= 10_000n),
  facts: signedFacts,
})

/** `afterwards`: results that waited for it are looked at again. */
export function agreeFeeDecision(house: InstitutionId, afterwards: () => void): Readonly<Record<'agree-fee', Kind>> {
  return {
    'agree-fee': onFacts({
      roles: ['officer'],
      shape,
      // What it is until then.
      facts: async (tx, request) => ({ agreed: await agreedFee(tx, house, shape.parse(request).bank) }),
      carryOut: (tx, approved, at) => agree(tx, house, approved, at),
      afterwards: async () => afterwards(),
    }),
  }
}

async function agree(tx: Tx, house: InstitutionId, { request, digest }: Approved, at: number): Promise<Carried> {
  const { bank, basisPoints } = shape.parse(request)
  if (!(await pinnings(tx, house)).some(({ peer }) => peer === bank)) return { done: false, outcome: 'not-its-bank' }
  await tx.run(
    `INSERT INTO agreed_fee (tenant, bank, number, basis_points, at, decision)
     SELECT ?, ?, coalesce(max(number), 0) + 1, ?, ?, ? FROM agreed_fee WHERE tenant = ? AND bank = ?`,
    ...[house, bank, basisPoints, BigInt(at), digest, house, bank],
  )
  return { done: true, outcome: 'agreed' }
}
