/** What becomes of letters: the room that wrote one is told, in the same command that notes its receipt, and once. */

import type { InstitutionId } from '../ids.ts'
import type { Tx } from '../store/store.ts'
import { accepted, refused, type Verdict } from './inbox.ts'
import { type ContentOf, decodeContent } from './letter.ts'
import { carriesSecrets, type Letter, type LetterType, letters as shapes } from './messages.ts'
import type { WaitingLetter } from './outbox.ts'
import type { LetterHandler, LetterHandlers } from './reception.ts'

/** Before the receipt is noted: a letter that has one already was told of. A void letter tells its writer like any other. */
export async function tellWriter(
  tx: Tx,
  { institution: tenant, letters }: { readonly institution: InstitutionId; readonly letters: LetterHandlers },
  peer: InstitutionId,
  letter: WaitingLetter,
  reply: ContentOf<'receipt' | 'not-due' | 'conflict'>,
): Promise<void> {
  if (reply.kind !== 'receipt' || !Object.hasOwn(shapes, letter.type)) return
  await tell(tx, tenant, letters, letter.type as LetterType, peer, letter, reply)
}

/** After the commit. */
export function tellReceipted(letters: LetterHandlers, { type }: WaitingLetter): void {
  if (Object.hasOwn(shapes, type)) letters[type as LetterType]?.receipted?.()
}

async function tell<T extends LetterType>(
  tx: Tx,
  tenant: InstitutionId,
  letters: LetterHandlers,
  type: T,
  peer: InstitutionId,
  letter: WaitingLetter,
  reply: ContentOf<'receipt'>,
): Promise<void> {
  const { epoch, sequence } = letter
  const answered = (letters[type] as LetterHandler<T> | undefined)?.answered
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
  await answered(tx, peer, { epoch, sequence }, verdict, bodyOf(type, letter))
}

function bodyOf<T extends LetterType>(type: T, { content, replaced }: WaitingLetter): Letter<T> | undefined {
  if (carriesSecrets(type) || replaced !== null) return undefined
  const written = decodeContent(content)
  return written.kind === 'letter' ? (shapes[type].parse(written.body) as Letter<T>) : undefined
}
