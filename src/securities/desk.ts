/** The firm as its telephone line sees it. */
import type { AccountNumber } from '../ids.ts'
import { becameOf, becameOfCard } from './clients/became.ts'
import { askPayIn, payIn } from './clients/pay-in.ts'
import { askPayOut, payOut } from './clients/pay-out.ts'
import { askSignIn, signIn } from './clients/sign-in.ts'
import { askCancel, askTrade, cancelByCard, tradeByCard } from './clients/trading.ts'
import { type Firm, inCurrency, sharesOf } from './firm.ts'
import { standingOf } from './positions.ts'
import { lastQuote } from './quotes.ts'
import type { Securities, TradeLine } from './securities.ts'
import type { TradeRow } from './trade.ts'

export function desk(firm: Firm): Securities {
  const { config, store } = firm
  return {
    ...{ id: config.id, name: config.name, timeZone: config.timeZone },
    askSignIn: intent => askSignIn(firm, intent),
    signIn: request => signIn(firm, request),
    securities: () =>
      store.read(tx =>
        Promise.all(
          config.securities.map(async ({ isin, number, name }) => {
            const quote = await lastQuote(tx, firm, isin)
            return { isin, number, name, price: quote && inCurrency(firm, quote.minor) }
          }),
        ),
      ),
    standing: account => store.read(tx => standingOf(tx, firm, account)),
    trades: (account, limit) => tradeLines(firm, account, limit),
    askTrade: request => askTrade(firm, request),
    trade: request => tradeByCard(firm, request),
    askCancel: request => askCancel(firm, request),
    cancel: request => cancelByCard(firm, request),
    askPayIn: request => askPayIn(firm, request),
    payIn: request => payIn(firm, request),
    askPayOut: request => askPayOut(firm, request),
    payOut: request => payOut(firm, request),
    becameOfCard: signature => becameOfCard(firm, signature),
    becameOf: request => becameOf(firm, request),
  }
}

async function tradeLines(firm: Firm, account: AccountNumber, limit: number): Promise<readonly TradeLine[]> {
  const rows = await firm.store.read(tx =>
    tx.all<TradeRow & { readonly minor: bigint | null }>(
      `SELECT trade.*, quote.minor FROM trade LEFT JOIN quote ON quote.tenant = trade.tenant AND quote.isin = trade.isin
         AND quote.number = trade.quote
       WHERE trade.tenant = ? AND account = ? ORDER BY id DESC LIMIT ?`,
      ...[firm.config.id, account, BigInt(limit)],
    ),
  )
  return rows.map(({ number, side, isin, quantity, limit_minor, state, minor, settles_on }) => ({
    ...{ number, side, isin, state, quantity: { minor: quantity, asset: sharesOf(isin) } },
    limit: limit_minor === null ? undefined : inCurrency(firm, limit_minor),
    price: minor === null ? undefined : inCurrency(firm, minor),
    settlesOn: settles_on ?? undefined,
  }))
}
