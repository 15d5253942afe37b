/**
 * Letters as they arrive. The place in the peer's stream, the letter's effect and its receipt are one commit: a letter that
 * comes again changes nothing and gets the same receipt, and another letter under the same number is an alarm.
 */

import { raiseAlarm } from '../alarm.ts'
import type { InstitutionId } from '../ids.ts'
import { epochOf } from '../store/institution.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { type Content, type ContentOf, decodeContent, digestOf, encodeContent, type Head, sameBytes } from './letter.ts'
import { carriesSecrets } from './messages.ts'
import { noteIncoming } from './streams.ts'

export interface ArrivedLetter {
  readonly content: ContentOf<'letter'>
  readonly encoded: Uint8Array
  readonly signature: Uint8Array
  /** The id of the key that signed it. */
  readonly signer: string
}

/** What the receiving room makes of a letter. A refusal is as final as an acceptance. */
export type Verdict = { readonly outcome: 'accepted' } | { readonly outcome: 'refused'; readonly reason: string }

export const accepted: Verdict = { outcome: 'accepted' }

export function refused(reason: string): Verdict {
  return { outcome: 'refused', reason }
}

/** The receipt of a letter that was taken before. */
export async function earlierReceipt(
  tx: ReadTx,
  letter: ArrivedLetter,
): Promise<ContentOf<'receipt' | 'conflict'> | undefined> {
  const { from, to, epoch, sequence } = letter.content
  const row = await tx.one<{ digest: Uint8Array; receipt: Uint8Array }>(
    'SELECT digest, receipt FROM clearing_inbox WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ?',
    to,
    from,
    epoch,
    sequence,
  )
  if (row === undefined) return undefined
  const digest = digestOf(letter.encoded)
  if (!sameBytes(row.digest, digest)) return { kind: 'conflict', from: to, to: from, digest }
  return decodeContent(row.receipt) as ContentOf<'receipt'>
}

/**
 * Takes a letter when it is due: `judge` decides and carries out, in this command.
 * Returns what to reply.
 */
export async function takeLetter(
  tx: Tx,
  letter: ArrivedLetter,
  at: number,
  heads: (tx: ReadTx) => Promise<readonly Head[]>,
  judge: (tx: Tx) => Promise<Verdict>,
): Promise<Exclude<Content, { kind: 'letter' | 'query' | 'answer' }>> {
  const { from: peer, to: tenant, epoch, sequence, type } = letter.content
  const digest = digestOf(letter.encoded)
  const parties = { from: tenant, to: peer, digest }
  const alarm = (kind: 'other-content' | 'old-epoch') =>
    raiseAlarm(tx, tenant, { peer, kind, detail: `letter ${epoch}/${sequence} (${type})`, at })

  const earlier = await earlierReceipt(tx, letter)
  if (earlier?.kind === 'conflict') await alarm('other-content')
  if (earlier !== undefined) return earlier

  const arrival = await noteIncoming(tx, tenant, peer, { epoch, sequence })
  if (arrival !== 'next') {
    // A place that counts as taken but has no receipt here can only be of an epoch that was left.
    if (arrival !== 'gap') await alarm('old-epoch')
    return { kind: 'not-due', ...parties, ...(await due(tx, tenant, peer)) }
  }
  const verdict = await judge(tx)
  const receipt: ContentOf<'receipt'> = {
    kind: 'receipt',
    ...parties,
    outcome: verdict.outcome,
    reason: verdict.outcome === 'refused' ? verdict.reason : '',
    at: BigInt(Math.trunc(at)),
    epoch: await epochOf(tx, tenant),
    heads: [...(await heads(tx))],
  }
  await tx.run(
    `INSERT INTO clearing_inbox (tenant, peer, epoch, sequence, type, digest, content, signature, signer, receipt)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    tenant,
    peer,
    epoch,
    sequence,
    type,
    digest,
    carriesSecrets(type) ? new Uint8Array() : letter.encoded,
    letter.signature,
    letter.signer,
    encodeContent(receipt),
  )
  return receipt
}

async function due(tx: ReadTx, tenant: InstitutionId, peer: InstitutionId): Promise<{ epoch: bigint; due: bigint }> {
  const row = await tx.one<{ epoch: bigint; last: bigint }>(
    'SELECT incoming_epoch AS epoch, last_incoming AS last FROM counterparty WHERE tenant = ? AND counterparty = ?',
    tenant,
    peer,
  )
  return { epoch: row?.epoch ?? 0n, due: (row?.last ?? 0n) + 1n }
}
