/**
 * What waits in suspense, and its way out. Money comes there by itself, one posting for each: what a day end or another bank
 * gave back for an account that is closed (`suspense`), and what another bank credited for us while nothing of ours was on its way
 * (`suspense:B`, below zero: we owe it). Only people know whose it is: two officers move each to where it belongs, once, and sign what
 * the books say of it (`suspense-items.ts`).
 *
 *     posted to suspense ──▶ waiting
 *     clear   waiting    ──▶ cleared, for ever   to an account, over the counter, as a loss of the bank, or out of what is held for the
 *                                                payee whose payout it was
 */
import { z } from 'zod'
import { type AccountNumber, accountNumberShape, type InstitutionId } from '../ids.ts'
import { type Carried, type Kind, onFacts } from '../institution/decisions.ts'
import { isUnderReview } from '../institution/gap.ts'
import { signedFacts } from '../institution/signed-facts.ts'
import type { Approved } from '../keys/approval.ts'
import { openAccount } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { type AccountId, accountId, ownerOf, parseAccountId } from '../ledger/chart.ts'
import { credit, debit, post } from '../ledger/post.ts'
import type { Money } from '../money.ts'
import { amountOf, columnsOf } from '../store/amount-columns.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { type Branch, depositOf, settlementOf, vault } from './branch.ts'
import { isFileUnderWay } from './clearing/files.ts'
import { customerOf } from './customers.ts'
import { factsOfItem, type ItemRow, itemRow, itemRows, whose } from './suspense-items.ts'

export const suspenseMigrations: readonly Migration[] = [
  {
    room: 'bank-suspense',
    number: 1,
    sql: `
      -- The id is the digest of the decision.
      CREATE TABLE suspense_cleared (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        id TEXT NOT NULL,
        -- The posting that brought it to suspense, by its id in the journal, and the account of suspense.
        item TEXT NOT NULL,
        account TEXT NOT NULL,
        to_account TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor > 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        why TEXT NOT NULL CHECK (why <> ''),
        posting INTEGER NOT NULL,
        PRIMARY KEY (tenant, id),
        UNIQUE (tenant, item),
        UNIQUE (tenant, posting)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER suspense_cleared_is_never_changed BEFORE UPDATE ON suspense_cleared
        BEGIN SELECT RAISE(ABORT, 'what was cleared stands for ever'); END;
      CREATE TRIGGER suspense_cleared_stands_for_ever BEFORE DELETE ON suspense_cleared
        BEGIN SELECT RAISE(ABORT, 'what was cleared stands for ever'); END`,
  },
]

export interface SuspenseItem {
  /** By which it is cleared: the id of the posting that brought it there. */
  readonly item: string
  readonly since: number
  readonly amount: Money
  /** `kept`: somebody's, and their account is closed. `owed`: to another bank, which credited it for us. */
  readonly kind: 'kept' | 'owed'
  /** The other bank that it is owed to. */
  readonly bank: string | undefined
  /** Whose it was, where the books know. */
  readonly account: AccountNumber | undefined
  /** Of a payout to another bank that was given up: the private payee for whom it was held. */
  readonly payee: InstitutionId | undefined
}

/** Oldest first. */
export function suspenseItems(branch: Branch): Promise<SuspenseItem[]> {
  return branch.store.read(async tx => {
    const items: SuspenseItem[] = []
    for (const row of await itemRows(tx, branch)) {
      items.push({
        ...{ item: row.item, since: Number(row.at), amount: amountOf(row) },
        kind: row.side === 'credit' ? 'kept' : 'owed',
        bank: ownerOf(parseAccountId(row.account)) || undefined,
        ...(await whose(tx, branch, row)),
      })
    }
    return items
  })
}

const clearShape = z.strictObject({
  item: z.string().min(1).max(200),
  to: z.union([z.strictObject({ account: accountNumberShape }), z.enum(['cash', 'loss', 'payee'])]),
  why: z.string().min(1).max(200),
  facts: signedFacts,
})

export function suspenseDecision(branch: Branch): Readonly<Record<'clear-suspense', Kind>> {
  return {
    'clear-suspense': onFacts({
      roles: ['officer'],
      shape: clearShape,
      facts: (tx, request) => {
        const { item, to } = clearShape.parse(request)
        return factsOfItem(tx, branch, { item, account: typeof to === 'string' ? undefined : to.account })
      },
      carryOut: (tx, approved, at) => clear(tx, branch, approved, at),
    }),
  }
}

async function clear(tx: Tx, branch: Branch, { request, digest }: Approved, at: number): Promise<Carried> {
  const { chain, config, calendar } = branch
  const { item, to, why } = clearShape.parse(request)
  const row = await itemRow(tx, branch, item)
  if (row === undefined) return { done: false, outcome: 'nothing-waits-there' }
  const isKept = row.side === 'credit'
  if (to === 'loss' && isKept) return { done: false, outcome: 'somebody-owns-it' }
  if (typeof to !== 'string') {
    const refused = await refusalOf(tx, branch, row, to.account)
    if (refused !== undefined) return { done: false, outcome: refused }
  }
  const payee = to === 'payee' && !isKept ? (await whose(tx, branch, row)).payee : undefined
  if (to === 'payee' && payee === undefined) return { done: false, outcome: 'not-a-payout' }
  if (payee !== undefined && (await isFileUnderWay(tx, config.id, payee)))
    return { done: false, outcome: 'day-end-under-way' }
  const date = await businessDate(tx, calendar, at)
  const [suspense, target] = [parseAccountId(row.account), payee ? settlementOf(payee) : accountOf(to)]
  if (to === 'loss') await openAccount(tx, { chain, account: target, asset: config.currency, at, businessDate: date })
  const amount = amountOf(row)
  const posted = await post(tx, {
    ...{ chain, id: `cleared ${digest}`, at, businessDate: date, kind: 'suspense-cleared' },
    entries: isKept
      ? [debit(suspense, amount), credit(target, amount)]
      : [debit(target, amount), credit(suspense, amount)],
  })
  // Too little on the account that it is taken from, or in the vault.
  if (posted.outcome !== 'posted') return { done: false, outcome: posted.outcome }
  await tx.run(
    `INSERT INTO suspense_cleared (tenant, id, item, account, to_account, minor, asset, scale, why, posting)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[config.id, digest, item, suspense, target, ...columnsOf(amount), why, posted.seq],
  )
  return { done: true, outcome: 'cleared' }
}

/**
 * What is owed is taken from nobody else than its sender, where the books know who that was. Where they do not, and of what is given, the
 * two sign the name of whoever has the account.
 */
async function refusalOf(tx: ReadTx, branch: Branch, row: ItemRow, account: AccountNumber) {
  if ((await customerOf(tx, branch.config.id, account)) === undefined) return 'unknown-account'
  if (row.side === 'credit') return undefined
  if (await isUnderReview(tx, branch.config.id, depositOf(account))) return 'under-review'
  const { account: sender, payee } = await whose(tx, branch, row)
  if (payee !== undefined) return 'not-its-sender'
  return sender === undefined || sender === account ? undefined : 'not-its-sender'
}

function accountOf(to: z.output<typeof clearShape>['to']): AccountId {
  if (to === 'cash') return vault
  return typeof to === 'string' ? accountId('write-off') : depositOf(to.account)
}
