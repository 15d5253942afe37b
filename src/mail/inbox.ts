/**
 * Letters as they arrive. The place in the peer's stream, the letter's effect and its receipt are one commit: a letter that
 * comes again changes nothing and gets the same receipt, and another letter under the same number is an alarm.
 */

import { raiseAlarmOnce } from '../alarm.ts'
import { sameBytes } from '../bytes.ts'
import type { InstitutionId } from '../ids.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { epochOf } from '../store/tenants.ts'
import { traceBytes } from '../trace.ts'
import { mayBegin } from './epochs.ts'
import { type Content, type ContentOf, decodeContent, digestOf, encodeContent, type ToldHead } from './letter.ts'
import { carriesSecrets } from './messages.ts'
import { voidBodyOf, voidType } from './own-letters.ts'
import { noteIncoming, type Place, placeDue, streamOf } from './streams.ts'

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
  const row = await tx.one<{ type: string; digest: Uint8Array; content: Uint8Array; receipt: Uint8Array }>(
    'SELECT type, digest, content, receipt FROM clearing_inbox WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ?',
    to,
    from,
    epoch,
    sequence,
  )
  if (row === undefined) return undefined
  const digest = digestOf(letter.encoded)
  // A void letter comes in place of one that its sender believes was never taken. It was.
  const replaces = voidBodyOf(letter.content)?.replaces ?? digest
  const isTaken = sameBytes(row.digest, digest) || sameBytes(row.digest, replaces) || isReplacedBy(row, digest)
  if (!isTaken) return { kind: 'conflict', from: to, to: from, digest }
  return decodeContent(row.receipt) as ContentOf<'receipt'>
}

/** The body of a letter that was taken, as its sender wrote it. Undefined when none has this place. */
export async function takenLetter(
  tx: ReadTx,
  tenant: InstitutionId,
  peer: InstitutionId,
  { epoch, sequence }: Place,
): Promise<unknown> {
  const row = await tx.one<{ content: Uint8Array }>(
    'SELECT content FROM clearing_inbox WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ?',
    ...[tenant, peer, epoch, sequence],
  )
  const content = row && decodeContent(row.content)
  return content?.kind === 'letter' ? content.body : undefined
}

/** Whether the void letter that was taken stands for that one: whoever recorded it and plays it back accuses nobody. */
function isReplacedBy({ type, content }: { readonly type: string; readonly content: Uint8Array }, digest: Uint8Array) {
  if (type !== voidType) return false
  const replaces = voidBodyOf(decodeContent(content) as ContentOf<'letter'>)?.replaces
  return replaces !== undefined && sameBytes(replaces, digest)
}

/**
 * Takes a letter when it is due: `judge` decides and carries out, in this command. Undefined: the letter was not due when
 * it was looked at, and nothing was prepared for it; should it be due by now, it is when it comes again.
 * Returns what to reply.
 */
export async function takeLetter(
  tx: Tx,
  letter: ArrivedLetter,
  at: number,
  heads: (tx: ReadTx) => Promise<readonly ToldHead[]>,
  judge: ((tx: Tx, at: number) => Promise<Verdict>) | undefined,
): Promise<Exclude<Content, { kind: 'letter' | 'query' | 'answer' }>> {
  const { from: peer, to: tenant, epoch, sequence, type } = letter.content
  const digest = digestOf(letter.encoded)
  const parties = { from: tenant, to: peer, digest }
  const alarm = (kind: 'other-content' | 'old-epoch') =>
    raiseAlarmOnce(tx, tenant, { peer, kind, detail: `letter ${epoch}/${sequence} (${type})`, at })

  const earlier = await earlierReceipt(tx, letter)
  if (earlier?.kind === 'conflict') await alarm('other-content')
  if (earlier !== undefined) return earlier

  const stream = streamOf({ sequence })
  const notDue = async () => {
    const place = await placeDue(tx, tenant, peer, stream)
    return { kind: 'not-due' as const, ...parties, epoch: place.epoch, due: place.sequence }
  }
  if (judge === undefined) return notDue()
  if (epoch > (await placeDue(tx, tenant, peer, stream)).epoch && !(await mayBegin(tx, tenant, letter.content, at)))
    return notDue()
  const arrival = await noteIncoming(tx, tenant, peer, { epoch, sequence })
  if (arrival !== 'next') {
    // A place that counts as taken but has no receipt here can only be of an epoch that was left.
    if (arrival !== 'gap') await alarm('old-epoch')
    return notDue()
  }
  const verdict = await judge(tx, at)
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
    `INSERT INTO clearing_inbox (tenant, peer, epoch, sequence, type, digest, content, signature, signer, receipt, trace, peer_trace)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
    traceBytes(tx.trace),
    letter.content.trace ?? null,
  )
  return receipt
}
