/**
 * Letters on their way. A letter is written in the same command as what it tells of, and stays here, signed content and
 * all, until its receipt is in: so nothing is told that did not happen, and nothing that happened stays untold.
 */

import { type AlarmKind, raiseAlarm } from '../alarm.ts'
import type { InstitutionId } from '../ids.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { keepHeads } from './heads.ts'
import { type ContentOf, digestOf, encodeContent, sameBytes } from './letter.ts'
import { carriesSecrets, type Letter, type LetterType } from './messages.ts'
import { nextOutgoing, type Place } from './streams.ts'

/** Writes a letter. It is numbered here and leaves after the commit. Returns its place in the stream to the peer. */
export async function writeLetter<T extends LetterType>(
  tx: Tx,
  letter: { readonly from: InstitutionId; readonly to: InstitutionId; readonly type: T; readonly body: Letter<T> },
): Promise<Place> {
  const { from, to, type, body } = letter
  const place = await nextOutgoing(tx, from, to)
  await tx.run(
    'INSERT INTO clearing_outbox (tenant, peer, epoch, sequence, type, content) VALUES (?, ?, ?, ?, ?, ?)',
    from,
    to,
    place.epoch,
    place.sequence,
    type,
    encodeContent({ kind: 'letter', from, to, ...place, type, body }),
  )
  return place
}

export interface WaitingLetter {
  readonly epoch: bigint
  readonly sequence: bigint
  readonly type: string
  readonly content: Uint8Array
}

/** The next letters without a receipt, in order. */
export async function waitingLetters(
  tx: ReadTx,
  tenant: InstitutionId,
  peer: InstitutionId,
  limit: number,
): Promise<readonly WaitingLetter[]> {
  const rows = await tx.all<{ epoch: bigint; sequence: bigint; type: string; content: Uint8Array }>(
    `SELECT epoch, sequence, type, content FROM clearing_outbox
     WHERE tenant = ? AND peer = ? AND outcome IS NULL ORDER BY epoch, sequence LIMIT ?`,
    tenant,
    peer,
    BigInt(limit),
  )
  return rows
}

/** A verified reply to one letter, with the bytes that prove it. */
export interface Reply {
  readonly content: ContentOf<'receipt' | 'not-due' | 'conflict'>
  readonly encoded: Uint8Array
  readonly signature: Uint8Array
  /** Whether a receipt's heads are signed by the peer's ledger key. */
  readonly headsAreGenuine: boolean
}

/** Notes what became of a letter. Asked again with the same reply it does nothing. */
export async function noteReply(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  letter: WaitingLetter,
  reply: Reply,
  at: number,
) {
  const { content } = reply
  const alarm = (kind: AlarmKind, detail: string) =>
    raiseAlarm(tx, tenant, {
      peer,
      kind,
      detail: `letter ${letter.epoch}/${letter.sequence} (${letter.type})${detail}`,
      at,
    })
  switch (content.kind) {
    case 'receipt': {
      const noted = await tx.run(
        `UPDATE clearing_outbox SET receipt = ?, receipt_signature = ?, outcome = ?, content = ?
         WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ? AND outcome IS NULL`,
        reply.encoded,
        reply.signature,
        content.outcome,
        carriesSecrets(letter.type) ? new Uint8Array() : letter.content,
        tenant,
        peer,
        letter.epoch,
        letter.sequence,
      )
      if (noted === 0n) return
      if (content.outcome === 'refused') await alarm('letter-refused', `: ${content.reason}`)
      return reply.headsAreGenuine ? keepHeads(tx, tenant, peer, content, at) : alarm('forged-head', '')
    }
    case 'not-due':
      if (
        content.epoch === letter.epoch &&
        content.due < letter.sequence &&
        (await hasReceipt(tx, tenant, peer, content))
      ) {
        await suspend(tx, tenant, peer)
        await alarm('peer-lost-receipts', `: letter ${content.due} is asked for again`)
      }
      return
    case 'conflict':
      await suspend(tx, tenant, peer)
      return alarm('accused-of-other-content', '')
    default:
      return content satisfies never
  }
}

/** Whether the peer named this letter's digest, and is the letter's receiver. */
export function answersLetter(reply: Reply, letter: WaitingLetter): boolean {
  return sameBytes(reply.content.digest, digestOf(letter.content))
}

async function hasReceipt(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  place: { epoch: bigint; due: bigint },
): Promise<boolean> {
  const row = await tx.one<{ outcome: string | null }>(
    'SELECT outcome FROM clearing_outbox WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ?',
    tenant,
    peer,
    place.epoch,
    place.due,
  )
  return row !== undefined && row.outcome !== null
}

/** Sends nothing more to this peer until people have looked into it. */
async function suspend(tx: Tx, tenant: InstitutionId, peer: InstitutionId): Promise<void> {
  await tx.run('UPDATE clearing_peer SET suspended = 1 WHERE tenant = ? AND peer = ?', tenant, peer)
}
