/**
 * An account is closed at the branch, by two people: what is on it is paid out in cash, nobody signs in to it any more, and no
 * telephone is known for it. To callers it is as if it had never been; its number is never given out again. Vouchers that it
 * bought live on at their payees; what comes back of them later waits in suspense.
 */
import { z } from 'zod'
import { type AccountNumber, accountNumberShape } from '../ids.ts'
import { type Carried, type Kind, onFacts } from '../institution/decisions.ts'
import { isUnderReview } from '../institution/gap.ts'
import { signedFacts } from '../institution/signed-facts.ts'
import { balanceOf } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { credit, debit, post } from '../ledger/post.ts'
import type { Migration } from '../store/migrations.ts'
import type { Tx } from '../store/store.ts'
import { isBlocked } from './blocks.ts'
import { type Branch, depositOf, vault } from './branch.ts'
import { confirmInWriting } from './confirmations/write.ts'
import { customerOf } from './customers.ts'

export const closingMigrations: readonly Migration[] = [
  {
    room: 'bank-closing',
    number: 1,
    sql: `
      CREATE TABLE closed_account (
        tenant TEXT NOT NULL,
        account TEXT NOT NULL,
        decision TEXT NOT NULL,
        closed_at INTEGER NOT NULL,
        -- What was paid out in cash, by a posting 'closing <decision>' unless it was nothing.
        minor INTEGER NOT NULL CHECK (minor >= 0),
        PRIMARY KEY (tenant, account),
        FOREIGN KEY (tenant, account) REFERENCES bank_customer (tenant, account)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER closed_account_is_never_changed BEFORE UPDATE ON closed_account
        BEGIN SELECT RAISE(ABORT, 'a closed account stays closed'); END;
      CREATE TRIGGER closed_account_is_never_forgotten BEFORE DELETE ON closed_account
        BEGIN SELECT RAISE(ABORT, 'a closed account stays closed'); END`,
  },
]

const closeShape = z.strictObject({ account: accountNumberShape, facts: signedFacts })

export function closingDecision(branch: Branch): Readonly<Record<'close-account', Kind>> {
  return {
    'close-account': onFacts({
      roles: ['teller', 'officer'],
      shape: closeShape,
      // What is counted out over the counter: somebody may have paid into it meanwhile.
      facts: async (tx, request) => {
        const { account } = closeShape.parse(request)
        if ((await customerOf(tx, branch.config.id, account)) === undefined) return undefined
        const { posted } = await balanceOf(tx, depositOf(account), branch.chain)
        return { minor: posted.minor, currency: posted.asset.code }
      },
      carryOut: (tx, { request, digest }, at) => close(tx, branch, closeShape.parse(request), digest, at),
    }),
  }
}

async function close(
  tx: Tx,
  branch: Branch,
  { account }: z.output<typeof closeShape>,
  decision: string,
  at: number,
): Promise<Carried> {
  const { config, chain, calendar, pinTries } = branch
  const { id: tenant } = config
  const deposit = depositOf(account)
  if ((await customerOf(tx, tenant, account)) === undefined) return { done: false, outcome: 'unknown-account' }
  // Whoever blocked it shows an identity card first, so that nobody else carries the money away.
  if (await isBlocked(tx, branch, account, 'account')) return { done: false, outcome: 'account-blocked' }
  if (await isPaidInto(tx, branch, account)) return { done: false, outcome: 'private-payee' }
  if (await isUnderReview(tx, tenant, deposit)) return { done: false, outcome: 'under-review' }
  const { posted: amount, available } = await balanceOf(tx, deposit, chain)
  if (available.minor !== amount.minor) return { done: false, outcome: 'something-is-held' }
  if (amount.minor > 0n) {
    const paid = await post(tx, {
      ...{ chain, id: `closing ${decision}`, at, kind: 'closing' },
      businessDate: await businessDate(tx, calendar, at),
      entries: [debit(deposit, amount), credit(vault, amount)],
    })
    if (paid.outcome !== 'posted') return { done: false, outcome: 'not-enough-cash' }
  }
  await tx.run(
    'INSERT INTO closed_account (tenant, account, decision, closed_at, minor) VALUES (?, ?, ?, ?, ?)',
    ...[tenant, account, decision, BigInt(at), amount.minor],
  )
  await pinTries.changed(tx, account, undefined)
  await confirmInWriting(tx, branch, { id: `closing ${decision}`, account, kind: 'account-closed', at })
  return { done: true, outcome: 'closed' }
}

/** Whether its holder is a payee, or was one and has something to be paid out yet. */
async function isPaidInto(tx: Tx, { config, chain }: Branch, account: AccountNumber): Promise<boolean> {
  const row = await tx.one(
    `SELECT 1 AS found FROM private_payee AS own WHERE tenant = ? AND account = ?
       AND ((closed_at IS NULL) OR EXISTS (SELECT 1 FROM balance WHERE chain = ?
         AND balance.account IN ('float:' || payee, 'settlement:' || payee) AND posted <> 0)) LIMIT 1`,
    ...[config.id, account, chain],
  )
  return row !== undefined
}
