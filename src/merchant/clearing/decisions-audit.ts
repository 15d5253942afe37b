/** That two officers decided on each result which a payee booked although it contradicts its file, and on what was missing for it. */
import { decisionsOf, finding } from '../../institution/people-audit.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'

export const acceptedResults =
  ({ tenant, chain, house = tenant }: BooksOf): Identity =>
  async tx => {
    const decided = await decisionsOf(tx)
    const rows = await tx.all<{ bank: string; number: bigint; decision: string; difference: bigint | null }>(
      `SELECT bank, number, decision, (SELECT sum(minor) FROM journal JOIN entry USING (chain, seq) WHERE chain = ? AND side = 'debit'
         AND journal.id GLOB 'day-end ' || bank || ' ' || number || ' difference-*') AS difference
       FROM day_end_file WHERE tenant = ? AND decision IS NOT NULL ORDER BY bank, number`,
      ...[chain, tenant],
    )
    return rows.flatMap(({ bank, number, decision, difference }) => {
      const by = decided.get(decision)
      const isSo =
        by?.kind === 'accept-result' &&
        by.request['bank'] === bank &&
        String(by.request['number']) === String(number) &&
        String(by.request['difference'] ?? 0n) === String(difference ?? 0n) &&
        (by.request['payee'] === tenant || (by.request['payee'] === undefined && tenant === house))
      return isSo ? [] : [finding(`file ${bank} ${number}`, 'two people did not accept its result')]
    })
  }
