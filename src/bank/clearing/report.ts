/** Payees' day-end files at a bank for people, and which dates are late. */
import { raiseAlarmOnce } from '../../alarm.ts'
import { decodeHeader } from '../../clearing/header.ts'
import { isLate } from '../../clearing/late.ts'
import type { DayEndReport } from '../../clearing/report.ts'
import { decodeResult } from '../../clearing/result.ts'
import { minutesOf } from '../../institution/config.ts'
import { now } from '../../runtime.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { onSale } from '../private/payees.ts'
import { type FileRow, fileColumns } from './files.ts'
import { breaksOf } from './tell.ts'

/** Newest first; of one date, or of the latest `limit` files. */
export function reports(branch: Branch, date: string | undefined, limit = 100n): Promise<readonly DayEndReport[]> {
  return branch.store.read(async tx => {
    const files = await tx.all<FileRow>(
      `SELECT ${fileColumns} FROM payee_file
       WHERE tenant = ? AND (? IS NULL OR date = ?) ORDER BY date DESC, payee LIMIT ?`,
      ...[branch.config.id, date ?? null, date ?? null, limit],
    )
    return Promise.all(files.map(file => reportOf(tx, branch, file)))
  })
}

async function reportOf(tx: ReadTx, branch: Branch, file: FileRow): Promise<DayEndReport> {
  const { payee, number, date, state, lines, received, checked, header, statement } = file
  return {
    ...{ peer: payee, number, date, state: file.void === 1n ? 'void' : state },
    progress: { done: state === 'receiving' ? received : checked, of: lines },
    told: decodeHeader(header).sections[0].totals,
    breaks: await breaksOf(tx, branch, file),
    result: statement === null ? undefined : decodeResult(statement),
  }
}

/** Raises an alarm for each payee of whose latest dates, as this bank counts them, no file is done: once for each date. */
export async function reportLate(branch: Branch): Promise<void> {
  const { store, config, calendar } = branch
  const { id: tenant } = config
  const at = now(branch)
  await store.execute(async tx => {
    for (const { id: payee } of onSale(branch)) {
      const done = await tx.one<{ date: string | null }>(
        `SELECT coalesce((SELECT max(date) FROM payee_file WHERE tenant = ? AND payee = ? AND state = 'result sent'),
           (SELECT date(min(business_date), '-1 day') FROM sale WHERE tenant = ? AND payee = ?)) AS date`,
        ...[tenant, payee, tenant, payee],
      )
      // Nothing was sold yet.
      if (done?.date == null) continue
      const closed = await tx.all<{ date: string }>(
        'SELECT date FROM business_date WHERE tenant = ? AND date > ? ORDER BY date',
        tenant,
        done.date,
      )
      for (const { date } of closed) {
        if (!isLate(calendar, minutesOf(config.reconciledBy), date, at)) continue
        const detail = `nothing was settled of ${date}`
        await raiseAlarmOnce(tx, tenant, { peer: payee, kind: 'day-end-late', detail, at })
      }
    }
  })
}
