/**
 * A record becomes money: its bank has sold it. Accepted from the record's own bank only, for its own face, once; above
 * what the bank may owe it is held until there is room.
 */

import type { InstitutionId } from '../ids.ts'
import { noteTold } from '../institution/gap.ts'
import { steppedOnce } from '../invariant.ts'
import { openAccount } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { credit, debit, post } from '../ledger/post.ts'
import { accepted, refused } from '../mail/inbox.ts'
import type { Activation } from '../mail/messages.ts'
import type { LetterHandler } from '../mail/reception.ts'
import { now } from '../runtime.ts'
import { type AmountColumns, columnsOf } from '../store/amount-columns.ts'
import type { Tx } from '../store/store.ts'
import { grantToAll, hasRoom, heldOf, holdActivation, releaseActivation, waiting } from './ceiling.ts'
import { isLost } from './notices.ts'
import { dueFrom, promiseOf, revenueFrom, type Shop } from './shop.ts'
import { isWithdrawn } from './withdrawal.ts'

export function activationTaking(shop: Shop): LetterHandler<'activation'> {
  return {
    judge: async (tx, bank, activation, _prepared, place) => {
      const activated = await activate(tx, shop, bank, activation)
      if (activated.outcome !== 'refused') await noteTold(tx, shop.house, bank, promiseOf(activation.number), place)
      // A held one has arrived for good, like any other.
      return activated.outcome === 'refused' ? refused(activated.reason) : accepted
    },
  }
}

export type Activated =
  | { readonly outcome: 'active' }
  | { readonly outcome: 'held' }
  | { readonly outcome: 'refused'; readonly reason: string }

const active: Activated = { outcome: 'active' }

/** Told again of the same sale, by letter or by answer, it does nothing more. */
export async function activate(tx: Tx, shop: Shop, bank: InstitutionId, activation: Activation): Promise<Activated> {
  const { id: tenant } = shop.config
  const { number, batch, serial, amount, sale } = activation
  const record = await tx.one<
    AmountColumns & { bank: InstitutionId; batch: string; serial: bigint; sale: string | null }
  >(
    'SELECT bank, batch, serial, minor, asset, scale, sale FROM voucher WHERE tenant = ? AND number = ?',
    tenant,
    number,
  )
  const [minor, asset, scale] = columnsOf(amount)
  if (record === undefined || record.bank !== bank || record.batch !== batch || record.serial !== serial) {
    return refuse('not a record of this bank')
  }
  if (record.minor !== minor || record.asset !== asset || record.scale !== scale) return refuse('not its face')
  if (record.sale === sale) return active
  if (record.sale !== null) return refuse('sold by another sale before')
  if (await isWithdrawn(tx, tenant, number)) return refuse('a record that this bank listed as unsold')
  const elsewhere = await tx.one(
    'SELECT number FROM voucher WHERE tenant = ? AND bank = ? AND sale = ?',
    tenant,
    bank,
    sale,
  )
  if (elsewhere !== undefined) return refuse('a sale of another record')

  const held = await heldOf(tx, tenant, { bank, sale, number })
  if (held.some(other => other.number !== number)) return refuse('a sale of another record')
  if (held.some(other => other.sale !== sale)) return refuse('sold by another sale before')
  if (!(await hasRoom(tx, shop, bank, amount))) {
    await holdActivation(tx, shop, bank, activation)
    return { outcome: 'held' }
  }
  await book(tx, shop, bank, activation)
  if (held.length > 0) await releaseActivation(tx, shop, bank, sale)
  return active
}

/** When a bank can be written to after a start, and nightly: what was held activates, the oldest first, as far as there is room. */
export async function reviewCeilings(shop: Shop): Promise<void> {
  await grantToAll(shop)
  await shop.store.execute(async tx => {
    for (const { bank, activation } of await waiting(tx, shop.config.id)) await activate(tx, shop, bank, activation)
  })
  shop.mail.wake()
}

function refuse(reason: string): Activated {
  return { outcome: 'refused', reason }
}

/** The bank owes the voucher's face from now on, and the payee promises it. */
async function book(tx: Tx, shop: Shop, bank: InstitutionId, { sale, number, amount }: Activation): Promise<void> {
  const { id: tenant, currency } = shop.config
  const at = now(shop)
  const date = await businessDate(tx, shop.calendar, at)
  for (const account of [dueFrom(bank), revenueFrom(bank), promiseOf(number)]) {
    await openAccount(tx, { chain: shop.chain, account, asset: currency, at, businessDate: date })
  }
  const posted = await post(tx, {
    chain: shop.chain,
    id: `activation ${bank} ${sale}`,
    at,
    businessDate: date,
    kind: 'activation',
    entries: [debit(dueFrom(bank), amount), credit(promiseOf(number), amount)],
  })
  if (posted.outcome !== 'posted') throw new Error(`an activation was not posted: ${posted.outcome}`)
  const activated = await tx.run(
    `UPDATE voucher SET state = ?, sale = ?, activated_at = ? WHERE tenant = ? AND number = ? AND state = 'issued'`,
    // Its buyer may have lost it while it was held.
    (await isLost(tx, shop, number)) ? 'identity required' : 'active',
    sale,
    BigInt(at),
    tenant,
    number,
  )
  steppedOnce(activated, 'a voucher was activated that is not issued', sale)
  // Whoever guessed at the number before it was sold has not used up the buyer's tries.
  await shop.passwordTries.clear(tx, number)
  await shop.backupTries.clear(tx, number)
}
