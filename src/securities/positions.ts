/** What a customer has with the firm: money and shares, each as what may be used, what is reserved, and what is to be settled. */
import type { Isin } from '../card/numbers.ts'
import type { AccountNumber } from '../ids.ts'
import { accountExists, balanceOf } from '../ledger/accounts.ts'
import type { AccountId } from '../ledger/chart.ts'
import type { Money } from '../money.ts'
import type { ReadTx } from '../store/store.ts'
import { clientCash, clientShares, type Firm, inCurrency, sharesOf } from './firm.ts'

/** Of money or of one security. */
export interface Holding {
  readonly available: Money
  /** For orders that are open. */
  readonly reserved: Money
  /** Traded, and to come when it is settled: bought shares, or what sold ones brought. */
  readonly toCome: Money
}

export interface Position extends Holding {
  readonly isin: Isin
}

export interface Standing {
  readonly cash: Holding
  /** Of every security that the customer has, reserved or is about to get, by ISIN. */
  readonly positions: readonly Position[]
}

export async function standingOf(tx: ReadTx, firm: Firm, account: AccountNumber): Promise<Standing> {
  const toCome = await tx.all<{ side: string; isin: Isin; minor: bigint }>(
    `SELECT side, trade.isin, sum(CASE side WHEN 'buy' THEN quantity ELSE quantity * minor END) AS minor
     FROM trade JOIN quote ON quote.tenant = trade.tenant AND quote.isin = trade.isin AND quote.number = trade.quote
     WHERE trade.tenant = ? AND account = ? AND state = 'executed' GROUP BY side, trade.isin`,
    ...[firm.config.id, account],
  )
  const sumOf = (rows: typeof toCome) => rows.reduce((sum, { minor }) => sum + minor, 0n)
  const proceeds = inCurrency(firm, sumOf(toCome.filter(({ side }) => side === 'sell')))
  const held = await tx.all<{ asset: Isin }>(
    `SELECT asset FROM account WHERE chain = ? AND id >= ? AND id < ? ORDER BY asset`,
    ...[firm.chain, `client-shares:${account}:`, `client-shares:${account};`],
  )
  const positions: Position[] = []
  for (const { asset: isin } of held) {
    const bought = {
      minor: sumOf(toCome.filter(row => row.side === 'buy' && row.isin === isin)),
      asset: sharesOf(isin),
    }
    const position = { isin, ...(await holding(tx, firm, clientShares(account, isin), bought)) }
    if ([position.available, position.reserved, position.toCome].some(({ minor }) => minor > 0n))
      positions.push(position)
  }
  return { cash: await holding(tx, firm, clientCash(account), proceeds), positions }
}

async function holding(tx: ReadTx, { chain }: Firm, account: AccountId, toCome: Money): Promise<Holding> {
  const nothing = { minor: 0n, asset: toCome.asset }
  if (!(await accountExists(tx, account, chain))) return { available: nothing, reserved: nothing, toCome }
  const { posted, available } = await balanceOf(tx, account, chain)
  return { available, reserved: { ...nothing, minor: posted.minor - available.minor }, toCome }
}
