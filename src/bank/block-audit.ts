/**
 * What must hold of blocks and of what payees were told about single vouchers, as identities for `tonebank audit`: raw rows,
 * SQL of their own, and nothing imported of the bank.
 */

/** Each query gives a row for everything that is wrong. */
export const blockRules: readonly string[] = [
  // The letter that a notice names tells its payee of that sale.
  `SELECT 'notice of sale ' || notice.sale AS place, 'its letter does not tell its payee of it' AS what
   FROM voucher_notice AS notice LEFT JOIN sale ON sale.tenant = notice.tenant AND sale.id = notice.sale
     LEFT JOIN clearing_outbox AS letter ON letter.tenant = notice.tenant AND letter.peer = notice.payee
       AND letter.epoch = notice.letter_epoch AND letter.sequence = notice.letter_sequence
   WHERE notice.tenant = @tenant AND (sale.letter_to IS NOT notice.payee
     OR letter.type IS NOT CASE says WHEN 'lost' THEN 'voucher-lost' ELSE 'voucher-cleared' END
     OR coalesce(instr(letter.content, CAST(notice.sale AS BLOB)), 0) = 0
     OR (decision IS NOT NULL AND coalesce(instr(letter.content, CAST(decision AS BLOB)), 0) = 0))`,
  // And no such letter was written of which no notice is kept.
  `SELECT 'letter ' || peer || ' ' || epoch || '/' || sequence AS place, 'no notice says why it was written' AS what
   FROM clearing_outbox AS letter WHERE tenant = @tenant AND type IN ('voucher-lost', 'voucher-cleared')
     AND NOT EXISTS (SELECT 1 FROM voucher_notice AS notice WHERE notice.tenant = letter.tenant AND notice.payee = peer
       AND notice.letter_epoch = letter.epoch AND notice.letter_sequence = letter.sequence)`,
  // What was lost while its payee was out of reach was told it once, by the notice that is kept of it, at that instant.
  `SELECT 'loss of sale ' || lost.sale AS place, 'no notice told its payee of it' AS what
   FROM lost_unheard AS lost WHERE tenant = @tenant AND letter_epoch IS NOT NULL AND NOT EXISTS (SELECT 1 FROM voucher_notice AS notice
     WHERE notice.tenant = lost.tenant AND notice.sale = lost.sale AND says = 'lost' AND notice.at = lost.at
       AND notice.letter_epoch = lost.letter_epoch AND notice.letter_sequence = lost.letter_sequence)`,
  // A customer asked for it, as for any notice of a loss.
  `SELECT 'loss of sale ' || lost.sale AS place, 'its buyer did not ask for it' AS what
   FROM (SELECT tenant, sale FROM lost_unheard UNION SELECT tenant, sale FROM voucher_notice WHERE says = 'lost') AS lost
   WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM sale JOIN once ON once.tenant = sale.tenant
     AND principal = buyer AND kind = 'block' WHERE sale.tenant = lost.tenant AND sale.id = lost.sale)`,
  // A customer asked for a block by a request of that kind.
  `SELECT 'block of ' || account AS place, 'its customer did not ask for it' AS what
   FROM customer_block WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM once
     WHERE once.tenant = customer_block.tenant AND principal = account AND once.id = customer_block.id AND kind = 'block')`,
]
