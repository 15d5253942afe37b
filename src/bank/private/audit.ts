/**
 * What must hold of customers who are payees, as identities for `tonebank audit`: raw rows, SQL of their own, and nothing imported of
 * the bank.
 */

/** Each query gives a row for everything that is wrong. */
export const privatePayeeRules: readonly string[] = [
  // A host was asked for the payee by a letter, vouched for it by one of its own, and was told of its end.
  `SELECT 'application ' || application AS place, 'its letter does not ask for it' AS what
   FROM private_payee AS own LEFT JOIN clearing_outbox AS letter ON letter.tenant = own.tenant AND letter.peer = host
     AND letter.epoch = letter_epoch AND letter.sequence = letter_sequence AND letter.type = 'payee-application'
   WHERE own.tenant = @tenant AND (coalesce(instr(letter.content, CAST(application AS BLOB)), 0) = 0
     OR coalesce(instr(letter.content, CAST(account AS BLOB)), 0) = 0)`,
  `SELECT 'payee ' || payee AS place, 'no letter of its host vouches for it' AS what
   FROM private_payee AS own WHERE tenant = @tenant AND payee IS NOT NULL AND NOT EXISTS (SELECT 1 FROM clearing_inbox AS letter
     WHERE letter.tenant = own.tenant AND letter.peer = host AND letter.type = 'payee-vouched'
       AND instr(content, CAST(application AS BLOB)) > 0 AND instr(content, CAST(payee AS BLOB)) > 0
       AND instr(content, CAST(number AS BLOB)) > 0)`,
  `SELECT 'payee ' || payee AS place, 'its host was told that it is closed, or was not, against what is kept' AS what
   FROM private_payee AS own WHERE tenant = @tenant AND payee IS NOT NULL AND (closed_at IS NOT NULL) <> EXISTS (SELECT 1
     FROM clearing_outbox AS letter WHERE letter.tenant = own.tenant AND letter.peer = host AND letter.type = 'payee-closed'
       AND instr(content, CAST(payee AS BLOB)) > 0)`,
  // The letter of a sale went to its payee, or to the host that speaks for it.
  `SELECT 'sale ' || id AS place, 'its letter went to ' || letter_to AS what FROM sale
   WHERE tenant = @tenant AND letter_to <> coalesce((SELECT host FROM (SELECT tenant, payee, host FROM private_payee UNION ALL SELECT tenant, payee, host FROM introduced_payee) AS own
     WHERE own.tenant = sale.tenant AND own.payee = sale.payee), sale.payee)`,
  // Of one that is closed nothing is in stock.
  `SELECT 'payee ' || payee AS place, 'it is closed, and a record of it is in stock' AS what
   FROM private_payee AS own WHERE tenant = @tenant AND closed_at IS NOT NULL AND EXISTS (SELECT 1 FROM stock
     WHERE stock.tenant = own.tenant AND stock.payee = own.payee AND stock.state = 'in stock')`,
  // One whose account is at another bank was introduced by its host, which has said whether it is paid no more.
  `SELECT 'payee ' || payee AS place, 'no letter of its host introduces it' AS what
   FROM introduced_payee AS own WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM clearing_inbox AS letter
     WHERE letter.tenant = own.tenant AND letter.peer = host AND letter.type = 'payee-introduced'
       AND instr(content, CAST(payee AS BLOB)) > 0 AND instr(content, CAST(number AS BLOB)) > 0 AND instr(content, CAST(bank AS BLOB)) > 0
       AND instr(content, CAST(name_en AS BLOB)) > 0 AND instr(content, CAST(name_zh AS BLOB)) > 0)`,
  `SELECT 'payee ' || payee AS place, 'it is closed, or open, against the word of its host' AS what
   FROM introduced_payee AS own WHERE tenant = @tenant AND (closed_at IS NOT NULL) <> EXISTS (SELECT 1 FROM clearing_inbox AS letter
     WHERE letter.tenant = own.tenant AND letter.peer = host AND letter.type = 'payee-closed' AND instr(content, CAST(payee AS BLOB)) > 0)`,
  `SELECT 'payee ' || payee AS place, 'it is closed, and a record of it is in stock' AS what
   FROM introduced_payee AS own WHERE tenant = @tenant AND closed_at IS NOT NULL AND EXISTS (SELECT 1 FROM stock
     WHERE stock.tenant = own.tenant AND stock.payee = own.payee AND stock.state = 'in stock')`,
  // What is paid out to a private payee goes to its own account.
  `SELECT 'payout ' || id AS place, 'it went to another account than its payee’s' AS what
   FROM payout JOIN private_payee AS own USING (tenant, payee) WHERE tenant = @tenant AND payout.account <> own.account`,
  `SELECT 'payout ' || id AS place, 'its payee’s account is at another bank' AS what
   FROM payout JOIN introduced_payee AS own USING (tenant, payee) WHERE tenant = @tenant`,
]
