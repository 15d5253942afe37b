/**
 * What a bank refused of a host's day ends is sent to it once more, when people have put away the cause: a file as a whole, and a
 * section by itself, as its payee would send it without a host, byte for byte. The file that it was in stands as it is.
 */
import type { SentAgain } from '../../../clearing/sent-again.ts'
import type { Slices } from '../../../clearing/slices.ts'
import type { InstitutionId } from '../../../ids.ts'
import type { ReadTx } from '../../../store/store.ts'
import { areUnderWay } from '../../clearing/again.ts'
import { type FileRow, fileColumns } from '../../clearing/files.ts'
import { send } from '../../clearing/send.ts'
import { type House, mayTell } from './files.ts'

export function sendAgain({ store, config }: House, bank: InstitutionId): Promise<SentAgain> {
  return store.execute(async tx => {
    if (await areUnderWay(tx, config.id, bank)) return { outcome: 'letters-under-way' }
    const whole = await tx.run(
      `UPDATE host_file SET state = 'built', sections_sent = 0, sent = 0, letter_epoch = NULL, letter_sequence = NULL
       WHERE tenant = ? AND bank = ? AND state = 'refused' AND held IS NULL`,
      ...[config.id, bank],
    )
    // Those that its payees had begun before their host told everything in one file are theirs.
    const own = await tx.run(
      `UPDATE day_end_file SET state = 'built', sent = 0, letter_epoch = NULL, letter_sequence = NULL, alone = host_number IS NOT NULL
       WHERE bank = ? AND state = 'refused' AND held IS NULL`,
      bank,
    )
    const files = whole + own
    return files === 0n ? { outcome: 'nothing-refused' } : { outcome: 'begun', files }
  })
}

type Alone = FileRow & { readonly payee: InstitutionId }

/** Sends a section that goes by itself: before any file of its host, as a bank takes each payee's in their order. False: there is none. */
export async function sendNextAlone({ store, payees, config }: House, slices: Slices): Promise<boolean> {
  const section = await store.read(tx => nextAlone(tx, config.id))
  if (section === undefined) return false
  await send(payees.opened(section.payee).shop, slices, section)
  return true
}

async function nextAlone(tx: ReadTx, host: InstitutionId): Promise<Alone | undefined> {
  const sections = await tx.all<Alone>(
    `SELECT tenant AS payee, ${fileColumns} FROM day_end_file WHERE alone = 1 AND state = 'built' ORDER BY bank, number, tenant`,
  )
  for (const section of sections) if (await mayTell(tx, host, section.bank)) return section
  return undefined
}
