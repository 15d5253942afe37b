/**
 * Telling a host whose books went back in time which of its files this bank holds: their headers. Each of its payees asks for its
 * own sections (`../held.ts`).
 */

import type { Slices } from '../../../clearing/slices.ts'
import type { InstitutionId } from '../../../ids.ts'
import { accepted, refused, type Verdict } from '../../../mail/inbox.ts'
import { keptLetterWith } from '../../../mail/kept-letter.ts'
import type { Letter } from '../../../mail/messages.ts'
import { writeLetter } from '../../../mail/outbox.ts'
import type { Place } from '../../../mail/streams.ts'
import type { Tx } from '../../../store/store.ts'
import type { Branch } from '../../branch.ts'
import { wasAsked } from '../files.ts'
import { hostedFileOf, isHost, lastHostedNumber } from './files.ts'

export async function hostRecallTaking(
  tx: Tx,
  branch: Branch,
  host: InstitutionId,
  { recall, from }: Letter<'host-file-recall'>,
  { epoch }: Place,
): Promise<Verdict> {
  const { id: tenant } = branch.config
  if (!(await isHost(tx, branch, host))) return refused('it speaks for no payee of this bank')
  if (recall !== epoch) return refused('of another epoch than it is asked in')
  if (await wasAsked(tx, tenant, host, recall)) return accepted
  const last = await lastHostedNumber(tx, tenant, host)
  // The rest of it is lost with the books that had written it.
  await tx.run(
    `UPDATE hosted_file SET void = 1 WHERE tenant = ? AND host = ? AND number >= ?
       AND (sections_received < sections OR received < lines)`,
    ...[tenant, host, from],
  )
  await tx.run(
    `INSERT INTO payee_recall (tenant, payee, epoch, next, last) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ...[tenant, host, recall, from, last],
  )
  if (last < from)
    await writeLetter(tx, { from: tenant, to: host, type: 'host-file-held', body: { recall, last }, stream: 'bulk' })
  return accepted
}

/** Tells one. False: what is asked for is no host's file. */
export async function tellHostFile(
  branch: Branch,
  slices: Slices,
  { payee: host, epoch: recall, next, last }: { payee: InstitutionId; epoch: bigint; next: bigint; last: bigint },
): Promise<boolean> {
  const { id: tenant } = branch.config
  const file = await branch.store.read(tx => hostedFileOf(tx, tenant, host, next))
  if (file === undefined) return false
  await slices.execute(async tx => {
    const proof = await keptLetterWith(tx, tenant, host, file.header)
    const held = { number: next, header: file.header, isVoid: file.void === 1n, ...(proof && { proof }) }
    const body = { recall, last, file: held }
    await writeLetter(tx, { from: tenant, to: host, type: 'host-file-held', body, stream: 'bulk' })
    await tx.run(
      'UPDATE payee_recall SET next = ? WHERE tenant = ? AND payee = ? AND epoch = ?',
      ...[next + 1n, tenant, host, recall],
    )
  })
  branch.runtime.reached('day-end.held-told')
  branch.mail.wake()
  return true
}
