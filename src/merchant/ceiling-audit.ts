/**
 * What must hold of grants and held activations, as identities for `tonebank audit`: raw rows, SQL of their own, and
 * nothing imported of the merchant.
 */

/** Each query gives a row for everything that is wrong. */
export const ceilingRules: readonly string[] = [
  // A debt grows within the grant of its day: it is above the highest only if it was before there was any.
  `SELECT 'due-from-bank:' || bank AS place, 'it owes ' || posted || ', and no more than ' || most || ' was ever granted' AS what
   FROM (SELECT bank, max(max(minor), sum(CASE WHEN number = 1 THEN owed ELSE 0 END)) AS most
     FROM bank_grant GROUP BY tenant, bank)
   JOIN balance ON balance.account = 'due-from-bank:' || bank
   WHERE posted > most`,
  // What is held is a record that is not sold yet; what is held no more was sold by that sale.
  `SELECT 'voucher ' || held.number AS place,
     CASE WHEN held.activated_at IS NULL THEN 'its activation is held, and it is ' || state
       ELSE 'its activation is held no more, and it was sold by another sale or none' END AS what
   FROM held_activation AS held LEFT JOIN voucher ON voucher.tenant = held.tenant AND voucher.number = held.number
     AND voucher.bank = held.bank
   WHERE coalesce(CASE WHEN held.activated_at IS NULL THEN state = 'issued' ELSE voucher.sale = held.sale END, 0) = 0`,
]
