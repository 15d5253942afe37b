/** What becomes of letters: the room that wrote one is told, in the same command that notes its receipt, and once. */

import type { InstitutionId } from '../ids.ts'
import type { Tx } from '../store/store.ts'
import { accepted, refused, type Verdict } from './inbox.ts'
import type { ContentOf } from './letter.ts'
import type { LetterType } from './messages.ts'
import type { WaitingLetter } from './outbox.ts'
import type { LetterHandlers } from './reception.ts'

/** Before the receipt is noted: a letter that has one already was told of. A void letter tells its writer like any other. */
export async function tellWriter(
  tx: Tx,
  { institution: tenant, letters }: { readonly institution: InstitutionId; readonly letters: LetterHandlers },
  peer: InstitutionId,
  { epoch, sequence, type }: WaitingLetter,
  reply: ContentOf<'receipt' | 'not-due' | 'conflict'>,
): Promise<void> {
  if (reply.kind !== 'receipt') return
  const answered = letters[type as LetterType]?.answered
  if (answered === undefined) return
  const open = await tx.one(
    'SELECT type FROM clearing_outbox WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ? AND outcome IS NULL',
    tenant,
    peer,
    epoch,
    sequence,
  )
  if (open === undefined) return
  const verdict: Verdict = reply.outcome === 'accepted' ? accepted : refused(reply.reason)
  await answered(tx, peer, { epoch, sequence }, verdict)
}
