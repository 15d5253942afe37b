/**
 * What must hold of what is held for private payees and goes to their own banks, in the books of either: raw rows, SQL of its own, and
 * nothing imported of the bank.
 */
import { decisionsOf, finding } from '../../institution/people-audit.ts'
import type { Identity } from '../../ledger/audit/identity.ts'
import { endedAsSaid } from './ended-as-said.ts'

export const sentPayoutRules: readonly string[] = [
  `SELECT 'payout ' || row.id AS place, 'it was not held so' AS what FROM sent_payout AS row
   WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM reservation AS held WHERE held.chain = @chain AND held.id = 'payout ' || row.id
     AND debit = 'settlement:' || row.payee AND credit = 'due-to-bank:' || row.bank AND held.minor = row.minor
     AND held.asset = row.asset AND held.scale = row.scale
     AND held.state = CASE row.state WHEN 'pending' THEN 'open' WHEN 'credited' THEN 'captured' ELSE 'released' END)`,
  `SELECT 'payout ' || row.id AS place, 'it is ' || state || ', and was not posted so' AS what FROM sent_payout AS row
   WHERE tenant = @tenant AND state = 'credited' AND NOT EXISTS (SELECT 1 FROM journal WHERE chain = @chain
     AND seq = ended_posting AND event = 'capture' AND id = 'payout-credited ' || row.id)`,
  `SELECT @chain || ' ' || seq AS place, 'money was held for no payout' AS what FROM journal
   WHERE chain = @chain AND event = 'reserve' AND kind = 'payout-sent'
     AND NOT EXISTS (SELECT 1 FROM sent_payout AS row WHERE row.tenant = @tenant AND journal.id = 'payout ' || row.id)`,
  endedAsSaid('payout', 'sent_payout'),
  `SELECT 'payout ' || row.id AS place, 'it went to another bank than its payee’s' AS what FROM sent_payout AS row
   WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM introduced_payee AS own
     WHERE own.tenant = row.tenant AND own.payee = row.payee AND own.bank = row.bank)`,
  `SELECT 'payout ' || row.id AS place, 'its letter does not send it' AS what FROM sent_payout AS row
   LEFT JOIN clearing_outbox AS letter ON letter.tenant = row.tenant AND letter.peer = row.bank
     AND letter.epoch = row.letter_epoch AND letter.sequence = row.letter_sequence AND letter.type = 'payee-credit'
   WHERE row.tenant = @tenant AND replaced IS NULL AND (coalesce(instr(letter.content, CAST(row.id AS BLOB)), 0) = 0
     OR instr(letter.content, CAST(row.account AS BLOB)) = 0 OR instr(letter.content, CAST(row.payee AS BLOB)) = 0)`,
  // And is credited there to nobody else.
  `SELECT 'credit ' || row.bank || ' ' || row.transfer AS place, 'it was for a payee whose account is another' AS what
   FROM received_credit AS row WHERE tenant = @tenant AND outcome = 'credited' AND payee IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM private_payee AS own
       WHERE own.tenant = row.tenant AND own.payee = row.payee AND own.account = row.account)`,
]

/** Two people decided on just that: for whom, where to and how much; and two gave it up, where its bank is dead. */
export const sentPayoutIdentity: Identity = async tx => {
  const decided = await decisionsOf(tx)
  const rows = await tx.all<{
    id: string
    decided: string
    payee: string
    account: string
    minor: bigint
    decision: string | null
  }>('SELECT id, decided, payee, account, minor, decision FROM sent_payout')
  return rows.flatMap(({ id, decided: digest, payee, account, minor, decision }) => {
    const by = decided.get(digest)
    const isSo =
      by?.kind === 'pay-out' &&
      by.request['payee'] === payee &&
      by.request['account'] === account &&
      String(by.request['minor']) === String(minor)
    const givenUp = decision === null ? undefined : decided.get(decision)
    const isGivenUp = decision === null || (givenUp?.kind === 'return-transfer' && givenUp.request['transfer'] === id)
    return [
      ...(isSo ? [] : [finding(`payout ${id}`, 'two people did not decide on it')]),
      ...(isGivenUp ? [] : [finding(`payout ${id}`, 'two people did not give it up')]),
    ]
  })
}
