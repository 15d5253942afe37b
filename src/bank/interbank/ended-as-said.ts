/**
 * The audit's rule that whatever was sent to another bank has ended as that bank's word says: a transfer and a payout take the same steps.
 * `what`: how a finding names one; `table`: where they are.
 */
export function endedAsSaid(what: 'transfer' | 'payout', table: 'sent_transfer' | 'sent_payout'): string {
  return `SELECT '${what} ' || row.id AS place, 'it is ' || state || ', and nobody said so' AS what FROM ${table} AS row
   LEFT JOIN credit_result AS said ON said.tenant = row.tenant AND said.bank = row.bank AND said.transfer = row.id
   LEFT JOIN clearing_outbox AS letter ON letter.tenant = row.tenant AND letter.peer = row.bank
     AND letter.epoch = row.letter_epoch AND letter.sequence = row.letter_sequence
   WHERE row.tenant = @tenant AND NOT CASE state
     WHEN 'pending' THEN said.outcome IS NULL
     WHEN 'credited' THEN said.outcome IS 'credited' AND said.owed_posting IS NULL
     WHEN 'refused' THEN said.outcome IS 'refused' OR letter.outcome IS 'refused'
     WHEN 'returned' THEN said.outcome IS NOT 'credited'
     ELSE said.outcome IS 'credited' AND said.owed_posting IS NOT NULL END`
}
