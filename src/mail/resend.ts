/**
 * Letters to a peer whose books went back in time. It has lost what it had taken from us after its new start, so those letters
 * are sent again, each in its old place. What they carried in secret is gone here, too: a void letter stands for it.
 */

import type { InstitutionId } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { type ContentOf, decodeContent, encodeContent } from './letter.ts'
import { carriesSecrets } from './messages.ts'
import { voidType } from './own-letters.ts'
import { numbersOf, type Place, streamOf } from './streams.ts'

/** Every letter that has its receipt, from where each stream is due on, is to be sent once more. Returns how many. */
export async function sendAgain(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  due: readonly (Place | undefined)[],
): Promise<number> {
  let sent = 0
  for (const place of due) if (place !== undefined) sent += await sendStreamAgain(tx, tenant, peer, place)
  return sent
}

async function sendStreamAgain(tx: Tx, tenant: InstitutionId, peer: InstitutionId, due: Place): Promise<number> {
  const letters = await tx.all<{
    epoch: bigint
    sequence: bigint
    type: string
    content: Uint8Array
    receipt: Uint8Array
  }>(
    `SELECT epoch, sequence, type, content, receipt FROM clearing_outbox
     WHERE tenant = ? AND peer = ? AND outcome IS NOT NULL AND (epoch > ? OR (epoch = ? AND sequence >= ?))
       AND sequence > ? AND sequence <= ? ORDER BY epoch, sequence`,
    ...[tenant, peer, due.epoch, due.epoch, due.sequence, ...numbersOf(streamOf(due))],
  )
  for (const { epoch, sequence, type, content, receipt } of letters) {
    const isGone = carriesSecrets(type)
    const { digest } = decodeContent(receipt) as ContentOf<'receipt'>
    const body = { type, replaces: digest, reason: 'its secrets were destroyed after the first receipt' }
    const sent = isGone
      ? encodeContent({ kind: 'letter', from: tenant, to: peer, epoch, sequence, type: voidType, body })
      : content
    await tx.run(
      `INSERT INTO clearing_resend (tenant, peer, epoch, sequence, type, content, replaced) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (tenant, peer, epoch, sequence) DO UPDATE SET receipt = NULL, receipt_signature = NULL, receipt_signer = NULL
         WHERE receipt IS NOT NULL`,
      ...[tenant, peer, epoch, sequence, type, sent, isGone ? digest : null],
    )
  }
  return letters.length
}

/** Whether the letter is on its way a second time. */
export async function isSentAgain(tx: ReadTx, tenant: InstitutionId, peer: InstitutionId, place: Place) {
  const row = await tx.one(
    'SELECT 1 AS found FROM clearing_resend WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ? AND receipt IS NULL',
    ...[tenant, peer, place.epoch, place.sequence],
  )
  return row !== undefined
}

/** Notes the second receipt beside the first, which stands for ever. False when the letter is not on its way again. */
export async function noteAgain(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  place: Place,
  receipt: { readonly encoded: Uint8Array; readonly signature: Uint8Array; readonly signer: string },
): Promise<boolean> {
  if (!(await isSentAgain(tx, tenant, peer, place))) return false
  const noted = await tx.run(
    `UPDATE clearing_resend SET receipt = ?, receipt_signature = ?, receipt_signer = ?
     WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ? AND receipt IS NULL`,
    ...[receipt.encoded, receipt.signature, receipt.signer, tenant, peer, place.epoch, place.sequence],
  )
  steppedOnce(noted, 'a second receipt was noted twice', place.sequence)
  return true
}
