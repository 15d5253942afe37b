/**
 * A bank that leaves a payee: by the decision of two officers what is unsold of it becomes unsellable, and letters list it, batch
 * by batch, so that the payee withdraws it for ever. What was sold stays what it is. From then on the bank orders nothing of this
 * payee, takes no batch that was on its way, and sells none.
 */
import { z } from 'zod'
import { raiseAlarm } from '../alarm.ts'
import { type InstitutionId, institutionIdShape } from '../ids.ts'
import type { Carried, Kind } from '../institution/decisions.ts'
import { isClosedTo } from '../mail/gate.ts'
import { mostRecords } from '../mail/messages.ts'
import { writeLetter } from '../mail/outbox.ts'
import type { LetterHandler } from '../mail/reception.ts'
import { now } from '../runtime.ts'
import type { Migration } from '../store/migrations.ts'
import type { Tx } from '../store/store.ts'
import type { Branch } from './branch.ts'
import { closeOpenOrders, hasLeft } from './orders.ts'

export const leavingMigrations: readonly Migration[] = [
  {
    room: 'bank-leaving',
    number: 1,
    sql: `
      CREATE TABLE payee_left (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        payee TEXT NOT NULL,
        -- Of two officers.
        decision TEXT NOT NULL,
        at INTEGER NOT NULL,
        -- How many records were unsold, and listed.
        records INTEGER NOT NULL CHECK (records >= 0),
        PRIMARY KEY (tenant, payee)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER payee_left_is_never_changed BEFORE UPDATE ON payee_left
        BEGIN SELECT RAISE(ABORT, 'a bank that left has left'); END;
      CREATE TRIGGER payee_left_is_never_forgotten BEFORE DELETE ON payee_left
        BEGIN SELECT RAISE(ABORT, 'a bank that left has left'); END`,
  },
]

const leaveShape = z.strictObject({ payee: institutionIdShape })

export function leavingDecision(branch: Branch): Readonly<Record<'leave-payee', Kind>> {
  return {
    'leave-payee': {
      roles: ['officer'],
      carryOut: (tx, { request, digest }, at) => leave(tx, branch, leaveShape.parse(request).payee, digest, at),
      afterwards: async () => branch.mail.wake(),
    },
  }
}

async function leave(tx: Tx, branch: Branch, payee: InstitutionId, decision: string, at: number): Promise<Carried> {
  const { config } = branch
  const { id: tenant } = config
  if (!config.payees.some(({ id }) => id === payee)) return { done: false, outcome: 'unknown-payee' }
  if (await hasLeft(tx, tenant, payee)) return { done: false, outcome: 'has-left' }
  if (await isClosedTo(tx, tenant, payee)) return { done: false, outcome: 'payee-out-of-reach' }
  await closeOpenOrders(tx, branch, payee, 'this bank leaves')
  const unsold = await tx.all<{ batch: string; serial: bigint }>(
    `UPDATE stock SET state = 'unsellable' WHERE tenant = ? AND payee = ? AND state = 'in stock' RETURNING batch, serial`,
    tenant,
    payee,
  )
  const ordered = unsold.toSorted((a, b) =>
    a.batch === b.batch ? Number(a.serial - b.serial) : a.batch < b.batch ? -1 : 1,
  )
  for (const [batch, serials] of byBatch(ordered)) {
    for (let from = 0; from < serials.length; from += mostRecords) {
      const body = { leaving: decision, batch, serials: serials.slice(from, from + mostRecords) }
      await writeLetter(tx, { from: tenant, to: payee, type: 'records-unsold', body })
    }
  }
  await tx.run(
    'INSERT INTO payee_left (tenant, payee, decision, at, records) VALUES (?, ?, ?, ?, ?)',
    ...[tenant, payee, decision, BigInt(at), BigInt(unsold.length)],
  )
  return { done: true, outcome: 'left' }
}

function byBatch(records: readonly { batch: string; serial: bigint }[]): ReadonlyMap<string, readonly bigint[]> {
  const batches = new Map<string, bigint[]>()
  for (const { batch, serial } of records) batches.set(batch, [...(batches.get(batch) ?? []), serial])
  return batches
}

/** A list that the payee does not take contradicts what it knows of our sales: people look into it. */
export function unsoldAnswers(branch: Branch): LetterHandler<'records-unsold'> {
  return {
    answered: async (tx, payee, _place, verdict) => {
      if (verdict.outcome === 'accepted') return
      const detail = `a list of unsold records: ${verdict.reason}`
      await raiseAlarm(tx, branch.config.id, { peer: payee, kind: 'letter-refused', detail, at: now(branch) })
    },
  }
}
