/**
 * Letters on their way. A letter is written in the same command as what it tells of, and stays here, signed content and
 * all, until its receipt is in: so nothing is told that did not happen, and nothing that happened stays untold.
 */

import { type AlarmKind, raiseAlarm } from '../alarm.ts'
import { sameBytes } from '../bytes.ts'
import type { InstitutionId } from '../ids.ts'
import type { ReadTx, Row, Tx } from '../store/store.ts'
import { traceBytes } from '../trace.ts'
import { admitEpoch, nextPlace } from './epochs.ts'
import { keepHeads } from './held-heads.ts'
import { type ContentOf, decodeContent, digestOf, encodeContent } from './letter.ts'
import { carriesSecrets, type Letter, type LetterType, type SecretLetterType } from './messages.ts'
import { type VoidBody, voidType } from './own-letters.ts'
import { isSentAgain, noteAgain } from './resend.ts'
import { numbersOf, type Place, type Stream } from './streams.ts'
import { resume, suspend } from './suspension.ts'
import { traceTold } from './told-trace.ts'

/** Most bytes of a letter, encoded: a batch of 500 vouchers is a third of it. Three of them go into one delivery. */
export const letterLimit = 256 << 10

/**
 * The letter is larger than any delivery may carry. It is a fault, not an outcome: what rooms write is bounded by their own
 * rules (a batch by its count), and one that passes them all is a mistake in the program. The command fails as a whole.
 */
export class LetterTooLarge extends Error {
  constructor(type: string, size: number) {
    super(`a letter (${type}) of ${size} bytes, of which ${letterLimit} may be`)
    this.name = 'LetterTooLarge'
  }
}

/**
 * Writes a letter. It is numbered here and leaves after the commit. Returns its place in the stream to the peer. One that
 * carries secrets is written by `writeSealedLetter`.
 * @throws LetterTooLarge, ClosedToPeer
 */
export async function writeLetter<T extends Exclude<LetterType, SecretLetterType>>(
  tx: Tx,
  letter: {
    readonly from: InstitutionId
    readonly to: InstitutionId
    readonly type: T
    readonly body: Letter<T>
    /** `bulk`: nothing that a caller waits for is behind it. */
    readonly stream?: Stream
  },
): Promise<Place> {
  const { from, to, type, body, stream } = letter
  const place = await nextPlace(tx, from, to, stream)
  const told = traceTold(tx, { from, to, ...place })
  const content = encodeContent({ kind: 'letter', from, to, ...place, type, body, ...told })
  await insertLetter(tx, { from, to, type, place, content, size: content.length })
  return place
}

interface WrittenLetter {
  readonly from: InstitutionId
  readonly to: InstitutionId
  readonly type: LetterType
  readonly place: Place
  /** As it leaves, or sealed until then. */
  readonly content: Uint8Array
  /** Bytes of it as it leaves. */
  readonly size: number
}

/** @throws LetterTooLarge */
export async function insertLetter(tx: Tx, { from, to, type, place, content, size }: WrittenLetter): Promise<void> {
  if (size > letterLimit) throw new LetterTooLarge(type, size)
  await tx.run(
    'INSERT INTO clearing_outbox (tenant, peer, epoch, sequence, type, content, trace) VALUES (?, ?, ?, ?, ?, ?, ?)',
    from,
    to,
    place.epoch,
    place.sequence,
    type,
    content,
    traceBytes(tx.trace),
  )
}

export interface WaitingLetter {
  readonly epoch: bigint
  readonly sequence: bigint
  /** What was written first, where it is a void letter now. */
  readonly type: string
  readonly content: Uint8Array
  /** The digest of the letter in whose place this void one stands. */
  readonly replaced: Uint8Array | null
  /** Of a letter whose sealed content cannot be opened any more. */
  readonly digest?: Uint8Array
}

/**
 * The next letters of a stream without a receipt, in order: `most.letters` and `most.bytes` of them, but always one, and of one epoch
 * alone, so that a new one begins only when the last has been received to its end.
 */
export async function waitingLetters(
  tx: ReadTx,
  tenant: InstitutionId,
  peer: InstitutionId,
  most: { readonly letters: number; readonly bytes: number },
  stream: Stream = 'first',
): Promise<readonly WaitingLetter[]> {
  const numbers = numbersOf(stream)
  const sizes = await tx.all<{ epoch: bigint; sequence: bigint; size: bigint }>(
    `SELECT epoch, sequence, length(content) AS size FROM clearing_outbox
     WHERE tenant = ? AND peer = ? AND outcome IS NULL AND sequence > ? AND sequence <= ?
     UNION ALL SELECT epoch, sequence, length(content) FROM clearing_resend
     WHERE tenant = ? AND peer = ? AND receipt IS NULL AND sequence > ? AND sequence <= ?
     ORDER BY epoch, sequence LIMIT ?`,
    ...[tenant, peer, ...numbers, tenant, peer, ...numbers, BigInt(most.letters)],
  )
  const [first] = sizes
  if (first === undefined) return []
  let last = first.sequence
  let total = first.size
  for (const { epoch, sequence, size } of sizes.slice(1)) {
    total += size
    if (epoch !== first.epoch || total > BigInt(most.bytes)) break
    last = sequence
  }
  return tx.all<{ epoch: bigint; sequence: bigint; type: string; content: Uint8Array; replaced: Uint8Array | null }>(
    `SELECT epoch, sequence, type, content, replaced FROM clearing_outbox
     WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence > ? AND sequence <= ? AND outcome IS NULL
     UNION ALL SELECT epoch, sequence, type, content, replaced FROM clearing_resend
     WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence > ? AND sequence <= ? AND receipt IS NULL
     ORDER BY sequence`,
    ...[tenant, peer, first.epoch, numbers[0], last, tenant, peer, first.epoch, numbers[0], last],
  )
}

/** A verified reply to one letter, with the bytes that prove it. */
export interface LetterReply {
  readonly content: ContentOf<'receipt' | 'not-due' | 'conflict'>
  readonly encoded: Uint8Array
  readonly signature: Uint8Array
  /** The id of the peer's key that made it. */
  readonly signer: string
  /** Whether a receipt's heads are signed by the peer's ledger key. */
  readonly headsAreGenuine: boolean
}

/** Whether the peer named this letter's digest, or in a receipt that of the letter in whose place it stands. */
export function answersLetter({ content }: LetterReply, letter: WaitingLetter): boolean {
  if (sameBytes(content.digest, digestOf(letter.content))) return true
  return content.kind === 'receipt' && letter.replaced !== null && sameBytes(content.digest, letter.replaced)
}

/** Whether a reply may be noted: a receipt of an epoch that the peer has yet to announce counts when it is given again. */
export async function mayCount(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  { content }: LetterReply,
  at: number,
): Promise<boolean> {
  return content.kind !== 'receipt' || (await admitEpoch(tx, tenant, peer, content.epoch, at)) === 'now'
}

/** Notes what became of a letter. Asked again with the same reply it does nothing. */
export async function noteReply(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  letter: WaitingLetter,
  reply: LetterReply,
  at: number,
): Promise<void> {
  const { content } = reply
  const alarm = (kind: AlarmKind, detail: string) =>
    raiseAlarm(tx, tenant, { peer, kind, detail: `${nameOf(letter)}${detail}`, at })
  /** Once: while it is suspended the peer is asked now and then, and says the same. */
  const halt = async (kind: AlarmKind, detail: string) => {
    if (await suspend(tx, tenant, peer)) await alarm(kind, detail)
  }
  switch (content.kind) {
    case 'receipt': {
      const noted = await tx.run(
        `UPDATE clearing_outbox SET receipt = ?, receipt_signature = ?, receipt_signer = ?, outcome = ?, content = ?
         WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ? AND outcome IS NULL`,
        reply.encoded,
        reply.signature,
        reply.signer,
        content.outcome,
        carriesSecrets(letter.type) ? new Uint8Array() : letter.content,
        tenant,
        peer,
        letter.epoch,
        letter.sequence,
      )
      if (noted === 0n && !(await noteAgain(tx, tenant, peer, letter, reply))) return
      await resume(tx, tenant, peer)
      if (content.outcome === 'refused') await alarm('letter-refused', `: ${content.reason}`)
      if (!reply.headsAreGenuine) return alarm('forged-head', '')
      return keepHeads(tx, tenant, peer, content, await receiptBefore(tx, tenant, peer, letter), at)
    }
    case 'not-due':
      if (content.epoch > letter.epoch) await halt('accused-of-old-epoch', `: it knows epoch ${content.epoch} of us`)
      else if (content.epoch < letter.epoch) return
      else if (await hasReceipt(tx, tenant, peer, content))
        await halt('peer-lost-receipts', `: letter ${content.due} is asked for again`)
      else if (content.due > letter.sequence)
        await halt('peer-lost-receipts', ': it counts as taken, without a receipt')
      // What is due has no receipt: the peer has all that it ever gave one for.
      else await resume(tx, tenant, peer)
      return
    case 'conflict':
      return halt('accused-of-other-content', '')
    default:
      return content satisfies never
  }
}

/**
 * Puts a signed void letter in the place of one that can never pass, so that those behind it do. Should the peer have taken
 * the first after all, it says so: a void letter names the digest that it replaces, and is answered with that receipt.
 */
export async function voidLetter(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  letter: WaitingLetter,
  reason: string,
  at: number,
): Promise<void> {
  if (letter.replaced !== null) throw new Error(`${nameOf(letter)} is void and does not pass`)
  const replaces = letter.digest ?? digestOf(letter.content)
  const { epoch, sequence, type } = letter
  const body: VoidBody = { type, replaces, reason }
  const replaced = await tx.run(
    `UPDATE clearing_outbox SET content = ?, replaced = ?
     WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ? AND outcome IS NULL AND replaced IS NULL`,
    encodeContent({ kind: 'letter', from: tenant, to: peer, epoch, sequence, type: voidType, body }),
    replaces,
    tenant,
    peer,
    epoch,
    sequence,
  )
  if (replaced === 0n) return
  await raiseAlarm(tx, tenant, { peer, kind: 'undeliverable-letter', detail: `${nameOf(letter)}: ${reason}`, at })
}

/**
 * Takes back a letter that has no receipt yet: a void one goes in its place. Should the peer have taken it before, its receipt
 * says so, and what follows from it comes all the same. False when it has its receipt, or is void already.
 */
export async function takeBack(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  { epoch, sequence }: Place,
  reason: string,
  at: number,
): Promise<boolean> {
  const letter = await tx.one<Required<Omit<WaitingLetter, 'digest'>> & Row>(
    `SELECT epoch, sequence, type, content, replaced FROM clearing_outbox
     WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ? AND outcome IS NULL AND replaced IS NULL`,
    ...[tenant, peer, epoch, sequence],
  )
  if (letter === undefined) return false
  await voidLetter(tx, tenant, peer, letter, reason, at)
  return true
}

/** Of the letter before in the same stream, which was answered first. */
async function receiptBefore(
  tx: Tx,
  tenant: InstitutionId,
  peer: InstitutionId,
  { epoch, sequence }: Place,
): Promise<ContentOf<'receipt'> | undefined> {
  const row = await tx.one<{ receipt: Uint8Array | null }>(
    'SELECT receipt FROM clearing_outbox WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ?',
    ...[tenant, peer, epoch, sequence - 1n],
  )
  return row?.receipt ? (decodeContent(row.receipt) as ContentOf<'receipt'>) : undefined
}

function nameOf({ epoch, sequence, type }: WaitingLetter): string {
  return `letter ${epoch}/${sequence} (${type})`
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
  if (row === undefined || row.outcome === null) return false
  return !(await isSentAgain(tx, tenant, peer, { epoch: place.epoch, sequence: place.due }))
}
