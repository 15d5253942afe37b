/** What waits until two officers of a payee decide: results that contradict its files, and files that its banks hold of books that were lost. */
import { type InstitutionId, institutionIdShape } from '../../ids.ts'
import { fileOf, lastRecall } from '../clearing/files.ts'
import { contradictions, resultOf } from '../clearing/result.ts'
import { banksOf, type Shop } from '../shop.ts'

export interface HeldAt {
  readonly bank: InstitutionId
  readonly files: number
}

/** A day-end file whose result contradicts it. */
export interface WaitingResult {
  readonly bank: InstitutionId
  readonly number: bigint
  /** `2026-11-22`. */
  readonly date: string
}

/** Oldest first, however old: what waits for people is not shown for a while only. */
export function waitingResults({ store, config }: Shop): Promise<readonly WaitingResult[]> {
  return store.read(tx =>
    tx.all<{ bank: InstitutionId; number: bigint; date: string }>(
      `SELECT bank, number, date FROM day_end_file WHERE tenant = ? AND state = 'result' ORDER BY date, bank`,
      config.id,
    ),
  )
}

/** Nothing where no result waits under this number. */
export async function contradictionsOf(
  shop: Shop,
  { bank: named, number }: { readonly bank: string; readonly number: bigint },
): Promise<readonly string[]> {
  const bank = institutionIdShape.safeParse(named)
  if (!bank.success) return []
  return shop.store.read(async tx => {
    const file = await fileOf(tx, shop.config.id, bank.data, number)
    return file?.state === 'result' ? contradictions(tx, shop, file, resultOf(file)) : []
  })
}

/** Where the bank has told everything that it holds, and some of it has no place in these books. */
export function heldAt(shop: Shop): Promise<readonly HeldAt[]> {
  const { store, config } = shop
  return store.read(async tx => {
    const held: HeldAt[] = []
    for (const { bank } of await banksOf(tx, shop)) {
      if ((await lastRecall(tx, config.id, bank))?.state !== 'told') continue
      // As `isUnplaced` has it.
      const row = await tx.one<{ files: bigint }>(
        `SELECT count(*) AS files FROM day_end_file
         WHERE tenant = ? AND bank = ? AND held IS NOT NULL AND state <> 'refused' AND scanned < lines`,
        ...[config.id, bank],
      )
      if (row !== undefined && row.files > 0n) held.push({ bank, files: Number(row.files) })
    }
    return held
  })
}
