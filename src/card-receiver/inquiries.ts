/**
 * Signatures of which somebody was told that nothing came of them. What was asked for before that instant is not taken with such a
 * signature afterwards. What is asked for later is: whoever asks about a counter that a card has not reached yet spoils nothing.
 */
import type { CardNumber } from '../card/numbers.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import type { CardReceiver } from './receiver.ts'

export async function noteInquiry(
  tx: Tx,
  { id }: Pick<CardReceiver, 'id'>,
  card: CardNumber,
  counter: number,
  at: number,
): Promise<void> {
  await tx.run(
    `INSERT INTO receiver_inquiry (tenant, card, counter, at) VALUES (?, ?, ?, ?)
     ON CONFLICT (tenant, card, counter) DO UPDATE SET at = max(at, excluded.at)`,
    ...[id, card, BigInt(counter), BigInt(at)],
  )
}

export async function isAskedAbout(
  tx: ReadTx,
  { id }: Pick<CardReceiver, 'id'>,
  card: CardNumber,
  counter: number,
  since: bigint,
): Promise<boolean> {
  const row = await tx.one<{ at: bigint }>(
    'SELECT at FROM receiver_inquiry WHERE tenant = ? AND card = ? AND counter = ?',
    ...[id, card, BigInt(counter)],
  )
  return row !== undefined && row.at >= since
}
