/**
 * The trial balance: in each asset, what stands on accounts that grow by debit equals what stands on those that grow by credit. It
 * adds up the balances as they are kept; that these follow from the entries is proved by the audit.
 */
import type { ReadTx } from '../store/store.ts'
import { type AccountClass, chart } from './chart.ts'

export interface TrialBalance {
  /** Its id, such as a currency's code. */
  readonly asset: string
  readonly debitMinor: bigint
  readonly creditMinor: bigint
}

/** Of each chain's assets that are not even: none, where the books are in order. */
export async function unevenBalances(tx: ReadTx): Promise<readonly TrialBalance[]> {
  const rows = await tx.all<{ chain: string; class: AccountClass; asset: string; minor: bigint }>(
    `SELECT account.chain, account.class, account.asset, sum(balance.posted) AS minor
     FROM account JOIN balance ON balance.chain = account.chain AND balance.account = account.id
     GROUP BY account.chain, account.class, account.asset ORDER BY account.chain, account.asset`,
  )
  const sums = new Map<string, { asset: string; debitMinor: bigint; creditMinor: bigint }>()
  for (const row of rows) {
    const key = `${row.chain} ${row.asset}`
    const sum = sums.get(key) ?? { asset: row.asset, debitMinor: 0n, creditMinor: 0n }
    sums.set(key, sum)
    if (chart[row.class].normal === 'debit') sum.debitMinor += row.minor
    else sum.creditMinor += row.minor
  }
  return [...sums.values()].filter(({ debitMinor, creditMinor }) => debitMinor !== creditMinor)
}
