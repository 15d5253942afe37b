/**
 * That two officers agreed to what banks keep, and that no result that was booked keeps more, unless they accepted that one.
 * What counts is a rate that was in force within a day of the booking, as a clock may be set back. Raw rows, and nothing imported of the payee.
 */
import { decisionsOf, finding } from '../../institution/people-audit.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'

const dayMs = 86_400_000n

export const agreedFees =
  ({ tenant, chain, house = tenant }: BooksOf): Identity =>
  async tx => {
    const decided = await decisionsOf(tx)
    const agreed = await tx.all<{ bank: string; number: bigint; points: bigint; at: bigint; decision: string | null }>(
      'SELECT bank, number, basis_points AS points, at, decision FROM agreed_fee WHERE tenant = ? ORDER BY bank, number',
      house,
    )
    const files = await tx.all<{ bank: string; number: bigint; captured: bigint; fee: bigint; at: bigint | null }>(
      `SELECT bank, number, captured, fee, (SELECT at FROM journal WHERE chain = ? AND id = 'day-end ' || bank || ' ' || number || ' fee') AS at
       FROM day_end_file WHERE tenant = ? AND state = 'reconciled' AND fee > 0 AND decision IS NULL ORDER BY bank, number`,
      ...[chain, tenant],
    )
    const isInForce = ({ bank, number, at }: (typeof agreed)[number], booked: bigint | null) => {
      const next = agreed.find(row => row.bank === bank && row.number === number + 1n)
      return booked === null || (at <= booked + dayMs && (next === undefined || next.at >= booked - dayMs))
    }
    return [
      ...agreed.flatMap(({ bank, number, points, decision }) => {
        const by = decision === null ? undefined : decided.get(decision)
        const isSo =
          by?.kind === 'agree-fee' &&
          by.request['bank'] === bank &&
          String(by.request['basisPoints']) === String(points)
        return isSo || decision === null ? [] : [finding(`fee ${bank} ${number}`, 'two people did not agree to it')]
      }),
      ...files.flatMap(({ bank, number, captured, fee, at }) =>
        agreed.some(row => row.bank === bank && isInForce(row, at) && fee * 10_000n <= captured * row.points)
          ? []
          : [finding(`file ${bank} ${number}`, 'its bank keeps more than was agreed on when it was booked')],
      ),
    ]
  }
