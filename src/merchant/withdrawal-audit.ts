/**
 * What must hold of records that were withdrawn, as identities for `tonebank audit`: raw rows, SQL of their own, and nothing imported
 * of the merchant.
 */

/** Each query gives a row for everything that is wrong. */
export const withdrawalRules: readonly string[] = [
  `SELECT 'voucher ' || number AS place, 'it was withdrawn, and it is ' || state AS what
   FROM withdrawn_record JOIN voucher USING (tenant, number) WHERE tenant = @tenant AND state <> 'issued'`,
  `SELECT 'voucher ' || number AS place, 'no letter of its bank lists it as unsold' AS what
   FROM withdrawn_record JOIN voucher USING (tenant, number) WHERE tenant = @tenant AND NOT EXISTS (SELECT 1
     FROM clearing_inbox AS letter WHERE letter.tenant = @house AND letter.peer = voucher.bank
       AND letter.type = 'records-unsold' AND instr(content, CAST(leaving AS BLOB)) > 0
       AND instr(content, CAST(batch AS BLOB)) > 0)`,
]
