/** What became of what a card signed, for whoever never heard: it is asked for, and never signed again. */
import type { Inquiry } from '../card/messages/inquiry.ts'
import { now } from '../runtime.ts'
import type { ReceiverBecame } from './edge.ts'
import { endOrder, endOrders } from './orders.ts'
import { becameOfRow, paymentUnderNonce, underIntent } from './payments.ts'
import type { AskedOf, CardReceiver } from './receiver.ts'

/**
 * By card, counter and nonce. What is still with the card's bank stays unknown; what was never taken will not be, as its order is over
 * then. Whoever asks knows the nonce: a card's number and a guess at its counter find out nothing, and spoil no order.
 */
export async function becameOfSignature(
  receiver: CardReceiver,
  { card, counter, nonce, principal }: Inquiry & { readonly principal: string },
): Promise<ReceiverBecame> {
  const at = now(receiver)
  return receiver.store.execute(async tx => {
    const row = await paymentUnderNonce(tx, receiver, nonce)
    if (row !== undefined) {
      // In books that lost the asking nobody is said to have been asked.
      const isTheirs = row.principal === principal || row.intent === ''
      const isIt = row.card === card && row.counter === BigInt(counter) && isTheirs
      return isIt ? becameOfRow(row) : { outcome: 'not-done' }
    }
    await endOrder(tx, receiver, nonce, at)
    return { outcome: 'not-done' }
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
