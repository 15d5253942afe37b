/**
 * A host whose books went back in time asks each bank which of its files it holds, so that the next one has the number and the
 * predecessor that are due there. A file that these books had only begun is asked for, too: the lost ones may have told it with
 * sections that these do not have. The sections come back to each payee by its own asking (`../../clearing/recall.ts`).
 */
import { raiseAlarmOnce } from '../../../alarm.ts'
import { sameBytes } from '../../../bytes.ts'
import { fileHash } from '../../../clearing/header.ts'
import { decodeHostHeader } from '../../../clearing/host-header.ts'
import type { Slices } from '../../../clearing/slices.ts'
import type { InstitutionId } from '../../../ids.ts'
import { isWithinReach } from '../../../mail/gate.ts'
import { accepted, refused, type Verdict } from '../../../mail/inbox.ts'
import type { Letter } from '../../../mail/messages.ts'
import { writeLetter } from '../../../mail/outbox.ts'
import { fileLetters, isSignedHere } from '../../../mail/signed-header.ts'
import { now } from '../../../runtime.ts'
import type { ReadTx, Tx } from '../../../store/store.ts'
import { lastRecall } from '../../clearing/files.ts'
import { isAnswer, noteState, readOwnHeader } from '../../clearing/recall.ts'
import { banksOf } from '../../shop.ts'
import { type House, hostFileOf, lastHostFile } from './files.ts'

/** Asks one bank. False: nobody is to be asked. */
export async function askNextBank(house: House, slices: Slices): Promise<boolean> {
  const { store, config, mail } = house
  const due = await store.read(async tx => {
    for (const { bank } of await banksOf(tx, { house: config.id })) {
      const recall = await lastRecall(tx, config.id, bank)
      if (recall?.state === 'due' && (await isWithinReach(tx, config.id, bank))) return bank
    }
    return undefined
  })
  if (due === undefined) return false
  await slices.execute(async tx => {
    const recall = await lastRecall(tx, config.id, due)
    if (recall?.state !== 'due') return
    const body = { recall: recall.epoch, from: await firstMissing(tx, config.id, due) }
    await writeLetter(tx, { from: config.id, to: due, type: 'host-file-recall', body, stream: 'bulk' })
    await noteState(tx, config.id, due, recall.epoch, 'asked')
  })
  house.runtime.reached('day-end.host-recalled')
  mail.wake()
  return true
}

/** The number after the last file whose header these books have. */
async function firstMissing(tx: ReadTx, host: InstitutionId, bank: InstitutionId): Promise<bigint> {
  const { number } = await lastHostFile(tx, host, bank)
  const last = await hostFileOf(tx, host, bank, number)
  return last?.state === 'closed' ? number : number + 1n
}

export async function takeHeldHostFile(
  tx: Tx,
  house: House,
  bank: InstitutionId,
  { recall, last, file }: Letter<'host-file-held'>,
): Promise<Verdict> {
  const { id } = house.config
  if (!(await isAnswer(tx, id, bank, recall))) return accepted
  if (file === undefined) {
    await noteState(tx, id, bank, recall, 'told')
    return accepted
  }
  const { number, header: encoded, isVoid, proof } = file
  const header = readOwnHeader(decodeHostHeader, house.config, bank, number, encoded)
  if (header === undefined) return refused('not a file of this host')
  if (!(await isSignedHere(tx, house.keys, { from: id, to: bank, by: fileLetters }, encoded, proof))) {
    const detail = `the host’s file ${number} of ${header.date}, as its bank tells it: it does not show that it was signed here`
    await raiseAlarmOnce(tx, id, { peer: bank, kind: 'day-end-contradicted', detail, at: now(house) })
    return refused('not shown to be signed by this host')
  }
  if (number !== (await firstMissing(tx, id, bank))) return refused('another file is due')
  const before = await hostFileOf(tx, id, bank, number - 1n)
  if (before?.hash && !sameBytes(before.hash, header.previous)) return refused('it does not follow the file before')
  const { date, sections, lines } = header
  await tx.run(
    `INSERT INTO host_file (tenant, bank, number, date, state, header, hash, sections, lines, held) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, bank, number) DO UPDATE SET date = excluded.date, state = excluded.state, header = excluded.header,
       hash = excluded.hash, sections = excluded.sections, lines = excluded.lines, held = excluded.held`,
    ...[id, bank, number, date, isVoid ? 'refused' : 'received', encoded, fileHash(encoded), sections, lines, recall],
  )
  if (number === last) await noteState(tx, id, bank, recall, 'told')
  return accepted
}
