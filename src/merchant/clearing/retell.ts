/**
 * A file that its bank's people have declared void, as its lines were not those of its header: nothing of it was posted. It stays
 * where it is in the row of files, and the next one that is begun tells of its dates, too, out of the journal.
 */
import { raiseAlarm } from '../../alarm.ts'
import type { InstitutionId } from '../../ids.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import type { Place } from '../../mail/streams.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Shop } from '../shop.ts'
import { type FileRow, fileOf, isVoid } from './files.ts'
import { rowsOfEpoch } from './refs.ts'
import { keepOfVoid } from './retold.ts'

export async function noteVoid(
  tx: Tx,
  shop: Shop,
  bank: InstitutionId,
  { number, reason }: Letter<'day-end-refused'>,
  { epoch }: Place,
): Promise<Verdict> {
  const { id: tenant } = shop.config
  const file = await fileOf(tx, tenant, bank, number)
  if (file === undefined || file.state === 'closed' || file.result !== null)
    return refused('no file that was sent and waits for its result')
  // Declared void once more by books that went back meanwhile.
  if (file.held === 0n)
    await tx.run(
      'UPDATE day_end_file SET void_in = ? WHERE tenant = ? AND bank = ? AND number = ? AND coalesce(void_in, 1) < ?',
      ...[epoch, tenant, bank, number, epoch],
    )
  if (isVoid(file)) return accepted
  await tx.run(
    `UPDATE day_end_file SET state = 'refused', held = 0, sent = lines, void_in = ? WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[epoch, tenant, bank, number],
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

/**
 * A result of a file that was declared void: its bank's books went back to before that, and it has posted the file after all. It counts
 * where no file that tells its dates again has its result: the lines of that one come back as duplicates. Else what that result said
 * stands, this one is kept beside it, and the bank hears that it is not taken.
 */
export async function takeAfterAll(
  tx: Tx,
  shop: Shop,
  file: FileRow,
  encoded: Uint8Array,
  { epoch }: Place,
): Promise<Verdict> {
  const { id: tenant } = shop.config
  const { bank, number, date } = file
  if (!(await mayCount(tx, tenant, file, epoch))) {
    if (epoch > (file.void_in ?? 1n)) await keepOfVoid(tx, tenant, file, encoded, epoch)
    return refused('the file is void')
  }
  await tx.run(
    `UPDATE day_end_file SET state = 'result', held = NULL, posted_after_all = 1, result = ?, told_in = ?
     WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[encoded, epoch, tenant, bank, number],
  )
  // Its rows are in it again: what builds a file leaves empty is the number by which the line names its row.
  await tx.run(
    `UPDATE day_end_line SET journal_row = ref % ? WHERE tenant = ? AND bank = ? AND number = ? AND (ref >= ? OR ?)`,
    ...[rowsOfEpoch, tenant, bank, number, rowsOfEpoch, file.retells === null ? 0n : 1n],
  )
  const detail = `file ${number} of ${date}, which was void: the bank, whose books went back, has posted it after all`
  await raiseAlarm(tx, shop.house, { peer: bank, kind: 'day-end-lost', detail, at: now(shop) })
  return accepted
}

/** Whether what a bank says of a void file can count: its books went back since, and nothing was said yet of what tells its dates again. */
export async function mayCount(
  tx: ReadTx,
  tenant: InstitutionId,
  { bank, number, void_in }: FileRow,
  epoch: bigint,
): Promise<boolean> {
  if (epoch <= (void_in ?? 1n)) return false
  const settled = await tx.one(
    `WITH RECURSIVE again (number, result) AS (
       SELECT number, result FROM day_end_file WHERE tenant = ? AND bank = ? AND retells = ?
       UNION ALL SELECT next.number, next.result FROM again JOIN day_end_file AS next
         ON next.tenant = ? AND next.bank = ? AND next.retells = again.number)
     SELECT 1 AS found FROM again WHERE result IS NOT NULL LIMIT 1`,
    ...[tenant, bank, number, tenant, bank],
  )
  return settled === undefined
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
