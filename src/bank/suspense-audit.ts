/**
 * What must hold of money in suspense: it is what came there and was not cleared, and each was cleared once, by one posting that two
 * officers decided on. Raw rows, SQL of its own, and nothing imported of the bank.
 */
import { decisionsOf, finding } from '../institution/people-audit.ts'
import type { Identity } from '../ledger/audit/identity.ts'

export const suspenseRules: readonly string[] = [
  `SELECT 'suspense' AS place, 'it holds ' || posted || ', and what waits there adds up to ' || waits AS what
   FROM (SELECT (SELECT coalesce(sum(posted), 0) FROM balance WHERE chain = @chain AND account = 'suspense') AS posted,
     (SELECT coalesce(sum(minor), 0) FROM payee_file_line
       WHERE tenant = @tenant AND verdict = 'closed-account' AND returned IS NOT NULL)
     + (SELECT coalesce(sum(row.minor), 0) FROM sent_transfer AS row
       JOIN entry ON entry.chain = @chain AND entry.seq = row.ended_posting AND entry.account = 'suspense' AND side = 'credit'
       WHERE row.tenant = @tenant)
     - (SELECT coalesce(sum(minor), 0) FROM suspense_cleared WHERE tenant = @tenant AND account = 'suspense') AS waits)
   WHERE posted <> waits`,
  `SELECT 'cleared ' || row.id AS place, 'it was not posted so' AS what FROM suspense_cleared AS row
   WHERE tenant = @tenant AND (SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
     WHERE journal.chain = @chain AND journal.seq = row.posting AND kind = 'suspense-cleared' AND journal.id = 'cleared ' || row.id
       AND entry.minor = row.minor AND entry.asset = row.asset AND entry.scale = row.scale
       AND ((entry.account = row.account AND side = CASE row.account WHEN 'suspense' THEN 'debit' ELSE 'credit' END)
         OR (entry.account = row.to_account AND side = CASE row.account WHEN 'suspense' THEN 'credit' ELSE 'debit' END))) <> 2`,
  `SELECT 'cleared ' || row.id AS place, 'nothing of this amount had come to suspense so' AS what FROM suspense_cleared AS row
   WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
     WHERE journal.chain = @chain AND journal.id = row.item AND kind IN ('refund', 'transfer-returned', 'transfer-owed')
       AND entry.account = row.account AND entry.minor = row.minor AND entry.asset = row.asset
       AND side = CASE row.account WHEN 'suspense' THEN 'credit' ELSE 'debit' END)`,
  `SELECT @chain || ' ' || seq AS place, 'money left suspense, and nobody cleared it' AS what FROM journal
   WHERE chain = @chain AND kind = 'suspense-cleared'
     AND NOT EXISTS (SELECT 1 FROM suspense_cleared AS row WHERE row.tenant = @tenant AND row.posting = seq)`,
]

/** Two officers decided on just that: what, where to, and why. */
export const suspenseIdentity: Identity = async tx => {
  const decided = await decisionsOf(tx)
  const rows = await tx.all<{ id: string; item: string; to: string; why: string; settlement: string | null }>(
    `SELECT id, item, to_account AS "to", why, (SELECT 'settlement:' || payee FROM sent_payout AS sent
       WHERE sent.tenant = gone.tenant AND 'owed ' || sent.bank || ' ' || sent.id = item) AS settlement FROM suspense_cleared AS gone`,
  )
  return rows.flatMap(({ id, item, to, why, settlement }) => {
    const by = decided.get(id)
    const isSo =
      by?.kind === 'clear-suspense' &&
      by.request['item'] === item &&
      by.request['why'] === why &&
      accountNamed(by.request['to'], settlement) === to
    return isSo ? [] : [finding(`cleared ${id}`, 'two people did not decide on it')]
  })
}

/** `settlement`: where the item is a payout that was given up, the account of its payee. */
function accountNamed(to: unknown, settlement: string | null): string | undefined {
  if (to === 'cash') return 'vault'
  if (to === 'loss') return 'write-off'
  if (to === 'payee') return settlement ?? undefined
  if (typeof to !== 'object' || to === null || !('account' in to)) return undefined
  return `deposit:${String(to.account)}`
}
