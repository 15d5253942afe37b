/**
 * Ending a voucher (patent row P11): its password is dead at once, and what was left of it waits for the next day end, which
 * returns it to the account that bought the voucher. The payee knows the bank and not the account.
 */
import type { IntentId, VoucherNumber } from '../ids.ts'
import { isUnderReview } from '../institution/gap.ts'
import { steppedOnce } from '../invariant.ts'
import { balanceOf, openAccount } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { nextReference } from '../ledger/reference.ts'
import { now } from '../runtime.ts'
import { once } from '../store/once.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { digestOf, endedAs } from './asked-for.ts'
import type { Termination, VoucherSession } from './merchant.ts'
import { inSession } from './register.ts'
import type { OpenSession } from './sessions.ts'
import { promiseOf, returningBy, type Shop } from './shop.ts'

export type DecidedTermination = Exclude<Termination, { outcome: 'intent-reused' }>

export async function endVoucher(
  shop: Shop,
  { intent: id, session }: { intent: IntentId; session: VoucherSession },
): Promise<Termination> {
  const { runtime, store, config, sessions } = shop
  const open = sessions.find(session)
  if (open === undefined) return { outcome: 'session-ended' }
  runtime.reached('termination.requested')
  const at = now(shop)
  const intent = { tenant: config.id, principal: open.number, id, kind: 'termination', request: {} }
  const drawn = { at, facts: digestOf(intent) }
  const decide = async (tx: Tx) =>
    (await endedAs(tx, shop, open.number, intent)) ?? decideTermination(tx, shop, open, drawn)
  const ended = await store.execute(tx => once<DecidedTermination>(tx, intent, () => decide(tx)))
  runtime.reached('termination.committed')
  return ended
}

export async function decideTermination(
  tx: Tx,
  shop: Shop,
  session: OpenSession,
  { at, facts }: { readonly at: number; readonly facts: string },
): Promise<DecidedTermination> {
  const { config, chain, calendar } = shop
  const { number } = session
  const record = await inSession(tx, shop, session)
  if (record === undefined) return { outcome: 'session-ended' }
  if (await isUnderReview(tx, shop.house, promiseOf(number))) return { outcome: 'not-now' }
  const { posted: left, available } = await balanceOf(tx, promiseOf(number), chain)
  if (left.minor === 0n) return { outcome: 'nothing-left' }
  // What a hold still keeps may be used: only once it has ended is it known what is left.
  if (available.minor !== left.minor) return { outcome: 'not-now' }

  const date = await dateOfEnding(tx, shop, number, await businessDate(tx, calendar, at))
  const returning = returningBy(record.bank)
  await openAccount(tx, { chain, account: returning, asset: config.currency, at, businessDate: date })
  const reference = await nextReference(tx, config.id)
  const moved = await post(tx, {
    chain,
    id: `termination ${number}`,
    at,
    businessDate: date,
    kind: 'termination',
    reference,
    facts,
    entries: [debit(promiseOf(number), left), credit(returning, left)],
  })
  if (moved.outcome !== 'posted') throw new Error(`what is left was there, and was not posted: ${moved.outcome}`)
  const ended = await tx.run(
    `UPDATE voucher SET state = 'terminated', generation = generation + 1
     WHERE tenant = ? AND number = ? AND state IN ('active', 'locked', 'identity required')`,
    config.id,
    number,
  )
  steppedOnce(ended, 'a voucher was ended that is not alive', number)
  return { outcome: 'ended', amount: left, reference }
}

/** Never before a payment with it: a clock that was set back would have the ending told in an earlier file, in which it is not the rest. */
async function dateOfEnding(tx: ReadTx, { chain }: Shop, number: VoucherNumber, today: string): Promise<string> {
  const last = await tx.one<{ date: string | null }>(
    `SELECT max(business_date) AS date FROM entry JOIN journal ON journal.chain = entry.chain AND journal.seq = entry.seq
     WHERE entry.chain = ? AND entry.account = ?`,
    ...[chain, promiseOf(number)],
  )
  return last?.date != null && last.date > today ? last.date : today
}
