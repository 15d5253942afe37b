/** What became of what a card signed, for whoever never heard: it is asked for, and never signed again. */
import type { CardNumber } from '../../card/numbers.ts'
import type { AccountNumber, IntentId } from '../../ids.ts'
import { now } from '../../runtime.ts'
import type { Resolution } from '../bank.ts'
import type { Branch } from '../branch.ts'
import { resolve } from '../resolution.ts'
import { endOrders } from './orders.ts'

export async function becameOfCard(
  branch: Branch,
  { account, card, counter }: { readonly account: AccountNumber; readonly card: CardNumber; readonly counter: number },
): Promise<Resolution> {
  const { store, config } = branch
  const at = now(branch)
  const payment = await store.execute(async tx => {
    await endOrders(tx, branch, account, at)
    return tx.one<{ intent: IntentId }>(
      'SELECT intent FROM card_payment WHERE tenant = ? AND card = ? AND counter = ? AND account = ?',
      ...[config.id, card, BigInt(counter), account],
    )
  })
  return payment === undefined
    ? { outcome: 'not-done' }
    : resolve(branch, { intent: payment.intent, principal: account })
}
