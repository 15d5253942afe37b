/** That two officers agreed to what banks keep, and that no result that was booked keeps more, unless they accepted that one. Raw rows, and nothing imported of the payee. */
import { decisionsOf, finding } from '../../institution/people-audit.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'

export const agreedFees =
  ({ tenant, house = tenant }: BooksOf): Identity =>
  async tx => {
    const decided = await decisionsOf(tx)
    const agreed = await tx.all<{ bank: string; number: bigint; points: bigint; decision: string | null }>(
      'SELECT bank, number, basis_points AS points, decision FROM agreed_fee WHERE tenant = ? ORDER BY bank, number',
      house,
    )
    const files = await tx.all<{ bank: string; number: bigint; captured: bigint; fee: bigint }>(
      `SELECT bank, number, captured, fee FROM day_end_file
       WHERE tenant = ? AND state = 'reconciled' AND fee > 0 AND decision IS NULL ORDER BY bank, number`,
      tenant,
    )
    return [
      ...agreed.flatMap(({ bank, number, points, decision }) => {
        const by = decision === null ? undefined : decided.get(decision)
        const isSo =
          by?.kind === 'agree-fee' &&
          by.request['bank'] === bank &&
          String(by.request['basisPoints']) === String(points)
        return isSo || decision === null ? [] : [finding(`fee ${bank} ${number}`, 'two people did not agree to it')]
      }),
      ...files.flatMap(({ bank, number, captured, fee }) =>
        agreed.some(row => row.bank === bank && fee * 10_000n <= captured * row.points)
          ? []
          : [finding(`file ${bank} ${number}`, 'its bank keeps more than was ever agreed on')],
      ),
    ]
  }
