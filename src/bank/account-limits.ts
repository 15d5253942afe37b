/**
 * Limits of one account, set by two people: instead of the bank's, for all channels together or for one. The latest word of a
 * channel counts; the bank's own limit for a channel stays where nothing is said of it.
 */
import { z } from 'zod'
import { type AccountNumber, accountNumberShape } from '../ids.ts'
import type { Carried, Kind } from '../institution/decisions.ts'
import type { Channel } from '../origin.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { Branch } from './branch.ts'
import type { Limit } from './config.ts'
import { customerOf } from './customers.ts'

export const accountLimitMigrations: readonly Migration[] = [
  {
    room: 'bank-account-limits',
    number: 1,
    sql: `
      CREATE TABLE account_limit (
        tenant TEXT NOT NULL,
        account TEXT NOT NULL,
        channel TEXT NOT NULL CHECK (channel IN ('every', 'telephone', 'page', 'terminal')),
        number INTEGER NOT NULL CHECK (number >= 1),
        per_item INTEGER NOT NULL CHECK (per_item >= 0),
        per_day INTEGER NOT NULL CHECK (per_day >= per_item),
        decision TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, account, channel, number),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER account_limit_is_never_changed BEFORE UPDATE ON account_limit
        BEGIN SELECT RAISE(ABORT, 'a limit that was set stands'); END;
      CREATE TRIGGER account_limit_is_never_forgotten BEFORE DELETE ON account_limit
        BEGIN SELECT RAISE(ABORT, 'a limit that was set stands'); END`,
  },
]

const minor = z
  .union([z.int(), z.bigint()])
  .transform(BigInt)
  .refine(amount => amount >= 0n && amount < 10n ** 15n)
const limitShape = z
  .strictObject({
    account: accountNumberShape,
    channel: z.enum(['every', 'telephone', 'page', 'terminal']),
    perItem: minor,
    perDay: minor,
  })
  .refine(({ perItem, perDay }) => perItem <= perDay)

export function accountLimitDecision(branch: Branch): Readonly<Record<'set-limit', Kind>> {
  return {
    'set-limit': {
      roles: ['teller', 'officer'],
      carryOut: async (tx, { request, digest }, at) => {
        const limit = limitShape.safeParse(request)
        if (!limit.success) return { done: false, outcome: 'no-limit' }
        return setLimit(tx, branch, limit.data, digest, at)
      },
    },
  }
}

async function setLimit(
  tx: Tx,
  { config: { id: tenant } }: Branch,
  { account, channel, perItem, perDay }: z.output<typeof limitShape>,
  decision: string,
  at: number,
): Promise<Carried> {
  if ((await customerOf(tx, tenant, account)) === undefined) return { done: false, outcome: 'unknown-account' }
  await tx.run(
    `INSERT INTO account_limit (tenant, account, channel, number, per_item, per_day, decision, at)
     SELECT ?, ?, ?, coalesce(max(number), 0) + 1, ?, ?, ?, ? FROM account_limit WHERE tenant = ? AND account = ? AND channel = ?`,
    ...[tenant, account, channel, perItem, perDay, decision, BigInt(at), tenant, account, channel],
  )
  return { done: true, outcome: 'limit-set' }
}

/** What counts for the account by this channel: its own where two people set one, else the bank's. */
export async function limitsFor(
  tx: ReadTx,
  { config: { id: tenant, limits } }: Branch,
  account: AccountNumber,
  channel: Channel,
): Promise<{ readonly any: Limit; readonly own: Limit | undefined }> {
  const set = await tx.all<{ channel: string; perItem: bigint; perDay: bigint }>(
    `SELECT channel, per_item AS perItem, per_day AS perDay FROM account_limit AS each WHERE tenant = ? AND account = ?
       AND number = (SELECT max(number) FROM account_limit AS other WHERE other.tenant = each.tenant
         AND other.account = each.account AND other.channel = each.channel)`,
    tenant,
    account,
  )
  const ofChannel = (name: string) => set.find(({ channel }) => channel === name)
  return { any: ofChannel('every') ?? limits, own: ofChannel(channel) ?? limits[channel] }
}
