/** What became of what a card signed, for whoever never heard: it is asked for, and never signed again. */
import type { CardNumber } from '../card/numbers.ts'
import { now } from '../runtime.ts'
import { issuerOfCard } from './banks.ts'
import type { ReceiverBecame } from './edge.ts'
import { noteInquiry } from './inquiries.ts'
import { endOrders } from './orders.ts'
import { becameOfRow, underCard, underIntent } from './payments.ts'
import type { AskedOf, CardReceiver } from './receiver.ts'

/**
 * By card and counter. What is still with the card's bank stays unknown; what was never taken will not be, if it was signed before
 * now. Where nobody has signed in whoever asks has proved nothing.
 */
export async function becameOfSignature(
  receiver: CardReceiver,
  signature: { readonly card: CardNumber; readonly counter: number; readonly principal: string },
): Promise<ReceiverBecame> {
  const at = now(receiver)
  return receiver.store.execute(async tx => {
    const row = await underCard(tx, receiver, signature)
    if (row !== undefined && row.state !== 'refused') return becameOfRow(row)
    // Of cards that nobody could pay with here nothing is noted.
    const { card, counter } = signature
    if ((await issuerOfCard(tx, receiver, card)) !== undefined) await noteInquiry(tx, receiver, card, counter, at)
    return row === undefined ? { outcome: 'not-done' } : becameOfRow(row)
  })
}

/** By intent. What was asked for under it and not answered ends with it, so that what is not done stays so. */
export async function becameOfIntent(receiver: CardReceiver, of: AskedOf): Promise<ReceiverBecame> {
  const at = now(receiver)
  return receiver.store.execute(async tx => {
    await endOrders(tx, receiver, of, at)
    const row = await underIntent(tx, receiver, of)
    return row === undefined ? { outcome: 'not-done' } : becameOfRow(row)
  })
}
