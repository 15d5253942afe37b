/**
 * What became of each signature that was forwarded, and what its receiver was told of it: by letter, in the command that decides it, and
 * once more when another bank has said whether it takes the money. A receiver that cannot be written to is told once it can.
 */
import type { ResultReason } from '../../card/messages/result.ts'
import type { InstitutionId } from '../../ids.ts'
import { isClosedTo } from '../../mail/gate.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'

export type Collected =
  | { readonly outcome: 'paid' | 'sent'; readonly reference: string }
  | {
      readonly outcome: 'refused'
      readonly reason: ResultReason
      readonly field?: string
      readonly triesLeft?: number
    }

type Books = Pick<Branch, 'config'>

export async function keepCollected(
  tx: Tx,
  branch: Books,
  kept: Collected & {
    readonly receiver: InstitutionId
    readonly payment: string
    readonly at: number
    /** Of what moved money. */
    readonly of?: { readonly card: string; readonly counter: number }
  },
): Promise<void> {
  const { receiver, payment, at, outcome, of } = kept
  const refusal = kept.outcome === 'refused' ? kept : undefined
  const reference = kept.outcome === 'refused' ? '' : kept.reference
  await tx.run(
    `INSERT INTO card_collection (tenant, receiver, payment, at, outcome, card, counter, reference, reason, field, tries_left)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[branch.config.id, receiver, payment, BigInt(at), outcome, of?.card ?? null, of ? BigInt(of.counter) : null],
    ...[reference, refusal?.reason ?? '', refusal?.field ?? null],
    refusal?.triesLeft === undefined ? null : BigInt(refusal.triesLeft),
  )
  await tellAgain(tx, branch, receiver, payment)
}

type CollectedRow = {
  readonly receiver: InstitutionId
  readonly payment: string
  readonly outcome: 'paid' | 'sent' | 'came-back' | 'refused'
  readonly reference: string
  readonly reason: string
  readonly field: string | null
  readonly tries_left: bigint | null
  readonly message: Uint8Array | null
}

const select = `SELECT each.receiver, payment, outcome, reference, reason, field, tries_left, message FROM card_collection AS each
  LEFT JOIN card_payment AS paid ON paid.tenant = each.tenant AND paid.card = each.card AND paid.counter = each.counter
  WHERE each.tenant = ?`

/** As it stands now. */
export async function tellAgain(tx: Tx, branch: Books, receiver: InstitutionId, payment: string): Promise<void> {
  const row = await tx.one<CollectedRow>(
    `${select} AND each.receiver = ? AND payment = ?`,
    ...[branch.config.id, receiver, payment],
  )
  if (row !== undefined) await tell(tx, branch, row)
}

/** What a receiver could not be told when it happened. */
export async function tellWhatWaits(tx: Tx, branch: Books, receiver: InstitutionId): Promise<void> {
  const rows = await tx.all<CollectedRow>(
    `${select} AND each.receiver = ? AND told IS NOT outcome ORDER BY each.at, payment`,
    ...[branch.config.id, receiver],
  )
  for (const row of rows) await tell(tx, branch, row)
}

/** The other bank has taken what a card paid, or has not: in the command that notes it. */
export async function noteCollected(
  tx: Tx,
  branch: Books,
  transfer: string,
  outcome: 'paid' | 'came-back',
): Promise<void> {
  const { id: tenant } = branch.config
  const row = await collectedBy(tx, branch, transfer)
  if (row === undefined) return
  await tx.run(
    'UPDATE card_collection SET outcome = ? WHERE tenant = ? AND receiver = ? AND payment = ?',
    ...[outcome, tenant, row.receiver, row.payment],
  )
  await tellAgain(tx, branch, row.receiver, row.payment)
}

/** By the bank's id of a transfer. Undefined: no receiver collected it. */
function collectedBy(tx: ReadTx, { config }: Books, transfer: string): Promise<CollectedRow | undefined> {
  return tx.one<CollectedRow>(`${select} AND transfer = ?`, config.id, transfer)
}

async function tell(tx: Tx, { config }: Books, row: CollectedRow): Promise<void> {
  const { receiver, payment, outcome, reference, reason, field, tries_left: triesLeft, message } = row
  if (await isClosedTo(tx, config.id, receiver)) return
  const body = {
    ...{ payment, outcome, reference, reason },
    ...(message !== null && { message }),
    ...(field !== null && { field }),
    ...(triesLeft !== null && { triesLeft: Number(triesLeft) }),
  }
  const letter = await writeLetter(tx, { from: config.id, to: receiver, type: 'card-payment-result', body })
  await tx.run(
    `UPDATE card_collection SET told = ?, letter_epoch = ?, letter_sequence = ? WHERE tenant = ? AND receiver = ? AND payment = ?`,
    ...[outcome, letter.epoch, letter.sequence, config.id, receiver, payment],
  )
}
