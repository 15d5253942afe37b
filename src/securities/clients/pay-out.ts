/**
 * A customer's money goes back to the account at the bank that their card is for. The card signs it, the firm judges, and writes to its own
 * bank, whose receipt is the answer.
 *
 *     1 send                ──▶ sent      a card signed it: taken from the customer's cash, the letter is written
 *     2 paid      sent      ──▶ paid      the bank has accepted the letter: it is on the customer's account there
 *     3 return    sent      ──▶ returned  the bank has refused it: it is the customer's cash again
 */
import type { ReceiverAsked } from '../../card-receiver/edge.ts'
import { askForOrder } from '../../card-receiver/orders.ts'
import type { AccountNumber, InstitutionId, IntentId } from '../../ids.ts'
import { InvariantBroken, steppedOnce } from '../../invariant.ts'
import { accountExists, balanceOf, openAccount } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { isWithinReach } from '../../mail/gate.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import type { Money } from '../../money.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { cashAt, clientCash, type Firm, inCurrency, payingOut } from '../firm.ts'
import { type Answered, actOn, isDecided, type NotActedOn } from './trading.ts'

export type PaidOut =
  /** Taken from the customer's cash, and on its way to their account at the bank. */
  | { readonly outcome: 'sent'; readonly amount: Money }
  | { readonly outcome: 'insufficient-funds'; readonly available: Money }
  | { readonly outcome: 'bank-out-of-reach' }

export async function askPayOut(
  firm: Firm,
  {
    account: principal,
    intent,
    amount,
  }: { readonly account: AccountNumber; readonly intent: IntentId; readonly amount: Money },
): Promise<ReceiverAsked<'fund'> | { readonly outcome: 'other-bank' }> {
  if (await isDecided(firm, principal, intent)) return { outcome: 'intent-reused' }
  const holder = await firm.store.read(tx => holderOf(tx, firm, principal))
  // The firm pays out of its account at its own bank, to accounts of that bank.
  if (holder?.bank !== firm.config.cards.collectsAt) return { outcome: 'other-bank' }
  return askForOrder(firm.receiver, { principal, intent, type: 'fund' }, () => ({
    ...{ type: 'fund', direction: 'out', amount },
    payee: { ...holder, account: principal },
  }))
}

export function payOut(firm: Firm, answered: Answered): Promise<PaidOut | NotActedOn> {
  const { config, chain, calendar } = firm
  return actOn<PaidOut>(firm, 'fund', answered, async (tx, { order }, { at, id }) => {
    if (order.type !== 'fund' || order.direction !== 'out')
      throw new InvariantBroken('what does not go out was to be paid out', order.type)
    const { account, amount } = order
    // What was signed names it: the firm may have its account at another one by now, where the number is somebody else's.
    const { bank } = order.payee
    const from = clientCash(account)
    if (!(await accountExists(tx, from, chain)))
      return { became: { outcome: 'insufficient-funds', available: inCurrency(firm, 0n) } }
    const { available } = await balanceOf(tx, from, chain)
    if (available.minor < amount.minor) return { became: { outcome: 'insufficient-funds', available } }
    if (!(await isWithinReach(tx, config.id, bank))) return { became: { outcome: 'bank-out-of-reach' } }
    const when = { at, businessDate: await businessDate(tx, calendar, at) }
    await openAccount(tx, { chain, account: payingOut, asset: config.currency, ...when })
    await move(
      tx,
      firm,
      { id: `pay-out ${id}`, kind: 'pay-out', entries: [debit(from, amount), credit(payingOut, amount)] },
      when,
    )
    const body = { payment: id, to: account, amount }
    const letter = await writeLetter(tx, { from: config.id, to: bank, type: 'pay-out', body })
    await tx.run(
      `INSERT INTO payout (tenant, id, account, minor, at, state, bank, letter_epoch, letter_sequence) VALUES (?, ?, ?, ?, ?, 'sent', ?, ?, ?)`,
      ...[config.id, id, account, amount.minor, BigInt(at), bank, letter.epoch, letter.sequence],
    )
    return { became: { outcome: 'sent', amount }, subject: id }
  })
}

/** As the bank has told of the card that came first. */
function holderOf(tx: ReadTx, { config }: Firm, account: AccountNumber) {
  return tx.one<{ bank: InstitutionId; name: string }>(
    'SELECT bank, name FROM client_card WHERE tenant = ? AND account = ? ORDER BY enrolled_at DESC, card LIMIT 1',
    ...[config.id, account],
  )
}

/** Steps 2 and 3, in the command that notes the receipt. */
export function payOutAnswers(firm: Firm): LetterHandler<'pay-out'> {
  const { config, calendar } = firm
  return {
    answered: async (tx, bank, place, verdict) => {
      const row = await tx.one<{ id: string; account: AccountNumber; minor: bigint; state: string }>(
        'SELECT id, account, minor, state FROM payout WHERE tenant = ? AND bank = ? AND letter_epoch = ? AND letter_sequence = ?',
        ...[config.id, bank, place.epoch, place.sequence],
      )
      if (row?.state !== 'sent') return
      const at = now(firm)
      const when = { at, businessDate: await businessDate(tx, calendar, at) }
      const isPaid = verdict.outcome === 'accepted'
      const amount = inCurrency(firm, row.minor)
      const to = isPaid ? cashAt(bank) : clientCash(row.account)
      const entries = [debit(payingOut, amount), credit(to, amount)]
      const kind = isPaid ? 'paid-out' : 'pay-out-returned'
      await move(tx, firm, { id: `${kind} ${row.id}`, kind, entries }, when)
      const stepped = await tx.run(
        `UPDATE payout SET state = ? WHERE tenant = ? AND id = ? AND state = 'sent'`,
        ...[isPaid ? 'paid' : 'returned', config.id, row.id],
      )
      steppedOnce(stepped, 'what was paid out took a step that it may not take', row.id)
    },
  }
}

async function move(
  tx: Tx,
  { chain }: Firm,
  posting: Pick<Parameters<typeof post>[1], 'id' | 'kind' | 'entries'>,
  when: { readonly at: number; readonly businessDate: string },
): Promise<void> {
  const posted = await post(tx, { chain, ...posting, ...when })
  if (posted.outcome !== 'posted') throw new InvariantBroken('money could not be paid out', posting.id)
}
