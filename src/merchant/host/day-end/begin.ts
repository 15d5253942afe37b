/**
 * A host's file begins when every one of its payees has closed the date: each that may tell its bank anything has a section, also
 * when there is nothing to tell. One that has to wait, as its books went back in time, is left out, and its next section tells of
 * what it left out.
 */
import type { Slices } from '../../../clearing/slices.ts'
import type { InstitutionId } from '../../../ids.ts'
import { datesToClose } from '../../../ledger/business-date.ts'
import { now } from '../../../runtime.ts'
import type { ReadTx, Tx } from '../../../store/store.ts'
import { fileOf, firstOfHeld, lastNumber, mayBegin, toRetell, unsentIn, untoldDates } from '../../clearing/files.ts'
import { banksOf, type Shop } from '../../shop.ts'
import { type HostFileRow, type House, lastHostFile, mayTell } from './files.ts'

type Pinned = { readonly bank: InstitutionId; readonly pinnedAt: bigint }

/** Those whose vouchers it sells. */
async function paidBy(tx: ReadTx, { payees, config }: House, bank: InstitutionId): Promise<readonly Shop[]> {
  const rows = await tx.all<{ payee: InstitutionId }>(
    'SELECT payee FROM payee_bank WHERE tenant = ? AND bank = ? AND refused_at IS NULL ORDER BY payee',
    ...[config.id, bank],
  )
  return rows.map(({ payee }) => payees.opened(payee).shop)
}

/** Begins the file of the earliest date that has none. False: no date is over. */
export async function beginNext(house: House, slices: Slices): Promise<boolean> {
  const { config, store } = house
  const due = await store.read(async tx => {
    for (const pinned of await banksOf(tx, { house: config.id })) {
      const date = await dateDue(tx, house, pinned)
      if (date !== undefined) return { bank: pinned.bank, date }
    }
    return undefined
  })
  if (due === undefined) return false
  await slices.execute(async tx => {
    const last = await lastHostFile(tx, config.id, due.bank)
    if (last.date >= due.date) return
    await tx.run(
      `INSERT INTO host_file (tenant, bank, number, date, state) VALUES (?, ?, ?, ?, 'closed')`,
      ...[config.id, due.bank, last.number + 1n, due.date],
    )
  })
  house.runtime.reached('day-end.host-begun')
  return true
}

async function dateDue(tx: ReadTx, house: House, { bank, pinnedAt }: Pinned): Promise<string | undefined> {
  const { id } = house.config
  if (!(await mayTell(tx, id, bank))) return undefined
  const { date: last } = await lastHostFile(tx, id, bank)
  const shops = await paidBy(tx, house, bank)
  let due: string | undefined
  for (const shop of shops) {
    if (!(await mayBegin(tx, shop, bank))) continue
    const first = (await untoldDates(tx, shop.config.id, bank, pinnedAt)).find(date => date > last)
    if (first !== undefined && (due === undefined || first < due)) due = first
  }
  if (due === undefined) return undefined
  const at = now(house)
  for (const { calendar, chain } of shops) {
    const [open] = await datesToClose(tx, calendar, chain, at)
    if (open !== undefined && open <= due) return undefined
  }
  return due
}

/** Gives each of its payees a section, unless it has one. */
export async function gather(house: House, slices: Slices, file: HostFileRow): Promise<void> {
  const { store, config } = house
  const pinned = (await store.read(tx => banksOf(tx, { house: config.id }))).find(({ bank }) => bank === file.bank)
  const shops = await store.read(tx => paidBy(tx, house, file.bank))
  for (let at = 0; at < shops.length; ) {
    at += await slices.execute(async (tx, slice) => {
      let taken = 0
      for (const shop of shops.slice(at)) {
        if (taken > 0 && !slice.hasTime()) break
        taken++
        await takeIn(tx, shop, file, pinned?.pinnedAt ?? 0n)
      }
      return taken
    })
    house.runtime.reached('day-end.gathered')
  }
}

/** A section that is in no file of the host's after all, as its bank never had it, is begun anew: it tells of its own date as well. */
async function takeIn(tx: Tx, shop: Shop, { bank, number, date }: HostFileRow, pinnedAt: bigint): Promise<void> {
  const { id: tenant } = shop.config
  if (!(await mayBegin(tx, shop, bank))) return
  const dates = (await untoldDates(tx, tenant, bank, pinnedAt)).filter(each => each <= date)
  // It has a section, or has closed nothing of that date.
  if (dates.at(-1) !== date) return
  const last = await lastNumber(tx, tenant, bank)
  const left = await fileOf(tx, tenant, bank, last)
  if (left !== undefined && (await unsentIn(tx, left)) === 'taken') {
    await tx.run(
      `UPDATE day_end_file SET date = ?, since = ?, state = 'closed', header = NULL, hash = NULL, host_number = ?
       WHERE tenant = ? AND bank = ? AND number = ?`,
      ...[date, left.since ?? left.date, number, tenant, bank, last],
    )
    return
  }
  const since = (await firstOfHeld(tx, tenant, bank, last)) ?? (dates.length > 1 ? dates[0] : undefined)
  const retells = await toRetell(tx, tenant, bank)
  await tx.run(
    `INSERT INTO day_end_file (tenant, bank, number, date, state, since, retells, host_number) VALUES (?, ?, ?, ?, 'closed', ?, ?, ?)`,
    ...[tenant, bank, last + 1n, date, since ?? null, retells, number],
  )
}
