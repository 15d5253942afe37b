/**
 * How much may leave an account: per item, and cumulative per account, channel and business date, over vouchers and
 * transfers together. The sums are rows of the same transaction that moves the money, so two calls cannot both fit.
 */
import { steppedOnce } from '../invariant.ts'
import type { Money } from '../money.ts'
import type { Tx } from '../store/store.ts'
import type { AccountId } from './chart.ts'
import { LedgerFault } from './journal.ts'

/** `channel` `any` counts what leaves by every channel together. */
export interface Allowance {
  readonly channel: string
  readonly perItem: Money
  readonly perDay: Money
}

export interface Spending {
  readonly account: AccountId
  /** `telephone`, `page`, `terminal`. */
  readonly channel: string
  readonly businessDate: string
  readonly amount: Money
  readonly allowances: readonly Allowance[]
  readonly chain: string
}

export type Spent =
  /** `counted`: the channels whose sums have grown by it. */
  | { readonly outcome: 'ok'; readonly counted: readonly string[] }
  /** Nothing was counted. `limit`: the one that is in the way. */
  | { readonly outcome: 'limit-exceeded'; readonly limit: Money }

/** Counts `amount` against every allowance of its channel, or against none. */
export async function spend(tx: Tx, spending: Spending): Promise<Spent> {
  const { account, businessDate, amount, chain } = spending
  const sums: { readonly channel: string; readonly minor: bigint }[] = []
  for (const { channel, perItem, perDay } of spending.allowances) {
    if (channel !== 'any' && channel !== spending.channel) continue
    if (perItem.asset.code !== amount.asset.code || perDay.asset.code !== amount.asset.code) {
      throw new LedgerFault(`the allowances of ${account} are not in ${amount.asset.code}`)
    }
    if (amount.minor > perItem.minor) return { outcome: 'limit-exceeded', limit: perItem }
    const row = await tx.one<{ minor: bigint }>(
      'SELECT minor FROM spent WHERE chain = ? AND account = ? AND channel = ? AND business_date = ? AND asset = ?',
      chain,
      account,
      channel,
      businessDate,
      amount.asset.code,
    )
    const minor = (row?.minor ?? 0n) + amount.minor
    if (minor > perDay.minor) return { outcome: 'limit-exceeded', limit: perDay }
    sums.push({ channel, minor })
  }
  for (const { channel, minor } of sums) {
    await tx.run(
      `INSERT INTO spent (chain, account, channel, business_date, asset, scale, minor) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (chain, account, channel, business_date, asset) DO UPDATE SET minor = excluded.minor`,
      chain,
      account,
      channel,
      businessDate,
      amount.asset.code,
      BigInt(amount.asset.scale),
      minor,
    )
  }
  return { outcome: 'ok', counted: sums.map(({ channel }) => channel) }
}

/** What left and came back counts no more, on the business date on which it left: another day's sums stay as they are. */
export async function unspend(
  tx: Tx,
  back: Pick<Spending, 'account' | 'businessDate' | 'amount' | 'chain'> & { readonly counted: readonly string[] },
): Promise<void> {
  const { account, businessDate, amount, chain, counted } = back
  for (const channel of counted) {
    const lowered = await tx.run(
      `UPDATE spent SET minor = minor - ? WHERE chain = ? AND account = ? AND channel = ? AND business_date = ? AND asset = ?
         AND minor >= ?`,
      ...[amount.minor, chain, account, channel, businessDate, amount.asset.code, amount.minor],
    )
    steppedOnce(lowered, 'what came back was never counted against the limit', account)
  }
}
