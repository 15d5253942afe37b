/**
 * What must hold of grants and refused activations, as identities for `tonebank audit`: raw rows, SQL of their own, and
 * nothing imported of the bank.
 */

/** Each query gives a row for everything that is wrong. */
export const ceilingRules: readonly string[] = [
  // A float grows within the grant of its day: it is above the highest only if it was before there was any.
  `SELECT 'float:' || payee AS place, 'the float is ' || posted || ', and no more than ' || most || ' was ever granted' AS what
   FROM (SELECT payee, max(max(minor), sum(CASE WHEN number = 1 THEN owed ELSE 0 END)) AS most
     FROM payee_grant GROUP BY tenant, payee)
   JOIN balance ON balance.account = 'float:' || payee
   WHERE posted > most`,
  // What a payee does not honour is what it refused, no more and no less.
  `SELECT 'sale ' || sale.id AS place, 'its letter was ' || coalesce(letter.outcome, 'not answered')
     || CASE WHEN refused.sale IS NULL THEN ', and the sale counts as honoured' ELSE ', and the sale does not count as honoured' END AS what
   FROM sale JOIN clearing_outbox AS letter ON letter.tenant = sale.tenant AND letter.peer = sale.payee
     AND letter.epoch = letter_epoch AND letter.sequence = letter_sequence
   LEFT JOIN refused_activation AS refused ON refused.tenant = sale.tenant AND refused.sale = sale.id
   WHERE (coalesce(letter.outcome, '') = 'refused') <> (refused.sale IS NOT NULL)`,
]
