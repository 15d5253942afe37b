/** What a share costs now, as the books have it: the price list is written down when it says something new, and dealt at only then. */
import type { Isin } from '../card/numbers.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { Listed } from './config.ts'
import type { Firm } from './firm.ts'
import { listedAt } from './price-list.ts'

export interface Quote {
  readonly number: bigint
  readonly since: number
  readonly minor: bigint
}

export async function lastQuote(tx: ReadTx, { config }: Pick<Firm, 'config'>, isin: Isin): Promise<Quote | undefined> {
  const row = await tx.one<{ number: bigint; since: bigint; minor: bigint }>(
    'SELECT number, since, minor FROM quote WHERE tenant = ? AND isin = ? ORDER BY number DESC LIMIT 1',
    ...[config.id, isin],
  )
  return row && { ...row, since: Number(row.since) }
}

/**
 * The quote to deal at, written down if the list has said something new. Undefined while the firm does not deal. A clock that was set back
 * finds the list as it was written down last.
 */
export async function quoteAt(tx: Tx, firm: Firm, security: Listed, at: number): Promise<Quote | undefined> {
  const { config } = firm
  const listing = listedAt(config, security, at)
  if (listing === undefined) return undefined
  const last = await lastQuote(tx, firm, security.isin)
  if (last !== undefined && last.since >= listing.since) return last
  const quote = { number: (last?.number ?? 0n) + 1n, since: listing.since, minor: listing.price }
  await tx.run(
    'INSERT INTO quote (tenant, isin, number, since, minor) VALUES (?, ?, ?, ?, ?)',
    ...[config.id, security.isin, quote.number, BigInt(quote.since), quote.minor],
  )
  return quote
}
