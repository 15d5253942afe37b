/**
 * What customers block at once by telephone, day and night, when something is lost: the account, which nothing leaves any
 * more; the telephone, by which nobody signs in any more; all their vouchers, which their payees are told to close; or their
 * cards, which sign nothing any more (`cards/cards.ts`). Only two people at a branch open again what was blocked, for whoever
 * brings an identity card.
 *
 *     1 block    ──▶ blocked   at the customer's word
 *     2 lift     blocked ──▶ lifted    by two people; blocked again, it is another block
 */
import { z } from 'zod'
import { type AccountNumber, accountNumberShape, type IntentId } from '../ids.ts'
import { type Carried, type Kind, onFacts } from '../institution/decisions.ts'
import { signedFacts } from '../institution/signed-facts.ts'
import { InvariantBroken, steppedOnce } from '../invariant.ts'
import type { Channel } from '../origin.ts'
import { now } from '../runtime.ts'
import type { Migration } from '../store/migrations.ts'
import { once } from '../store/once.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { Blockable, Blocking } from './bank.ts'
import type { Branch } from './branch.ts'
import { blockCards } from './cards/cards.ts'
import { type ConfirmationKind, confirmInWriting } from './confirmations/write.ts'
import { blockVouchers } from './voucher-notices.ts'

export const blockMigrations: readonly Migration[] = [
  {
    room: 'bank-blocks',
    number: 1,
    sql: `
      CREATE TABLE customer_block (
        tenant TEXT NOT NULL,
        -- The intent by which the customer asked for it.
        id TEXT NOT NULL,
        account TEXT NOT NULL,
        what TEXT NOT NULL CHECK (what IN ('account', 'telephone')),
        channel TEXT NOT NULL,
        blocked_at INTEGER NOT NULL,
        lifted_at INTEGER,
        -- The decision of two people.
        lifted_by TEXT,
        PRIMARY KEY (tenant, account, id),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account),
        CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE UNIQUE INDEX customer_block_in_force ON customer_block (tenant, account, what) WHERE lifted_at IS NULL;
      CREATE TRIGGER customer_block_stands_for_ever BEFORE DELETE ON customer_block
        BEGIN SELECT RAISE(ABORT, 'a block stands for ever'); END`,
  },
]

const blocked = {
  account: 'account-blocked',
  telephone: 'telephone-blocked',
} as const satisfies Record<string, ConfirmationKind>

export interface BlockRequest {
  readonly intent: IntentId
  readonly account: AccountNumber
  readonly what: Blockable
  readonly channel: Channel
}

export async function block(branch: Branch, { intent: id, account, what, channel }: BlockRequest): Promise<Blocking> {
  const { runtime, store, config, mail } = branch
  runtime.reached('block.requested')
  const at = now(branch)
  const intent = { tenant: config.id, principal: account, id, kind: 'block', request: { what } }
  const told = { id: `block ${account} ${id}`, account, at }
  const outcome = await store.execute(tx =>
    once<Blocking>(tx, intent, async () => {
      if (what === 'vouchers') {
        const vouchers = await blockVouchers(tx, branch, account, at)
        if (vouchers.outcome === 'blocked') await confirmInWriting(tx, branch, { ...told, kind: 'vouchers-blocked' })
        return vouchers
      }
      if (what === 'card') return blockCards(tx, branch, account, id, at)
      const isNew = await tx.run(
        `INSERT INTO customer_block (tenant, id, account, what, channel, blocked_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (tenant, account, what) WHERE lifted_at IS NULL DO NOTHING`,
        ...[config.id, id, account, what, channel, BigInt(at)],
      )
      if (isNew === 0n) return { outcome: 'already-blocked' }
      await confirmInWriting(tx, branch, { ...told, kind: blocked[what] })
      return { outcome: 'blocked' }
    }),
  )
  runtime.reached('block.committed')
  mail.wake()
  // Something else under the same intent is a fault of the asker, and no caller can do anything about it.
  if (outcome.outcome === 'intent-reused') throw new InvariantBroken('an intent was used for two blocks', id)
  return outcome
}

/** Whether its holder has blocked it, and nobody opened it again since. */
export async function isBlocked(
  tx: ReadTx,
  { config }: Pick<Branch, 'config'>,
  account: AccountNumber,
  what: 'account' | 'telephone',
): Promise<boolean> {
  const row = await tx.one(
    'SELECT id FROM customer_block WHERE tenant = ? AND account = ? AND what = ? AND lifted_at IS NULL',
    config.id,
    account,
    what,
  )
  return row !== undefined
}

const liftShape = z.strictObject({
  account: accountNumberShape,
  what: z.enum(['account', 'telephone']),
  facts: signedFacts,
})

/** `lift-block`. Blocked again since it was proposed, it is another block. */
export function liftingDecision(branch: Branch): Kind {
  return onFacts({
    roles: ['teller', 'officer'],
    shape: liftShape,
    facts: async (tx, request) => {
      const { account, what } = liftShape.parse(request)
      return tx.one<{ since: bigint; channel: string }>(
        `SELECT blocked_at AS since, channel FROM customer_block
         WHERE tenant = ? AND account = ? AND what = ? AND lifted_at IS NULL`,
        ...[branch.config.id, account, what],
      )
    },
    carryOut: (tx, approved, at) => liftBlock(tx, branch, approved, at),
  })
}

/** Two people have seen the holder's identity card. */
async function liftBlock(
  tx: Tx,
  branch: Branch,
  { request, digest }: { readonly request: unknown; readonly digest: string },
  at: number,
): Promise<Carried> {
  const { account, what } = liftShape.parse(request)
  if (!(await isBlocked(tx, branch, account, what))) return { done: false, outcome: 'not-blocked' }
  const lifted = await tx.run(
    `UPDATE customer_block SET lifted_at = ?, lifted_by = ?
     WHERE tenant = ? AND account = ? AND what = ? AND lifted_at IS NULL`,
    ...[BigInt(at), digest, branch.config.id, account, what],
  )
  steppedOnce(lifted, 'a block was lifted that is not in force', account)
  await confirmInWriting(tx, branch, { id: `lift ${digest}`, account, kind: 'block-lifted', at })
  return { done: true, outcome: 'lifted' }
}
