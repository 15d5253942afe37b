/**
 * What must hold of trades, quotes and shares, as rules for `tonebank audit`: raw rows, SQL of their own, nothing imported of what
 * keeps them. Each goes once through a table in the order of a key and looks the rest up by keys.
 */

/** What was paid for a trade that was executed, and how many entries a posting of it has that are as they should be. */
const worth = `(SELECT trade.quantity * minor FROM quote
  WHERE quote.tenant = trade.tenant AND quote.isin = trade.isin AND quote.number = trade.quote)`

const entriesOf = (id: string, entries: string, kind: string) => `(SELECT count(*) FROM journal
  JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
  WHERE journal.chain = @chain AND journal.id = '${id} ' || trade.id AND journal.kind = '${kind}' AND (${entries}))`

const buys = `trade.side = 'buy'`
const shares = `entry.asset = trade.isin AND entry.scale = 0 AND entry.minor = trade.quantity`
const money = `entry.asset <> trade.isin AND entry.minor = ${worth}`
const clientShares = `'client-shares:' || trade.account || ':' || trade.isin`
const unsettledShares = `'unsettled-shares:' || trade.account || ':' || trade.isin`
const houseShares = `'house-shares:' || trade.isin`
const clientCash = `'client-cash:' || trade.account`
const unsettledCash = `'unsettled-cash:' || trade.account`

/** Each query gives a row for everything that is wrong. */
export const tradeRules: readonly string[] = [
  // A trade has one reservation, of what it is about, until its trading day is over; that ended as the trade did.
  `SELECT 'trade ' || trade.id AS place, 'it is ' || trade.state || ', and what was reserved for it is ' || coalesce(hold.state, 'nothing') AS what
   FROM trade LEFT JOIN reservation AS hold ON hold.chain = @chain AND hold.id = 'trade ' || trade.id
   WHERE trade.tenant = @tenant AND hold.state IS NOT CASE trade.state
     WHEN 'open' THEN 'open' WHEN 'cancelled' THEN 'released' WHEN 'expired' THEN 'expired' ELSE 'captured' END`,
  `SELECT 'trade ' || trade.id AS place, 'something else was reserved than it is about' AS what
   FROM trade JOIN reservation AS hold ON hold.chain = @chain AND hold.id = 'trade ' || trade.id
   WHERE trade.tenant = @tenant AND (hold.expires_at <> good_until
     OR hold.debit <> CASE side WHEN 'buy' THEN ${clientCash} ELSE ${clientShares} END
     OR hold.credit <> CASE side WHEN 'buy' THEN ${unsettledCash} ELSE ${unsettledShares} END
     OR (side = 'sell' AND (hold.minor <> quantity OR hold.asset <> trade.isin))
     OR (side = 'buy' AND hold.minor <> coalesce(limit_minor * quantity, ${worth})))`,
  `SELECT id AS place, 'reserved for no trade' AS what FROM reservation
   WHERE chain = @chain AND id LIKE 'trade %' AND NOT EXISTS (SELECT 1 FROM trade WHERE tenant = @tenant AND 'trade ' || trade.id = reservation.id)`,
  // One without a limit was executed when it was taken, or not taken.
  `SELECT 'trade ' || id AS place, 'it is at market, and was not executed when it was taken' AS what
   FROM trade WHERE tenant = @tenant AND limit_minor IS NULL AND executed_at IS NOT taken_at`,
  // It was executed at what the list said then, within its limit and its trading day.
  `SELECT 'trade ' || trade.id AS place, 'it was executed at a price that the list did not have then' AS what
   FROM trade JOIN quote ON quote.tenant = trade.tenant AND quote.isin = trade.isin AND quote.number = trade.quote
   WHERE trade.tenant = @tenant AND (quote.since > executed_at OR executed_at < taken_at OR executed_at >= good_until
     OR EXISTS (SELECT 1 FROM quote AS later WHERE later.tenant = quote.tenant AND later.isin = quote.isin
       AND later.number = quote.number + 1 AND later.since <= executed_at))`,
  `SELECT 'trade ' || trade.id AS place, 'it was executed beyond its limit' AS what
   FROM trade JOIN quote ON quote.tenant = trade.tenant AND quote.isin = trade.isin AND quote.number = trade.quote
   WHERE trade.tenant = @tenant AND limit_minor IS NOT NULL
     AND CASE side WHEN 'buy' THEN minor > limit_minor ELSE minor < limit_minor END`,
  // Executed: the customer's side and the firm's, each in one posting, both to be settled.
  `SELECT 'trade ' || trade.id AS place, 'its execution was not posted as it was executed' AS what
   FROM trade WHERE trade.tenant = @tenant AND quote IS NOT NULL AND (
     ${entriesOf(
       'execute',
       `journal.at = executed_at AND ((${buys} AND ${money} AND ((entry.side = 'debit' AND account = ${clientCash})
          OR (entry.side = 'credit' AND account = ${unsettledCash})))
        OR (trade.side = 'sell' AND ${shares} AND ((entry.side = 'debit' AND account = ${clientShares})
          OR (entry.side = 'credit' AND account = ${unsettledShares}))))`,
       'trade-executed',
     )} <> 2
     OR ${entriesOf(
       'deal',
       `journal.at = executed_at AND ((${buys} AND ${shares} AND ((entry.side = 'debit' AND account = ${houseShares})
          OR (entry.side = 'credit' AND account = ${unsettledShares})))
        OR (trade.side = 'sell' AND ${money} AND ((entry.side = 'debit' AND account = 'house-cash')
          OR (entry.side = 'credit' AND account = ${unsettledCash}))))`,
       'trade-executed',
     )} <> 2)`,
  // Settled: shares against money, in one posting of four entries, no earlier than one trading day later.
  `SELECT 'trade ' || trade.id AS place, 'it was not settled, shares against money' AS what
   FROM trade WHERE trade.tenant = @tenant AND state = 'settled' AND ${entriesOf(
     'settle',
     `journal.at = settled_at AND (
        (${shares} AND ((entry.side = 'debit' AND account = ${unsettledShares})
          OR (entry.side = 'credit' AND account = CASE trade.side WHEN 'buy' THEN ${clientShares} ELSE ${houseShares} END)))
        OR (${money} AND ((entry.side = 'debit' AND account = ${unsettledCash})
          OR (entry.side = 'credit' AND account = CASE trade.side WHEN 'buy' THEN 'house-cash' ELSE ${clientCash} END))))`,
     'trade-settled',
   )} <> 4`,
  // What is posted for trades belongs to one, in a state that has it.
  `SELECT @chain || ' ' || seq AS place, 'posted for no trade' AS what
   FROM journal WHERE chain = @chain AND kind IN ('trade-executed', 'trade-settled') AND NOT EXISTS (SELECT 1 FROM trade
     WHERE tenant = @tenant AND ((journal.kind = 'trade-executed' AND quote IS NOT NULL AND journal.id IN ('execute ' || trade.id, 'deal ' || trade.id))
       OR (journal.kind = 'trade-settled' AND state = 'settled' AND journal.id = 'settle ' || trade.id)))`,
  // What is to be settled is what was executed and is not settled, of each customer and asset.
  `SELECT account AS place, 'it has ' || posted || ', and trades to be settled are about ' || due AS what
   FROM (SELECT balance.account, posted, coalesce((SELECT sum(${worth}) FROM trade
       WHERE trade.tenant = @tenant AND trade.account = substr(balance.account, 16) AND state = 'executed'), 0) AS due
     FROM balance WHERE chain = @chain AND balance.account >= 'unsettled-cash:' AND balance.account < 'unsettled-cash;')
   WHERE posted <> due`,
  `SELECT account AS place, 'it has ' || posted || ', and trades to be settled are about ' || due AS what
   FROM (SELECT balance.account, posted, coalesce((SELECT sum(quantity) FROM trade
       WHERE trade.tenant = @tenant AND ${unsettledShares} = balance.account AND state = 'executed'), 0) AS due
     FROM balance WHERE chain = @chain AND balance.account >= 'unsettled-shares:' AND balance.account < 'unsettled-shares;')
   WHERE posted <> due`,
  // Of each security there are as many shares in custody as customers, trades and the firm have.
  `SELECT 'custody:' || asset AS place, 'there are ' || there || ', and they belong to others: ' || owned AS what
   FROM (SELECT account.asset, sum(CASE class WHEN 'custody' THEN posted ELSE 0 END) AS there,
       sum(CASE class WHEN 'custody' THEN 0 ELSE posted END) AS owned
     FROM account JOIN balance ON balance.chain = account.chain AND balance.account = account.id
     WHERE account.chain = @chain AND class IN ('custody', 'client-shares', 'unsettled-shares', 'house-shares') GROUP BY account.asset)
   WHERE there <> owned`,
  // Quotes are numbered without a gap, and none begins before the one before it.
  `SELECT 'quote ' || isin || '/' || number AS place, 'it does not follow the one before it' AS what
   FROM (SELECT isin, number, since, lag(number) OVER list AS before, lag(since) OVER list AS earlier
     FROM quote WHERE tenant = @tenant WINDOW list AS (PARTITION BY isin ORDER BY number))
   WHERE number <> coalesce(before, 0) + 1 OR since <= earlier`,
]
