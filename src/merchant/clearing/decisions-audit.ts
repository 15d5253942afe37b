/** That two officers decided on each result which a payee booked although it contradicts its file. */
import { decisionsOf, finding } from '../../institution/people-audit.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'

export const acceptedResults =
  ({ tenant, house = tenant }: BooksOf): Identity =>
  async tx => {
    const decided = await decisionsOf(tx)
    const rows = await tx.all<{ bank: string; number: bigint; decision: string }>(
      'SELECT bank, number, decision FROM day_end_file WHERE tenant = ? AND decision IS NOT NULL ORDER BY bank, number',
      tenant,
    )
    return rows.flatMap(({ bank, number, decision }) => {
      const by = decided.get(decision)
      const isSo =
        by?.kind === 'accept-result' &&
        by.request['bank'] === bank &&
        String(by.request['number']) === String(number) &&
        (by.request['payee'] === tenant || (by.request['payee'] === undefined && tenant === house))
      return isSo ? [] : [finding(`file ${bank} ${number}`, 'two people did not accept its result')]
    })
  }
