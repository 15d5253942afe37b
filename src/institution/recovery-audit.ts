/** What must hold of books that went back in time, as identities for `tonebank audit`: nothing was released or booked but by two people. */
import type { Finding } from '../ledger/audit/finding.ts'
import type { Identity } from '../ledger/audit/identity.ts'
import { decisionsOf, record } from './people-audit.ts'

const finding = (where: string, what: string): Finding => ({ kind: 'identity', where, what })

const releases: Identity = async tx => {
  const decided = await decisionsOf(tx)
  const rows = await tx.all<{ epoch: bigint; account: string | null; proposal: string }>(
    `SELECT epoch, NULL AS account, proposal FROM recovery WHERE proposal IS NOT NULL
     UNION ALL SELECT epoch, account, proposal FROM recovery_release`,
  )
  return rows.flatMap(({ epoch, account, proposal }) => {
    const by = decided.get(proposal)
    const named = by?.request['account'] ?? by?.request['voucher'] ?? null
    const isSo =
      by?.kind === 'release-recovery' &&
      named === (account?.split(':')[1] ?? null) &&
      (by.request['facts'] === undefined || epochsIn(by.request['facts']).includes(String(epoch)))
    return isSo ? [] : [finding(`recovery ${epoch}`, `two people did not decide to release ${account ?? 'it'}`)]
  })
}

/** Of the losses that both had before them. */
const epochsIn = (facts: unknown): readonly string[] => {
  const { losses } = record(facts)
  return Array.isArray(losses) ? losses.map(each => String(record(each)['epoch'])) : []
}

const bookings: Identity = async tx => {
  const decided = await decisionsOf(tx)
  const rows = await tx.all<{ id: string; account: string; minor: bigint; why: string; posted: bigint }>(
    `SELECT loss.id, loss.account, loss.minor, why,
       (SELECT count(*) FROM journal JOIN entry USING (chain, seq)
        WHERE journal.id = 'loss ' || loss.id AND kind = 'recovery-loss' AND entry.minor = abs(loss.minor)
          AND entry.asset = loss.asset AND entry.scale = loss.scale
          AND ((entry.account = loss.account AND side = CASE WHEN loss.minor > 0 THEN 'credit' ELSE 'debit' END)
            OR (entry.account = 'recovery-loss' AND side = CASE WHEN loss.minor > 0 THEN 'debit' ELSE 'credit' END))) AS posted
     FROM recovery_loss AS loss`,
  )
  const found = rows.flatMap(({ id, account, minor, why, posted }) => {
    const by = decided.get(id)
    const of = (by?.request['of'] ?? {}) as Readonly<Record<string, unknown>>
    const isSo =
      by?.kind === 'book-loss' &&
      [of['account'], of['voucher'], of['payee']].includes(account.split(':')[1]) &&
      String(by.request['minor']) === `${by.request['way'] === 'give' ? minor : -minor}` &&
      by.request['why'] === why
    if (!isSo) return [finding(`loss ${id}`, 'two people did not decide on it')]
    return posted === 2n ? [] : [finding(`loss ${id}`, 'its posting is not what was decided')]
  })
  const stray = await tx.all<{ seq: bigint }>(
    `SELECT seq FROM journal WHERE kind = 'recovery-loss'
       AND NOT EXISTS (SELECT 1 FROM recovery_loss AS loss WHERE journal.id = 'loss ' || loss.id)`,
  )
  return [...found, ...stray.map(({ seq }) => finding(`row ${seq}`, 'a loss was posted that nobody decided on'))]
}

export const recoveryIdentities: readonly Identity[] = [releases, bookings]
