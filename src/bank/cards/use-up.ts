/** What a card signed moves money once: card and counter, and receiver and nonce, are used up in the command that moves it. */
import type { Refusal, UsedUp } from '../../card/judge.ts'
import type { IntentId } from '../../ids.ts'
import { steppedOnce } from '../../invariant.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { spendByCard } from '../allowances.ts'
import type { Branch } from '../branch.ts'
import { type DecidedTransfer, decideTransfer } from '../transfer.ts'
import type { TransferOrder } from '../transfer-edge.ts'
import type { CardRow } from './cards.ts'
import { isInUse } from './register.ts'

export interface Signed {
  /** COSE_Sign1, whole. */
  readonly message: Uint8Array
  readonly usesUp: UsedUp
}

/** Moves the money, or says why it does not move: then nothing is used up. `drawn`: before the command, which may run more than once. */
export async function moveByCard(
  tx: Tx,
  branch: Branch,
  order: Pick<TransferOrder, 'from' | 'to' | 'amount'> & { readonly intent: IntentId },
  { message, usesUp }: Signed,
  drawn: { readonly at: number; readonly id: string },
): Promise<DecidedTransfer> {
  const { config } = branch
  const { at, id } = drawn
  const { from, intent, amount } = order
  // The channel counts for what a PIN moves alone.
  const moved = { ...order, channel: 'terminal', isByCard: true } as const
  const decided = await decideTransfer(tx, branch, moved, drawn, date => spendByCard(tx, branch, from, amount, date))
  if (decided.outcome !== 'transferred' && decided.outcome !== 'sent') return decided
  const { card, counter, receiver, nonce } = usesUp
  const counted = await tx.run(
    `UPDATE issued_card SET counter = ? WHERE tenant = ? AND number = ? AND counter < ? AND state = 'active'`,
    ...[BigInt(counter), config.id, card, BigInt(counter)],
  )
  steppedOnce(counted, 'a card paid with a counter that was used', card)
  await tx.run(
    `INSERT INTO card_payment (tenant, card, counter, receiver, nonce, account, intent, transfer, message, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[config.id, card, BigInt(counter), receiver, nonce, from, intent, id, message, BigInt(at)],
  )
  return decided
}

/** What has become of the card since it was judged: comparing a password takes its own time. `seconds`: since 1970. */
export function cardSince(card: CardRow | undefined, counter: number, seconds: number): Refusal | undefined {
  if (card === undefined) return { reason: 'unknown-card' }
  if (BigInt(counter) <= card.counter) return { reason: 'old-counter' }
  if (card.state === 'blocked' || card.state === 'revoked') return { reason: card.state }
  return isInUse(card, seconds) ? undefined : { reason: 'expired' }
}

/** Whether something was paid with this receiver's nonce. */
export async function isUsed(
  tx: ReadTx,
  { config }: Pick<Branch, 'config'>,
  receiver: UsedUp['receiver'],
  nonce: Uint8Array,
): Promise<boolean> {
  const row = await tx.one(
    'SELECT card FROM card_payment WHERE tenant = ? AND receiver = ? AND nonce = ?',
    ...[config.id, receiver, nonce],
  )
  return row !== undefined
}
