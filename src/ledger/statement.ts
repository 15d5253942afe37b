/** What has happened on an account, newest first: postings and captures. Reservations are not on a statement. */
import type { Money } from '../money.ts'
import type { ReadTx } from '../store/store.ts'
import { type AccountId, chart, classOf, parseAccountId } from './chart.ts'

export interface StatementLine {
  readonly seq: bigint
  readonly id: string
  readonly at: number
  readonly businessDate: string
  readonly kind: string
  readonly reference: string
  /** Positive: the account grew. */
  readonly change: Money
  /** The other accounts of the same posting. */
  readonly others: readonly AccountId[]
}

export async function statement(
  tx: ReadTx,
  account: AccountId,
  limit: number,
  chain: string,
): Promise<readonly StatementLine[]> {
  const rows = await tx.all<Row>(
    `${select} ORDER BY entry.seq DESC, entry.line DESC LIMIT ?`,
    chain,
    account,
    BigInt(limit),
  )
  return linesOf(tx, account, rows, chain)
}

/** The newest line with this reference. */
export async function lineOf(
  tx: ReadTx,
  account: AccountId,
  reference: string,
  chain: string,
): Promise<StatementLine | undefined> {
  const rows = await tx.all<Row>(
    `${select} AND reference = ? ORDER BY entry.seq DESC, entry.line DESC LIMIT 1`,
    chain,
    account,
    reference,
  )
  return (await linesOf(tx, account, rows, chain))[0]
}

type Row = {
  readonly seq: bigint
  readonly id: string
  readonly at: bigint
  readonly business_date: string
  readonly kind: string
  readonly reference: string
  readonly side: string
  readonly minor: bigint
  readonly asset: string
  readonly scale: bigint
}

const select = `
  SELECT journal.seq, journal.id, at, business_date, kind, reference, side, minor, asset, scale
  FROM entry JOIN journal ON journal.chain = entry.chain AND journal.seq = entry.seq
  WHERE entry.chain = ? AND entry.account = ? AND event NOT IN ('reserve', 'accrue', 'start')`

async function linesOf(
  tx: ReadTx,
  account: AccountId,
  rows: readonly Row[],
  chain: string,
): Promise<readonly StatementLine[]> {
  const lines: StatementLine[] = []
  for (const row of rows) {
    const others = await tx.all<{ account: string }>(
      'SELECT DISTINCT account FROM entry WHERE chain = ? AND seq = ? AND account <> ? ORDER BY account',
      chain,
      row.seq,
      account,
    )
    const grew = row.side === chart[classOf(account)].normal
    lines.push({
      seq: row.seq,
      id: row.id,
      at: Number(row.at),
      businessDate: row.business_date,
      kind: row.kind,
      reference: row.reference,
      change: { minor: grew ? row.minor : -row.minor, asset: { code: row.asset, scale: Number(row.scale) } },
      others: others.map(other => parseAccountId(other.account)),
    })
  }
  return lines
}
