/**
 * Listening to an item, against a hold of the ledger (`src/ledger/reserve.ts` has its states):
 *
 *     1 begin               ──▶ open     as many units are held as the item has, or the voucher is worth
 *     2 pay a unit    open  ──▶ open     it accrues, durably, before it is played
 *     3 unit begun    open  ──▶ open     it is heard, and owed
 *     4 end           open  ──▶ ended    what was begun is captured, the rest is free; without anything begun, all of it
 *     5 expiry        open  ──▶ ended    the same, when nobody ended it
 */
import type { VoucherNumber } from '../../ids.ts'
import { isUnderReview } from '../../institution/gap.ts'
import { balanceOf } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { find } from '../../ledger/hold-rows.ts'
import { nextReference } from '../../ledger/reference.ts'
import { accrue, capture, release, reserve, start } from '../../ledger/reserve.ts'
import type { Money } from '../../money.ts'
import { now, orderedId } from '../../runtime.ts'
import { type AmountColumns, amountOf, columnsOf } from '../../store/amount-columns.ts'
import { once } from '../../store/once.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { endWhenUsedUp } from '../payment.ts'
import { inSession } from '../register.ts'
import type { OpenSession } from '../sessions.ts'
import { promiseOf, revenueFrom, type Shop } from '../shop.ts'
import { type CatalogueItem, catalogueOf } from './catalogue.ts'
import type { Beginning, Information, ListeningEnd, UnitBegun, UnitPayment } from './information.ts'

/** Longer than its sound lasts a hold stays open: callers put us on hold, and sentences come in between. */
const graceMs = 15 * 60_000

const holdOf = (id: string): string => `listening ${id}`

type DecidedBeginning = Exclude<Beginning, { outcome: 'intent-reused' }>
type Requested<M extends keyof Information> = Information[M] extends (request: infer R) => unknown ? R : never

/** The part of an information line's edge that no other payee has. */
export function informationOf(
  shop: Shop,
): Pick<Information, 'catalogue' | 'beginListening' | 'payUnit' | 'unitBegun' | 'endListening'> {
  const { config } = shop
  const catalogue = catalogueOf(config.catalogue, config.currency)
  return {
    catalogue,
    beginListening: request => begin(shop, catalogue, request),
    payUnit: request => payUnit(shop, request),
    unitBegun: request => unitBegun(shop, request),
    endListening: ({ listening }) => endListening(shop, listening),
  }
}

async function begin(
  shop: Shop,
  catalogue: readonly CatalogueItem[],
  { intent: id, session, item: wanted, lastsMs }: Requested<'beginListening'>,
): Promise<Beginning> {
  const { runtime, store, config, sessions } = shop
  const open = sessions.find(session)
  if (open === undefined) return { outcome: 'session-ended' }
  const item = catalogue.find(each => each.id === wanted)
  if (item === undefined) return { outcome: 'unknown-item' }
  const drawn = { listening: orderedId(runtime), at: now(shop) }
  const intent = {
    ...{ tenant: config.id, principal: open.number, id, kind: 'listening' },
    request: { item: item.id, minor: item.price.minor, lastsMs },
  }
  const begun = await store.execute(tx =>
    once<DecidedBeginning>(tx, intent, () => decide(tx, shop, open, item, { ...drawn, lastsMs })),
  )
  if (begun.outcome === 'begun') shop.wakeExpiry()
  runtime.reached('listening.begun')
  return begun
}

async function decide(
  tx: Tx,
  shop: Shop,
  session: OpenSession,
  { id: item, price, unitMs }: CatalogueItem,
  { listening, at, lastsMs }: { readonly listening: string; readonly at: number; readonly lastsMs: number },
): Promise<DecidedBeginning> {
  const { config, chain, calendar } = shop
  const { number } = session
  const record = await inSession(tx, shop, session)
  if (record === undefined) return { outcome: 'session-ended' }
  if (record.state === 'locked' || record.state === 'identity required') return { outcome: 'locked' }
  const promise = promiseOf(number)
  if (await isUnderReview(tx, shop.house, promise)) return { outcome: 'under-review' }
  const { available } = await balanceOf(tx, promise, chain)
  const needed = unitMs === undefined ? 1n : BigInt(Math.max(1, Math.ceil(lastsMs / unitMs)))
  const affordable = available.minor / price.minor
  const units = needed < affordable ? needed : affordable
  if (units === 0n) return { outcome: 'insufficient-value', remaining: available, price }

  const reference = await nextReference(tx, config.id)
  const reserved = await reserve(tx, {
    ...{ id: holdOf(listening), at, businessDate: await businessDate(tx, calendar, at), kind: 'listening', reference },
    ...{ debit: promise, credit: revenueFrom(record.bank), amount: { ...price, minor: price.minor * units } },
    ...{ expiresAt: at + Math.ceil(lastsMs) + graceMs, chain },
  })
  if (reserved.outcome !== 'reserved') throw new Error(`enough was left, and the hold was refused: ${reserved.outcome}`)
  await tx.run(
    'INSERT INTO listening (tenant, id, voucher, item, minor, asset, scale, unit_ms, reference) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[
      config.id,
      listening,
      number,
      item,
      ...columnsOf(price),
      unitMs === undefined ? null : BigInt(unitMs),
      reference,
    ],
  )
  return { outcome: 'begun', listening }
}

async function payUnit(shop: Shop, { listening, unit }: Requested<'payUnit'>): Promise<UnitPayment> {
  const { store, runtime } = shop
  const at = now(shop)
  const paid = await store.execute(async (tx): Promise<UnitPayment> => {
    const { price } = await known(tx, shop, listening)
    const step = await stepOf(tx, shop, { listening, id: `accrue ${listening} ${unit}`, at })
    const accrued = await accrue(tx, { ...step, amount: price })
    switch (accrued.outcome) {
      case 'accrued':
        return { outcome: 'paid', more: Number(accrued.left.minor / price.minor) }
      case 'exceeds-hold':
        return { outcome: 'used-up' }
      case 'not-open':
        return { outcome: 'ended' }
    }
  })
  runtime.reached('listening.unit-paid')
  return paid
}

async function unitBegun(shop: Shop, { listening, unit }: Requested<'unitBegun'>): Promise<UnitBegun> {
  const { store, runtime } = shop
  const at = now(shop)
  const begun = await store.execute(async (tx): Promise<UnitBegun> => {
    const { price } = await known(tx, shop, listening)
    const step = await stepOf(tx, shop, { listening, id: `start ${listening} ${unit}`, at })
    const { outcome } = await start(tx, { ...step, amount: price })
    return { outcome: outcome === 'started' ? 'begun' : 'ended' }
  })
  runtime.reached('listening.unit-begun')
  return begun
}

export async function endListening(shop: Shop, listening: string): Promise<ListeningEnd> {
  const { store, chain, runtime } = shop
  const at = now(shop)
  const ended = await store.execute(async (tx): Promise<ListeningEnd> => {
    const { voucher, reference } = await known(tx, shop, listening)
    const held = await find(tx, chain, holdOf(listening))
    const paid = { ...held.amount, minor: held.started }
    // One whose time has come is ended by the worker that looks after holds.
    if (held.state === 'open' && at < held.expiresAt) {
      const step = await stepOf(tx, shop, { listening, id: `end ${listening}`, at })
      const end = paid.minor > 0n ? await capture(tx, { ...step, amount: paid }) : await release(tx, step)
      if (end.outcome !== 'posted' && end.outcome !== 'released')
        throw new Error(`it was open, and could not be ended: ${end.outcome}`)
      await endWhenUsedUp(tx, shop, voucher)
    }
    const { available } = await balanceOf(tx, promiseOf(voucher), chain)
    return { paid, remaining: available, reference }
  })
  runtime.reached('listening.ended')
  return ended
}

/** After holds have expired: a voucher of which nothing is left has come to its end. */
export async function afterExpiry(tx: Tx, shop: Shop, holds: readonly string[]): Promise<void> {
  for (const hold of holds) {
    const [, listening] = /^listening (.+)$/.exec(hold) ?? []
    if (listening !== undefined) await endWhenUsedUp(tx, shop, (await known(tx, shop, listening)).voucher)
  }
}

async function known(
  tx: ReadTx,
  { config }: Shop,
  listening: string,
): Promise<{ readonly voucher: VoucherNumber; readonly price: Money; readonly reference: string }> {
  const row = await tx.one<AmountColumns & { voucher: VoucherNumber; reference: string }>(
    'SELECT voucher, minor, asset, scale, reference FROM listening WHERE tenant = ? AND id = ?',
    ...[config.id, listening],
  )
  if (row === undefined) throw new Error('nobody listens under this id')
  return { voucher: row.voucher, price: amountOf(row), reference: row.reference }
}

async function stepOf(
  tx: Tx,
  { calendar, chain }: Shop,
  { listening, id, at }: { readonly listening: string; readonly id: string; readonly at: number },
) {
  return { id, reservation: holdOf(listening), at, businessDate: await businessDate(tx, calendar, at), chain }
}
