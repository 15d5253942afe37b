/**
 * A file that its bank's people have declared void, as its lines were not those of its header: nothing of it was posted. It stays
 * where it is in the row of files, and the next one that is begun tells of its dates, too, out of the journal.
 */
import { raiseAlarm } from '../../alarm.ts'
import type { InstitutionId } from '../../ids.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Shop } from '../shop.ts'
import { type FileRow, fileOf, isVoid } from './files.ts'

export async function noteVoid(
  tx: Tx,
  shop: Shop,
  bank: InstitutionId,
  { number, reason }: Letter<'day-end-refused'>,
): Promise<Verdict> {
  const { id: tenant } = shop.config
  const file = await fileOf(tx, tenant, bank, number)
  if (file === undefined || file.state === 'closed' || file.result !== null)
    return refused('no file that was sent and waits for its result')
  if (isVoid(file)) return accepted
  await tx.run(
    `UPDATE day_end_file SET state = 'refused', held = 0, sent = lines WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[tenant, bank, number],
  )
  // Its rows are in no file any more.
  await tx.run(
    'UPDATE day_end_line SET journal_row = NULL WHERE tenant = ? AND bank = ? AND number = ? AND journal_row IS NOT NULL',
    ...[tenant, bank, number],
  )
  const detail = `file ${number} of ${file.date} is void: ${reason}`
  await raiseAlarm(tx, shop.house, { peer: bank, kind: 'day-end-refused', detail, at: now(shop) })
  return accepted
}

type Dated = Pick<FileRow, 'bank' | 'date' | 'since'> & Partial<Pick<FileRow, 'retells'>>

/** The dates of which a file tells, from the first to the last of each stretch: its own, and those of the file that it tells again. */
export async function stretchesOf(
  tx: ReadTx,
  tenant: InstitutionId,
  { bank, date, since, retells }: Dated,
): Promise<readonly (readonly [from: string, to: string])[]> {
  const own = [since ?? date, date] as const
  const again = retells == null ? undefined : await fileOf(tx, tenant, bank, retells)
  return again === undefined ? [own] : [own, ...(await stretchesOf(tx, tenant, again))]
}
