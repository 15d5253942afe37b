/** How a payee stands with each of its banks: the register by amount, what is promised and owed, and what the bank holds for it. */
import { type InstitutionId, institutionIdShape } from '../../ids.ts'
import { minutesOf } from '../../institution/config.ts'
import { accountExists, balanceOf } from '../../ledger/accounts.ts'
import { businessDate, datesToClose } from '../../ledger/business-date.ts'
import type { AccountId } from '../../ledger/chart.ts'
import { endOfDate } from '../../ledger/cut-off.ts'
import type { Money } from '../../money.ts'
import { now } from '../../runtime.ts'
import { type AmountColumns, amountOf } from '../../store/amount-columns.ts'
import type { ReadTx } from '../../store/store.ts'
import { banksOf, dueFrom, paidOutBy, type Shop, settledAt } from '../shop.ts'

/** Voucher records of one amount that one bank was sent. */
export interface RecordsOf {
  readonly amount: Money
  /** At the bank, as far as this payee knows: not sold, and not withdrawn. */
  readonly unsold: number
  /** Sold, and worth something still; locked ones too. */
  readonly active: number
  /** Sold, and used up or ended. */
  readonly over: number
  /** Ordered by the bank and not delivered yet. */
  readonly ordered: number
  /** Less than a quarter of the bank's latest order of this amount is left. */
  readonly isLow: boolean
}

export interface BankStanding {
  readonly bank: InstitutionId
  readonly records: readonly RecordsOf[]
  /** What the bank owes for vouchers that it sold and that no day end has cleared. */
  readonly due: Money
  /** What it holds for the payee: cleared, and not paid out. */
  readonly settled: Money
  /** Paid to the payee's own account there, ever since. */
  readonly paidOut: Money
}

export interface Today {
  /** The business date of now, `2026-11-22`. */
  readonly date: string
  /** Minutes after midnight at which it ends, in the payee's zone. */
  readonly cutOffMinutes: number
  /** Dates that are over and not closed: the night's work is late. */
  readonly toClose: readonly string[]
  /** What happened on it, by kind. */
  readonly totals: readonly { readonly kind: HappeningKind; readonly count: number; readonly amount: Money }[]
}

type RecordsRow = AmountColumns & {
  readonly bank: string
  readonly unsold: bigint
  readonly active: bigint
  readonly over: bigint
}

type OrderRow = {
  readonly bank: string
  readonly minor: bigint
  readonly latest: bigint
  readonly open: bigint
}

export async function standings({ store, config, ...shop }: Shop): Promise<readonly BankStanding[]> {
  return store.read(async tx => {
    const rows = await tx.all<RecordsRow>(
      `SELECT bank, minor, asset, scale, sum(state = 'issued') - sum(state = 'issued' AND EXISTS (SELECT 1 FROM withdrawn_record AS gone
           WHERE gone.tenant = voucher.tenant AND gone.number = voucher.number)) AS unsold,
         sum(state IN ('active', 'locked', 'identity required')) AS active, sum(state IN ('exhausted', 'terminated')) AS over
       FROM voucher WHERE tenant = ? GROUP BY bank, minor, asset, scale ORDER BY bank, minor`,
      config.id,
    )
    // Of the bare column SQLite takes the row that has the maximum (https://www.sqlite.org/lang_select.html, section 2.5).
    const orders = await tx.all<OrderRow & { at: bigint }>(
      `SELECT bank, minor, max(ordered_at) AS at, count AS latest, sum(CASE WHEN batch IS NULL THEN count ELSE 0 END) AS open
       FROM batch_order WHERE tenant = ? GROUP BY bank, minor`,
      config.id,
    )
    const pinned = (await banksOf(tx, { ...shop })).map(({ bank }) => bank)
    const left = rows.map(({ bank }) => institutionIdShape.parse(bank)).filter(bank => !pinned.includes(bank))
    const standing: BankStanding[] = []
    for (const bank of [...pinned, ...new Set(left)]) {
      const at = (account: AccountId) => balanceAt(tx, { ...shop, config }, account)
      standing.push({
        bank,
        records: rows.filter(row => row.bank === bank).map(row => recordsOf(row, orders)),
        ...{ due: await at(dueFrom(bank)), settled: await at(settledAt(bank)), paidOut: await at(paidOutBy(bank)) },
      })
    }
    return standing
  })
}

function recordsOf(row: RecordsRow, orders: readonly OrderRow[]): RecordsOf {
  const order = orders.find(({ bank, minor }) => bank === row.bank && minor === row.minor)
  const { latest = 0n, open = 0n } = order ?? {}
  return {
    amount: amountOf(row),
    ...{ unsold: Number(row.unsold), active: Number(row.active), over: Number(row.over), ordered: Number(open) },
    isLow: row.unsold * 4n < latest,
  }
}

/** Nothing, before the first day end has opened it. */
async function balanceAt(tx: ReadTx, { chain, config }: Pick<Shop, 'chain' | 'config'>, account: AccountId) {
  if (!(await accountExists(tx, account, chain))) return { minor: 0n, asset: config.currency }
  return (await balanceOf(tx, account, chain)).posted
}

/** What counts as done: of a hold, what was taken of it. */
export const isDone = `journal.event NOT IN ('open', 'reserve', 'accrue', 'start')`
const kinds = ['payment', 'listening', 'reversal', 'refund', 'termination', 'card-payment', 'card-refund'] as const
/** What people of a payee look at. */
export type HappeningKind = (typeof kinds)[number]
/** The same, as SQL. */
export const happeningKinds = `(${kinds.map(kind => `'${kind}'`).join(', ')})`

/** The business date of now, `2026-11-22`. */
export function dateOfNow(shop: Shop): Promise<string> {
  return shop.store.read(tx => businessDate(tx, shop.calendar, now(shop)))
}

export async function today(shop: Shop): Promise<Today> {
  const { store, config, calendar, chain } = shop
  const at = now(shop)
  return store.read(async tx => {
    const date = await businessDate(tx, calendar, at)
    const rows = await tx.all<AmountColumns & { kind: HappeningKind; count: bigint }>(
      `SELECT kind, count(*) AS count, sum(entry.minor) AS minor, asset, scale
       FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'debit'
       WHERE journal.chain = ? AND business_date = ? AND kind IN ${happeningKinds} AND ${isDone}
         AND journal.seq > ?
       GROUP BY kind, asset, scale ORDER BY kind`,
      ...[chain, date, await rowBefore(tx, shop, date)],
    )
    return {
      ...{ date, cutOffMinutes: minutesOf(config.cutOff), toClose: await datesToClose(tx, calendar, chain, at) },
      totals: rows.map(row => ({ kind: row.kind, count: Number(row.count), amount: amountOf(row) })),
    }
  })
}

const dayMs = 86_400_000
/** A date may be closed late, after rows of the next one. This long before a date no clock has stamped a row with it. */
const earlyMs = 2 * dayMs

/** A row of the journal before all those of the date: what stands before it needs not be read. */
export async function rowBefore(tx: ReadTx, { config, calendar }: Shop, date: string): Promise<bigint> {
  const row = await tx.one<{ seq: bigint | null }>(
    'SELECT max(seq) AS seq FROM business_date WHERE tenant = ? AND date < ? AND closed_at <= ?',
    ...[config.id, date, BigInt(endOfDate(calendar, date) - dayMs - earlyMs)],
  )
  return row?.seq ?? 0n
}
