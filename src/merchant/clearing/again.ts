/**
 * Files that their bank refused are sent to it once more, byte for byte, when people have put away the cause: it had not entered the
 * payee, or its own books were put right. Until then it refuses every later one, as another is due there.
 */
import type { SentAgain } from '../../clearing/sent-again.ts'
import type { InstitutionId } from '../../ids.ts'
import { numbersOf } from '../../mail/streams.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Shop } from '../shop.ts'

export function sendAgain({ store, config, house }: Shop, bank: InstitutionId): Promise<SentAgain> {
  return store.execute(async tx => {
    if (await areUnderWay(tx, house, bank)) return { outcome: 'letters-under-way' }
    const files = await tx.run(
      // A void one was refused for good. Sections are a host's (`../host/day-end/again.ts`).
      `UPDATE day_end_file SET state = 'built', sent = 0, letter_epoch = NULL, letter_sequence = NULL
       WHERE tenant = ? AND bank = ? AND state = 'refused' AND held IS NULL AND host_number IS NULL`,
      ...[config.id, bank],
    )
    return files === 0n ? { outcome: 'nothing-refused' } : { outcome: 'begun', files }
  })
}

/** Whether a bank has not answered yet everything of day ends that was written to it. */
export async function areUnderWay(tx: ReadTx, house: InstitutionId, bank: InstitutionId): Promise<boolean> {
  const waiting = await tx.one(
    `SELECT 1 AS found FROM clearing_outbox WHERE tenant = ? AND peer = ? AND outcome IS NULL AND sequence > ? AND sequence <= ?
       LIMIT 1`,
    ...[house, bank, ...numbersOf('bulk')],
  )
  return waiting !== undefined
}
