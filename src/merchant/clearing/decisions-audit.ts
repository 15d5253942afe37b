/** That two officers decided on each result which a payee booked although it contradicts its file, and on each line of lost books that it booked as a loss: on just what was booked. */
import { createHash } from 'node:crypto'
import { decisionsOf, finding, record } from '../../institution/people-audit.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'

type Decided = ReturnType<typeof decisionsOf> extends Promise<ReadonlyMap<string, infer D>> ? D : never

const isOf = (by: Decided | undefined, kind: string, bank: string, { tenant, house = tenant }: BooksOf) =>
  by?.kind === kind &&
  by.request['bank'] === bank &&
  (by.request['payee'] === tenant || (by.request['payee'] === undefined && tenant === house))

/** As it was signed, number by number. */
const says = (signed: Readonly<Record<string, unknown>>, facts: Readonly<Record<string, unknown>>) =>
  Object.entries(facts).every(([name, value]) => String(signed[name]) === String(value))

export const acceptedResults =
  (books: BooksOf): Identity =>
  async tx => {
    const { tenant, chain } = books
    const decided = await decisionsOf(tx)
    const rows = await tx.all<{
      bank: string
      number: bigint
      decision: string
      result: Uint8Array | null
      captures: bigint
      fee: bigint
      terminations: bigint
      refunds: bigint
      paidOut: bigint
      difference: bigint | null
      undone: bigint | null
    }>(
      `SELECT bank, number, decision, result, captured AS captures, fee, terminated AS terminations, refunded AS refunds, paid_out AS paidOut,
         (SELECT sum(minor) FROM journal JOIN entry USING (chain, seq) WHERE chain = ? AND side = 'debit'
           AND journal.id GLOB 'day-end ' || bank || ' ' || number || ' difference-*') AS difference,
         (SELECT sum(CASE side WHEN 'credit' THEN minor ELSE -minor END) FROM journal JOIN entry USING (chain, seq) WHERE chain = ?
           AND journal.id = 'day-end ' || bank || ' ' || number || ' payouts-retold' AND account = 'paid-out:' || bank) AS undone
       FROM day_end_file WHERE tenant = ? AND decision IS NOT NULL ORDER BY bank, number`,
      ...[chain, chain, tenant],
    )
    return rows.flatMap(({ bank, number, decision, difference, undone, result: encoded, ...moved }) => {
      const by = decided.get(decision)
      const result = createHash('sha256')
        .update(encoded ?? new Uint8Array())
        .digest('hex')
      const isSo =
        by !== undefined &&
        isOf(by, 'accept-result', bank, books) &&
        String(by.request['number']) === String(number) &&
        String(by.request['difference'] ?? 0n) === String(difference ?? 0n) &&
        says(record(by.request['facts']), { ...moved, result, undone: undone ?? 0n })
      return isSo ? [] : [finding(`file ${bank} ${number}`, 'two people did not accept its result')]
    })
  }

export const takenHeld =
  (books: BooksOf): Identity =>
  async tx => {
    const { tenant, chain } = books
    const decided = await decisionsOf(tx)
    const recalls = await tx.all<{ bank: string; epoch: bigint; decision: string }>(
      'SELECT bank, epoch, decision FROM day_end_recall WHERE tenant = ? AND decision IS NOT NULL ORDER BY bank, epoch',
      tenant,
    )
    const sums = await tx.all<{ bank: string; decision: string; lost: bigint; owed: bigint; refunded: bigint }>(
      `SELECT bank, decision, sum(CASE WHEN account = 'recovery-loss' THEN moved ELSE 0 END) AS lost,
         sum(CASE WHEN account = 'due-from-bank:' || bank THEN moved ELSE 0 END) AS owed,
         sum(CASE WHEN kind = 'refund' AND side = 'debit' THEN moved ELSE 0 END) AS refunded
       FROM (SELECT loss.bank, decision, line.kind, account, side, CASE side WHEN 'debit' THEN entry.minor ELSE -entry.minor END AS moved
         FROM day_end_loss AS loss JOIN day_end_line AS line USING (tenant, bank, number, line)
         JOIN entry ON entry.chain = ? AND entry.seq = journal_row WHERE loss.tenant = ?)
       GROUP BY bank, decision`,
      ...[chain, tenant],
    )
    const none = { lost: 0n, owed: 0n, refunded: 0n }
    const ofRecalls = recalls.flatMap(({ bank, epoch, decision }) => {
      const by = decided.get(decision)
      const { lost, owed, refunded } = sums.find(each => each.bank === bank && each.decision === decision) ?? none
      const isSo =
        by !== undefined &&
        isOf(by, 'take-held', bank, books) &&
        says(record(by.request['facts']), { epoch, lost, owed, refunded })
      return isSo ? [] : [finding(`bank ${bank}`, 'two people did not decide to go on from what it holds')]
    })
    // Each loss is of a file that was told by then.
    const rows = await tx.all<{ bank: string; number: bigint; line: bigint }>(
      `SELECT bank, number, line FROM day_end_loss AS loss JOIN day_end_file AS file USING (tenant, bank, number) WHERE tenant = ?
         AND NOT EXISTS (SELECT 1 FROM day_end_recall AS recall WHERE recall.tenant = loss.tenant AND recall.bank = loss.bank
           AND recall.decision = loss.decision AND recall.epoch >= held) ORDER BY bank, number, line`,
      tenant,
    )
    return [
      ...ofRecalls,
      ...rows.map(({ bank, number, line }) =>
        finding(`line ${bank} ${number}/${line}`, 'two people did not decide on that loss'),
      ),
    ]
  }
