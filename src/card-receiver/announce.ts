/** What a bank is told of a receiver: by which number terminals know it, and to which key they encrypt. Each bank is told once. */
import { sameBytes } from '../bytes.ts'
import type { InstitutionId } from '../ids.ts'
import { isClosedTo } from '../mail/gate.ts'
import { writeLetter } from '../mail/outbox.ts'
import type { CardReceiver } from './receiver.ts'

/** After a bank was met, and whenever number or key may have changed. It wakes nobody. */
export async function announce(receiver: CardReceiver, bank: InstitutionId): Promise<void> {
  const { id, cards, keys, store } = receiver
  if (cards === undefined) return
  const [{ number: keyNumber, bytes }] = await keys.answerKeys()
  await store.execute(async tx => {
    if (await isClosedTo(tx, id, bank)) return
    const told = await tx.one<{ number: bigint; key_number: bigint; key: Uint8Array }>(
      'SELECT number, key_number, key FROM told_bank WHERE tenant = ? AND bank = ?',
      ...[id, bank],
    )
    const isTold =
      told !== undefined &&
      told.number === BigInt(cards.number) &&
      told.key_number === BigInt(keyNumber) &&
      sameBytes(told.key, bytes)
    if (isTold) return
    const body = { number: cards.number, answerKey: { number: keyNumber, bytes } }
    await writeLetter(tx, { from: id, to: bank, type: 'card-receiver', body })
    await tx.run(
      `INSERT INTO told_bank (tenant, bank, number, key_number, key) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (tenant, bank) DO UPDATE SET number = excluded.number, key_number = excluded.key_number, key = excluded.key`,
      ...[id, bank, BigInt(cards.number), BigInt(keyNumber), bytes],
    )
  })
}
