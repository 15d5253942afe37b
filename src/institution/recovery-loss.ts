/**
 * The loss that two people book after the books went back in time: what an account lost in them is given back to it, or what
 * was spent in them is taken from it, against the account `recovery-loss`.
 */
import { z } from 'zod'
import { accountNumberShape, type InstitutionId, institutionIdShape, voucherNumberShape } from '../ids.ts'
import type { Approved } from '../keys/approval.ts'
import { accountExists, openAccount } from '../ledger/accounts.ts'
import { businessDate, type Calendar } from '../ledger/business-date.ts'
import { type AccountId, accountId } from '../ledger/chart.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { integer } from '../mail/letter.ts'
import { type Asset, isPayable } from '../money.ts'
import { columnsOf } from '../store/amount-columns.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { Carried, Kind } from './decisions.ts'

export const recoveryLossMigrations: readonly Migration[] = [
  {
    room: 'recovery-loss',
    number: 1,
    sql: `
      -- Minor units are below zero where they were taken. The id is the digest of the decision.
      CREATE TABLE recovery_loss (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        id TEXT NOT NULL,
        account TEXT NOT NULL,
        minor INTEGER NOT NULL CHECK (minor <> 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        why TEXT NOT NULL CHECK (why <> ''),
        PRIMARY KEY (tenant, id)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER recovery_loss_is_never_changed BEFORE UPDATE ON recovery_loss
        BEGIN SELECT RAISE(ABORT, 'a loss that was booked stands for ever'); END;
      CREATE TRIGGER recovery_loss_is_never_forgotten BEFORE DELETE ON recovery_loss
        BEGIN SELECT RAISE(ABORT, 'a loss that was booked stands for ever'); END`,
  },
]

const recoveryLoss = accountId('recovery-loss')

const bookShape = z.strictObject({
  of: z.union([
    z.strictObject({ account: accountNumberShape }),
    z.strictObject({ voucher: voucherNumberShape }),
    z.strictObject({ payee: institutionIdShape }),
  ]),
  way: z.enum(['give', 'take']),
  minor: integer,
  why: z.string().min(1).max(200),
})

type Booking = z.output<typeof bookShape>

interface Books {
  readonly tenant: InstitutionId
  readonly chain: string
  readonly calendar: Calendar
  readonly currency: Asset
  /** Why the business cannot bear it; undefined: it can. */
  readonly refused?: (tx: ReadTx, booking: Booking) => Promise<string | undefined>
  /** After a posting to `account`: the business's own rows follow it. */
  readonly booked?: (tx: Tx, account: AccountId) => Promise<void>
}

/** `book-loss`: officers alone. */
export function lossDecisions(books: Books): Readonly<Record<string, Kind>> {
  return { 'book-loss': { roles: ['officer'], carryOut: (tx, approved, at) => book(tx, books, approved, at) } }
}

async function book(tx: Tx, books: Books, { request, digest }: Approved, at: number): Promise<Carried> {
  const { tenant, chain, calendar, currency } = books
  const booking = bookShape.parse(request)
  const { of, way, minor, why } = booking
  const amount = { minor, asset: currency }
  if (!isPayable(amount, currency)) return { done: false, outcome: 'refused-amount' }
  const account = accountOf(of)
  if (!(await accountExists(tx, account, chain))) return { done: false, outcome: 'unknown-account' }
  const refused = await books.refused?.(tx, booking)
  if (refused !== undefined) return { done: false, outcome: refused }
  const date = await businessDate(tx, calendar, at)
  await openAccount(tx, { chain, account: recoveryLoss, asset: currency, at, businessDate: date })
  const posted = await post(tx, {
    chain,
    id: `loss ${digest}`,
    at,
    businessDate: date,
    kind: 'recovery-loss',
    entries:
      way === 'give'
        ? [debit(recoveryLoss, amount), credit(account, amount)]
        : [debit(account, amount), credit(recoveryLoss, amount)],
  })
  if (posted.outcome !== 'posted') return { done: false, outcome: posted.outcome }
  const [, asset, scale] = columnsOf(amount)
  await tx.run(
    'INSERT INTO recovery_loss (tenant, id, account, minor, asset, scale, why) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[tenant, digest, account, way === 'give' ? minor : -minor, asset, scale, why],
  )
  await books.booked?.(tx, account)
  return { done: true, outcome: 'booked' }
}

function accountOf(of: Booking['of']): AccountId {
  if ('account' in of) return accountId('deposit', of.account)
  if ('voucher' in of) return accountId('voucher-liability', of.voucher)
  return accountId('float', of.payee)
}
