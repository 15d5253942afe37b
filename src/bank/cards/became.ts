/** What became of what a card signed, for whoever never heard: it is asked for, and never signed again. */
import type { Inquiry } from '../../card/messages/inquiry.ts'
import { issuerOf } from '../../card/numbers.ts'
import type { AccountNumber, InstitutionId, IntentId } from '../../ids.ts'
import { now } from '../../runtime.ts'
import { decided } from '../../store/once.ts'
import type { CardResolution } from '../bank.ts'
import type { Branch } from '../branch.ts'
import { becameOfTransfer, resolve } from '../resolution.ts'
import type { DecidedTransfer } from '../transfer.ts'
import { cardRow } from './cards.ts'
import { endOrders } from './orders.ts'

/**
 * "Not done" is said of the account's own cards, once nothing that they have signed can be accepted any more, and of cards that other
 * banks issued, as this bank never accepts one. Of all others nothing is said: not even whether there is such a card.
 */
export async function becameOfCard(
  branch: Branch,
  { account, card, counter, nonce }: Inquiry & { readonly account: AccountNumber },
): Promise<CardResolution> {
  const { store, config } = branch
  const at = now(branch)
  const found = await store.execute(async tx => {
    const row = await cardRow(tx, branch, card)
    if (row?.account !== account) {
      const isForeign = row === undefined && issuerOf(card) !== config.cards?.issuer
      return isForeign ? 'nothing' : 'not-told'
    }
    await endOrders(tx, branch, account, at)
    const payment = await tx.one<{ intent: IntentId; receiver: InstitutionId }>(
      'SELECT intent, receiver FROM card_payment WHERE tenant = ? AND card = ? AND counter = ? AND nonce = ? AND account = ?',
      ...[config.id, card, BigInt(counter), nonce, account],
    )
    return payment ?? 'nothing'
  })
  if (found === 'not-told') return { outcome: 'other-account' }
  if (found === 'nothing') return { outcome: 'not-done' }
  const { intent: id, receiver } = found
  if (receiver === config.id) return resolve(branch, { intent: id, principal: account })
  // A receiver collected it: it was decided on its behalf.
  return store.read(async tx => {
    const collected = await decided(tx, config.id, { principal: receiver, id })
    return collected ? becameOfTransfer(tx, branch, collected.outcome as DecidedTransfer) : { outcome: 'not-done' }
  })
}
