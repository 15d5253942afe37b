/**
 * What must hold of grants and held activations, as identities for `tonebank audit`: raw rows, SQL of their own, and
 * nothing imported of the merchant.
 */

/** Each query gives a row for everything that is wrong. */
export const ceilingRules: readonly string[] = [
  // From each grant to the next, or to now, a debt grows within that grant: it is above it only if it was before.
  `SELECT 'due-from-bank:' || bank AS place,
     'it owes ' || owed_then || ', and no more than ' || max(minor, owed) || ' was granted' AS what
   FROM (SELECT bank, minor, owed, lead(owed, 1, posted) OVER (PARTITION BY tenant, bank ORDER BY number) AS owed_then
     FROM bank_grant JOIN balance ON balance.chain = @chain AND balance.account = 'due-from-bank:' || bank WHERE tenant = @tenant)
   WHERE owed_then > max(minor, owed)`,
  // What is held is a record that is not sold yet; what is held no more was sold by that sale.
  `SELECT 'voucher ' || held.number AS place,
     CASE WHEN held.activated_at IS NULL THEN 'its activation is held, and it is ' || state
       ELSE 'its activation is held no more, and it was sold by another sale or none' END AS what
   FROM held_activation AS held LEFT JOIN voucher ON voucher.tenant = held.tenant AND voucher.number = held.number
     AND voucher.bank = held.bank
   WHERE coalesce(CASE WHEN held.activated_at IS NULL THEN state = 'issued' ELSE voucher.sale = held.sale END, 0) = 0`,
]
