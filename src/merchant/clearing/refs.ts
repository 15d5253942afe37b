/**
 * How lines of day-end files name rows of the journal, so that no two ever have the same name: books that went back in time write
 * their rows again under numbers that a bank has seen in lost ones. A row of epoch 1 is named by its number, one of a later epoch
 * by that and 2^40 for each epoch before.
 */
import type { InstitutionId } from '../../ids.ts'
import type { ReadTx } from '../../store/store.ts'

export const rowsOfEpoch = 1n << 40n

/** After which row of the chain each later epoch began, as far as these books remember. */
export type EpochStarts = readonly { readonly epoch: bigint; readonly seq: bigint }[]

export function epochStarts(tx: ReadTx, house: InstitutionId, chain: string): Promise<EpochStarts> {
  // A chain that an epoch's start does not name had no row then.
  return tx.all<EpochStarts[number] & Record<string, bigint>>(
    `SELECT epoch, max(CASE WHEN chain = ? THEN seq ELSE 0 END) AS seq FROM clearing_epoch_start
     WHERE tenant = ? AND peer = ? AND epoch > 1 GROUP BY epoch ORDER BY epoch`,
    ...[chain, house, house],
  )
}

export function refOf(starts: EpochStarts, row: bigint): bigint {
  const later = starts.findLast(({ seq }) => seq < row)
  return later === undefined ? row : (later.epoch - 1n) * rowsOfEpoch + row
}

/** The row that it names, in whatever books. */
export function rowOf(ref: bigint): bigint {
  return ref % rowsOfEpoch
}
