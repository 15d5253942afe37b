/** A payee's day-end files for people, what one of today would tell, and which dates are late. */
import { raiseAlarmOnce } from '../../alarm.ts'
import { addTo, decodeHeader, noTotals, type Totals } from '../../clearing/header.ts'
import { isLate } from '../../clearing/late.ts'
import type { DayEndReport } from '../../clearing/report.ts'
import { decodeResult } from '../../clearing/result.ts'
import type { InstitutionId } from '../../ids.ts'
import { minutesOf } from '../../institution/config.ts'
import { datesToClose } from '../../ledger/business-date.ts'
import { now } from '../../runtime.ts'
import type { ReadTx } from '../../store/store.ts'
import { collectedOn } from '../card-revenue.ts'
import { banksOf, type Shop } from '../shop.ts'
import { rowsOf } from './build.ts'
import { type FileRow, fileColumns, hostFileOf, isVoid } from './files.ts'
import { unplacedFiles } from './place.ts'
import { breaksOf } from './result.ts'

/** Newest first; of one date, or of the latest `limit` files. */
export function reports(shop: Shop, date: string | undefined, limit = 100n): Promise<readonly DayEndReport[]> {
  const { id: tenant } = shop.config
  return shop.store.read(async tx => {
    const files = await tx.all<FileRow>(
      `SELECT ${fileColumns} FROM day_end_file
       WHERE tenant = ? AND (? IS NULL OR date = ?) ORDER BY date DESC, bank LIMIT ?`,
      ...[tenant, date ?? null, date ?? null, limit],
    )
    return Promise.all(files.map(file => reportOf(tx, shop, file)))
  })
}

async function reportOf(tx: ReadTx, shop: Shop, file: FileRow): Promise<DayEndReport> {
  const { bank, number, date, state, lines, sent, header, result } = file
  return {
    ...{ peer: bank, number, date, state: isVoid(file) ? 'void' : ((await stateOnTheWay(tx, file)) ?? state) },
    progress: { done: state === 'closed' ? lines : sent, of: lines },
    told: header === null ? undefined : decodeHeader(header).sections[0].totals,
    breaks: file.breaks === 0n ? [] : await breaksOf(tx, shop.config.id, file),
    byCard: await collectedOn(tx, shop, file),
    result: result === null ? undefined : decodeResult(result),
  }
}

/** Of a section: how its host's file stands. */
async function stateOnTheWay(tx: ReadTx, section: FileRow): Promise<string | undefined> {
  const { bank, state } = section
  const hostFile = hostFileOf(section)
  if (state !== 'built' || hostFile === undefined) return undefined
  const row = await tx.one<{ state: string }>(
    `SELECT state FROM host_file WHERE bank = ? AND number = ? AND state <> 'closed'`,
    ...[bank, hostFile],
  )
  return row?.state
}

export interface Planned {
  readonly bank: InstitutionId
  readonly date: string
  readonly totals: Totals
}

/** What files of dates that are over, and not built yet, would tell. Nothing is written. */
export async function planned(shop: Shop): Promise<readonly Planned[]> {
  const { store, config, calendar, chain } = shop
  const at = now(shop)
  const { banks, dates } = await store.read(async tx => {
    const open = await tx.all<{ date: string }>(
      `SELECT date FROM business_date WHERE tenant = ? AND date > coalesce((SELECT max(date) FROM day_end_file
         WHERE tenant = ? AND state <> 'closed'), '') ORDER BY date`,
      ...[config.id, config.id],
    )
    const toClose = await datesToClose(tx, calendar, chain, at)
    return { banks: await banksOf(tx, shop), dates: [...open.map(({ date }) => date), ...toClose] }
  })
  const plans: Planned[] = []
  for (const { bank } of banks) {
    for (const date of dates) {
      const totals = noTotals()
      for (let after = 0n; ; ) {
        const page = await store.read(tx => rowsOf(tx, shop, { bank, date, since: null }, after))
        for (const line of page) addTo(totals, line)
        const last = page.at(-1)
        if (last === undefined) break
        after = last.row
      }
      plans.push({ bank, date, totals })
    }
  }
  return plans
}

/** Raises an alarm for each date that should be reconciled by now and is not: once. */
export async function reportLate(shop: Shop): Promise<void> {
  const { store, config, calendar } = shop
  const { id: tenant } = config
  const at = now(shop)
  await store.execute(async tx => {
    const open = await tx.all<{ bank: InstitutionId; date: string; state: string }>(
      `SELECT bank, date, state FROM day_end_file WHERE tenant = ? AND state <> 'reconciled'
         AND NOT (held IS NOT NULL AND state = 'refused') ORDER BY date, bank`,
      tenant,
    )
    for (const { bank } of await banksOf(tx, shop)) open.push(...(await notBegun(tx, tenant, bank)))
    for (const file of await unplacedFiles(tx, tenant)) {
      const detail = `file ${file.number} of ${file.date}: ${file.lines - file.scanned} lines tell of what these books do not know`
      await raiseAlarmOnce(tx, shop.house, { peer: file.bank, kind: 'day-end-lost', detail, at })
    }
    for (const { bank, date, state } of open) {
      if (!isLate(calendar, minutesOf(config.reconciledBy), date, at)) continue
      const detail = `${date} is not reconciled: its file is ${state}`
      await raiseAlarmOnce(tx, shop.house, { peer: bank, kind: 'day-end-late', detail, at })
    }
  })
}

/** Closed dates after its last file: none is begun for a bank that has not said yet what it holds of these books. */
async function notBegun(tx: ReadTx, tenant: InstitutionId, bank: InstitutionId) {
  const dates = await tx.all<{ date: string }>(
    `SELECT date FROM business_date WHERE tenant = ? AND date >
       (SELECT max(date) FROM day_end_file WHERE tenant = ? AND bank = ?) ORDER BY date`,
    ...[tenant, tenant, bank],
  )
  return dates.map(({ date }) => ({ bank, date, state: 'not begun' }))
}
