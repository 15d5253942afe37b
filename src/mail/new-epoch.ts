/**
 * A peer's books went back in time, and it announces the epoch in which its letters are numbered anew. What it took from us
 * after its new start is sent again; what we took from it after that is forgotten there.
 */
import type { InstitutionId } from '../ids.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { noteAnnouncement } from './epochs.ts'
import { accepted, refused, type Verdict } from './inbox.ts'
import type { ContentOf } from './letter.ts'
import { epochBodyOf } from './own-letters.ts'
import { sendAgain } from './resend.ts'
import { numbersOf, type Place, type Stream } from './streams.ts'

/** A letter that was taken here, and that its sender knows nothing of any more. */
export type ForgottenLetter = { readonly epoch: bigint; readonly sequence: bigint; readonly type: string }

/** `forget` hears of the forgotten letters, in this command. */
export async function takeAnnouncement(
  tx: Tx,
  letter: ContentOf<'letter'>,
  at: number,
  forget: (letters: readonly ForgottenLetter[]) => Promise<void>,
): Promise<Verdict> {
  const { from: peer, to: tenant, epoch, sequence } = letter
  const announced = epochBodyOf(letter)
  if (announced === undefined || sequence !== 1n || epoch === 1n) return refused('malformed')
  const sentAgain = await sendAgain(tx, tenant, peer, [announced.due, announced.bulkDue])
  await noteAnnouncement(tx, tenant, peer, epoch, announced, sentAgain, at)
  const { sent, bulkSent } = announced
  if (sent !== undefined) await forget(await takenBetween(tx, tenant, peer, 'first', sent, epoch))
  if (bulkSent !== undefined) await forget(await takenBetween(tx, tenant, peer, 'bulk', bulkSent, epoch))
  return accepted
}

/** The letters of a stream that were taken from `peer` after one of its places and before an epoch. */
function takenBetween(
  tx: ReadTx,
  tenant: InstitutionId,
  peer: InstitutionId,
  stream: Stream,
  { epoch, sequence }: Place,
  before: bigint,
): Promise<readonly ForgottenLetter[]> {
  return tx.all<ForgottenLetter>(
    `SELECT epoch, sequence, type FROM clearing_inbox WHERE tenant = ? AND peer = ? AND epoch < ?
       AND (epoch > ? OR (epoch = ? AND sequence > ?)) AND sequence > ? AND sequence <= ? ORDER BY epoch, sequence`,
    ...[tenant, peer, before, epoch, epoch, sequence, ...numbersOf(stream)],
  )
}
