/**
 * How much may leave an account: per item, and cumulative per account, channel and business date, over vouchers and
 * transfers together. The sums are rows of the same transaction that moves the money, so two calls cannot both fit.
 */
import { steppedOnce } from '../invariant.ts'
import type { Money } from '../money.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { AccountId } from './chart.ts'
import { LedgerFault } from './journal.ts'

/**
 * `channel` `any` counts what leaves by every channel together, and `pin` what of it nothing but a PIN stood for: both count
 * whatever the channel.
 */
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
  { readonly outcome: 'ok'; readonly counted: readonly string[] } | OverLimit

/** Nothing was counted. `limit`: the one that is in the way, and whose it is. */
export interface OverLimit {
  readonly outcome: 'limit-exceeded'
  readonly limit: Money
  readonly channel: string
}

/** Counts `amount` against every allowance of its channel, or against none. */
export async function spend(tx: Tx, spending: Spending): Promise<Spent> {
  const { account, businessDate, amount, chain } = spending
  const sums = await sumsWith(tx, spending)
  if ('outcome' in sums) return sums
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

/** Whether `amount` would fit now: counts nothing. */
export async function overLimit(tx: ReadTx, spending: Spending): Promise<OverLimit | undefined> {
  const sums = await sumsWith(tx, spending)
  return 'outcome' in sums ? sums : undefined
}

/** What each channel's sum would be with it. */
async function sumsWith(
  tx: ReadTx,
  { account, channel: by, businessDate, amount, allowances, chain }: Spending,
): Promise<readonly { readonly channel: string; readonly minor: bigint }[] | OverLimit> {
  const sums: { readonly channel: string; readonly minor: bigint }[] = []
  for (const { channel, perItem, perDay } of allowances) {
    if (channel !== 'any' && channel !== 'pin' && channel !== by) continue
    if (perItem.asset.code !== amount.asset.code || perDay.asset.code !== amount.asset.code) {
      throw new LedgerFault(`the allowances of ${account} are not in ${amount.asset.code}`)
    }
    if (amount.minor > perItem.minor) return { outcome: 'limit-exceeded', limit: perItem, channel }
    const row = await tx.one<{ minor: bigint }>(
      'SELECT minor FROM spent WHERE chain = ? AND account = ? AND channel = ? AND business_date = ? AND asset = ?',
      chain,
      account,
      channel,
      businessDate,
      amount.asset.code,
    )
    const minor = (row?.minor ?? 0n) + amount.minor
    if (minor > perDay.minor) return { outcome: 'limit-exceeded', limit: perDay, channel }
    sums.push({ channel, minor })
  }
  return sums
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
