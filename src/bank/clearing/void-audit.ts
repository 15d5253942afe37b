/** That two officers declared each file void that was not lost by its payee. */
import { decisionsOf, finding } from '../../institution/people-audit.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'

export const voidFiles =
  ({ tenant }: BooksOf): Identity =>
  async tx => {
    const decided = await decisionsOf(tx)
    const rows = await tx.all<{ payee: string; number: bigint; voided_by: string }>(
      'SELECT payee, number, voided_by FROM payee_file WHERE tenant = ? AND voided_by IS NOT NULL ORDER BY payee, number',
      tenant,
    )
    return rows.flatMap(({ payee, number, voided_by }) => {
      const by = decided.get(voided_by)
      const isSo =
        by?.kind === 'void-file' && by.request['payee'] === payee && String(by.request['number']) === String(number)
      return isSo ? [] : [finding(`file ${payee} ${number}`, 'two people did not declare it void')]
    })
  }
