/**
 * What became of what a card signed here, for whoever never heard: it is asked for, and never signed again. What was not done is said to be
 * so only once nothing that was signed before can be done any more.
 */
import type { Inquiry } from '../../card/messages/inquiry.ts'
import { becameOfIntent, becameOfSignature } from '../../card-receiver/became.ts'
import type { ReceiverBecame } from '../../card-receiver/edge.ts'
import type { AccountNumber, IntentId } from '../../ids.ts'
import { decided } from '../../store/once.ts'
import type { Firm } from '../firm.ts'
import type { Act } from './signed.ts'

/** The firm acted on it by itself. `reference`: the number of the trade, empty of what has none. */
export interface ActedOn {
  readonly outcome: 'acted-on'
  readonly kind: Act['kind']
  readonly reference: string
}

/** `account`: empty while nobody has signed in. Whoever asks knows the nonce: the terminal that had it signed. */
export async function becameOfCard(
  { receiver, store, config }: Firm,
  { card, counter, nonce, account }: Inquiry & { readonly account: AccountNumber | '' },
): Promise<ReceiverBecame | ActedOn> {
  // Its order ends first: what comes with that signature afterwards is refused, so that what is read then stays so.
  const forwarded = await becameOfSignature(receiver, { card, counter, nonce, principal: account })
  const act = await store.read(tx =>
    tx.one<{ kind: Act['kind']; number: string | null }>(
      `SELECT kind, number FROM card_act AS act LEFT JOIN trade ON trade.tenant = act.tenant AND trade.id = subject
       WHERE act.tenant = ? AND card = ? AND counter = ? AND nonce = ?`,
      ...[config.id, card, BigInt(counter), nonce],
    ),
  )
  return act === undefined ? forwarded : { outcome: 'acted-on', kind: act.kind, reference: act.number ?? '' }
}

/** By intent, for a call that outlived its process: what the books decided of it, or what its bank said. */
export async function becameOf(
  { receiver, store, config }: Firm,
  { account: principal, intent }: { readonly account: AccountNumber; readonly intent: IntentId },
): Promise<ReceiverBecame | { readonly outcome: 'decided'; readonly kind: string; readonly became: unknown }> {
  const forwarded = await becameOfIntent(receiver, { principal, intent })
  const known = await store.read(tx => decided(tx, config.id, { principal, id: intent }))
  return known === undefined ? forwarded : { outcome: 'decided', kind: known.kind, became: known.outcome }
}
