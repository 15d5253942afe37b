/** From `posted` to `result sent`: the lines with a break in letters of their own, then the result. */
import { raiseAlarm } from '../../alarm.ts'
import { decodeResult, encodeResult } from '../../clearing/result.ts'
import type { Slices } from '../../clearing/slices.ts'
import { now } from '../../runtime.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { writeToPayee } from '../private/letters.ts'
import { type FileRow, fileOf } from './files.ts'

/** Whoever takes such a letter notes each line in one command. */
const breaksInLetter = 100n

export async function tellResult(branch: Branch, slices: Slices, file: FileRow): Promise<void> {
  const { id: tenant } = branch.config
  const { payee, number } = file
  const at = now(branch)
  for (let left = true; left; ) {
    left = await slices.execute(async tx => {
      const now = await fileOf(tx, tenant, payee, number)
      if (now?.state !== 'posted' || now.statement === null) return false
      const breaks = await tx.all<{ line: bigint; verdict: string }>(
        `SELECT line, verdict FROM payee_file_line
         WHERE tenant = ? AND payee = ? AND number = ? AND verdict <> 'accepted' AND line > ? ORDER BY line LIMIT ?`,
        ...[tenant, payee, number, now.told, breaksInLetter],
      )
      const last = breaks.at(-1)
      if (last !== undefined) {
        const body = { number, breaks: breaks.map(({ line, verdict }): [bigint, string] => [line, verdict]) }
        await writeToPayee(tx, branch, { to: payee, type: 'day-end-breaks', body, stream: 'bulk' })
        await tx.run(
          'UPDATE payee_file SET told = ? WHERE tenant = ? AND payee = ? AND number = ?',
          ...[last.line, tenant, payee, number],
        )
        return true
      }
      // A buyer's account may have been found closed since the statement was made.
      const told = await breaksOf(tx, branch, file)
      const result = encodeResult({
        ...decodeResult(now.statement),
        breaks: told.reduce((sum, { count }) => sum + count, 0n),
      })
      await writeToPayee(tx, branch, { to: payee, type: 'day-end-result', body: { result }, stream: 'bulk' })
      await tx.run(
        `UPDATE payee_file SET state = 'result sent', statement = ? WHERE tenant = ? AND payee = ? AND number = ?`,
        ...[result, tenant, payee, number],
      )
      if (told.length > 0) {
        const kinds = told.map(({ kind, count }) => `${count} ${kind}`).join(', ')
        const detail = `file ${number} of ${file.date}: ${kinds}`
        await raiseAlarm(tx, tenant, { peer: payee, kind: 'day-end-breaks', detail, at })
      }
      return false
    })
    branch.runtime.reached('day-end.told')
    branch.mail.wake()
  }
}

export function breaksOf(
  tx: ReadTx,
  { config }: Branch,
  { payee, number }: Pick<FileRow, 'payee' | 'number'>,
): Promise<readonly { readonly kind: string; readonly count: bigint; readonly minor: bigint }[]> {
  return tx.all(
    `SELECT verdict AS kind, count(*) AS count, sum(minor) AS minor FROM payee_file_line
     WHERE tenant = ? AND payee = ? AND number = ? AND verdict <> 'accepted' GROUP BY verdict ORDER BY verdict`,
    ...[config.id, payee, number],
  )
}
