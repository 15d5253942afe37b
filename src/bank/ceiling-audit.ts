/**
 * What must hold of grants and refused activations, as identities for `tonebank audit`: raw rows, SQL of their own, and
 * nothing imported of the bank.
 */

/** Each query gives a row for everything that is wrong. */
export const ceilingRules: readonly string[] = [
  // From each grant to the next, or to now, a float grows within that grant: it is above it only if it was before.
  `SELECT 'float:' || payee AS place,
     'the float is ' || owed_then || ', and no more than ' || max(minor, owed) || ' was granted' AS what
   FROM (SELECT payee, minor, owed, lead(owed, 1, posted) OVER (PARTITION BY tenant, payee ORDER BY number) AS owed_then
     FROM payee_grant JOIN balance ON balance.account = 'float:' || payee)
   WHERE owed_then > max(minor, owed)`,
  // What a payee does not honour is what it refused, no more and no less.
  `SELECT 'sale ' || sale.id AS place, 'its letter was ' || coalesce(letter.outcome, 'not answered')
     || CASE WHEN refused.sale IS NULL THEN ', and the sale counts as honoured' ELSE ', and the sale does not count as honoured' END AS what
   FROM sale JOIN clearing_outbox AS letter ON letter.tenant = sale.tenant
     AND letter.peer = letter_to
     AND letter.epoch = letter_epoch AND letter.sequence = letter_sequence
   LEFT JOIN refused_activation AS refused ON refused.tenant = sale.tenant AND refused.sale = sale.id
   WHERE (coalesce(letter.outcome, '') = 'refused') <> (refused.sale IS NOT NULL)`,
]
