/**
 * A customer's money comes in from their account at the bank: what the card signs goes to the bank that issued it, which moves the money to
 * the firm's account. In the command that takes the bank's word it is the customer's cash here.
 */
import type { ReceiverAsked, ReceiverPayment } from '../../card-receiver/edge.ts'
import { payWith } from '../../card-receiver/forward.ts'
import { askForOrder } from '../../card-receiver/orders.ts'
import type { TakenPayment } from '../../card-receiver/receiver.ts'
import type { AccountNumber, IntentId } from '../../ids.ts'
import { InvariantBroken } from '../../invariant.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import type { Money } from '../../money.ts'
import type { Tx } from '../../store/store.ts'
import { cashAt, clientCash, type Firm, openCash } from '../firm.ts'
import type { Answered } from './trading.ts'

export function askPayIn(
  firm: Firm,
  {
    account: principal,
    intent,
    amount,
  }: { readonly account: AccountNumber; readonly intent: IntentId; readonly amount: Money },
): Promise<ReceiverAsked<'fund'>> {
  return askForOrder(firm.receiver, { principal, intent, type: 'fund' }, payee => ({
    ...{ type: 'fund', direction: 'in', payee, amount },
  }))
}

export function payIn({ receiver }: Firm, { account: principal, ...answered }: Answered): Promise<ReceiverPayment> {
  return payWith(receiver, { principal, ...answered })
}

/** It is the cash of whoever's account it came from, whoever had signed in, at the bank that was the firm's when it was asked for. */
export async function creditPaid(tx: Tx, firm: Firm, payment: TakenPayment, at: number): Promise<void> {
  const { chain, calendar } = firm
  const { order, card, counter, issuer, amount, reference } = payment
  if (order.type !== 'fund') throw new InvariantBroken('what is no deposit came in', order.type)
  const when = { at, businessDate: await businessDate(tx, calendar, at) }
  await openCash(tx, firm, order.account, when)
  const posted = await post(tx, {
    ...{ chain, id: `pay-in ${issuer} ${card} ${counter}`, kind: 'pay-in', reference, ...when },
    entries: [debit(cashAt(order.payee.bank), amount), credit(clientCash(order.account), amount)],
  })
  if (posted.outcome !== 'posted') throw new InvariantBroken('money that came in could not be posted', card)
}
