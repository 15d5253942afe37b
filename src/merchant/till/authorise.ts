/**
 * Authorisations: money of a voucher that a shop has been promised and takes when it delivers. Each is a hold of the ledger,
 * which knows its states (`src/ledger/reserve.ts`); here is whose it is and what it is for.
 */
import type { IntentId, VoucherNumber } from '../../ids.ts'
import { balanceOf } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { find, type Held } from '../../ledger/hold-rows.ts'
import { nextReference } from '../../ledger/reference.ts'
import { capture, capturePart, release, reserve } from '../../ledger/reserve.ts'
import { compare, isPayable, type Money, subtract } from '../../money.ts'
import { now, orderedId } from '../../runtime.ts'
import { once } from '../../store/once.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type DoneAgain, digestOf, doneAgain } from '../asked-for.ts'
import { endWhenUsedUp, eventOf } from '../payment.ts'
import { inSession } from '../register.ts'
import { promiseOf, revenueFrom, type Shop } from '../shop.ts'
import { expectLive } from './api-keys.ts'
import { notePayment, paidOrder } from './made-payments.ts'
import { writeNotice } from './notices.ts'
import { principalOf, type Redeeming } from './redeem.ts'
import type {
  Authorisation,
  AuthorisationStanding,
  Capture,
  NotStanding,
  OfAuthorisation,
  Redemption,
  Release,
  Till,
} from './till.ts'

const holdOf = (id: string): string => `authorisation ${id}`

export async function authorise(
  shop: Shop,
  redeeming: Redeeming,
  request: Redemption & { readonly holdMs: number },
): Promise<Authorisation> {
  const { runtime, config, chain, calendar } = shop
  const { key, number, amount, order, holdMs } = request
  const at = now(shop)
  const id = orderedId(runtime)
  const authorised = await redeeming.redeem<Authorisation>(
    'authorisation',
    request,
    { holdMs },
    async (tx, session) => {
      // A lock stops new holds; what is held already can be captured.
      const record = await inSession(tx, shop, session)
      if (record?.state !== 'active') return undefined
      const paid = order === undefined ? undefined : await paidOrder(tx, shop, { key: key.id, order })
      if (paid !== undefined) return { outcome: 'order-paid', reference: paid }
      const { available } = await balanceOf(tx, promiseOf(number), chain)
      if (compare(available, amount) < 0) return { outcome: 'insufficient-value', remaining: available }
      const reference = await nextReference(tx, config.id)
      const expiresAt = at + holdMs
      const reserved = await reserve(tx, {
        ...{ id: holdOf(id), at, businessDate: await businessDate(tx, calendar, at), kind: 'authorisation', reference },
        ...{ debit: promiseOf(number), credit: revenueFrom(record.bank), amount, expiresAt, chain },
      })
      if (reserved.outcome !== 'reserved')
        throw new Error(`enough was left, and the hold was refused: ${reserved.outcome}`)
      await tx.run(
        'INSERT INTO authorisation (tenant, id, api_key, voucher, reference, shop_order) VALUES (?, ?, ?, ?, ?, ?)',
        ...[config.id, id, key.id, number, reference, order ?? null],
      )
      return { outcome: 'authorised', id, amount, remaining: subtract(available, amount), reference, expiresAt }
    },
  )
  if (authorised.outcome === 'authorised') shop.wakeExpiry()
  return authorised
}

export async function captureOf(
  shop: Shop,
  request: OfAuthorisation & { readonly amount?: Money; readonly isLast: boolean },
): Promise<Capture> {
  const { runtime, config, chain } = shop
  const { key, isLast } = request
  if (request.amount !== undefined && !isPayable(request.amount, config.currency)) return { outcome: 'refused-amount' }
  const at = now(shop)
  const drawn = orderedId(runtime)
  const asked = { minor: request.amount?.minor ?? null, isLast }
  const decide = async (tx: Tx, { voucher, order, facts }: Known, held: Held): Promise<Capture> => {
    const closed = closedAt(held, at)
    if (closed !== undefined) return closed
    const left = { ...held.amount, minor: held.amount.minor - held.captured }
    const amount = request.amount ?? left
    if (compare(left, amount) < 0) return { outcome: 'exceeds-authorisation', left }
    const reference = await nextReference(tx, config.id)
    const event = eventOf(drawn)
    const take = isLast ? capture : capturePart
    const posted = await take(tx, {
      ...{ id: event, reservation: held.id, at, businessDate: await businessDate(tx, shop.calendar, at), chain },
      ...{ amount, kind: 'payment', reference, facts },
    })
    if (posted.outcome !== 'posted') throw new Error(`it was open, and the capture was refused: ${posted.outcome}`)
    await endWhenUsedUp(tx, shop, voucher)
    await notePayment(tx, config.id, { event, key, order, authorisation: request.id })
    await writeNotice(tx, config.id, { id: drawn, key, event, at })
    const rest = subtract(left, amount)
    return { outcome: 'captured', event, amount, left: isLast ? { ...rest, minor: 0n } : rest, reference }
  }
  /** Captured in lost books. What is held still is free, where that was the last part. */
  const again = async (tx: Tx, { amount, event, reference }: DoneAgain, held: Held): Promise<Capture> => {
    if (request.amount !== undefined && request.amount.minor !== amount.minor) return { outcome: 'intent-reused' }
    const isOpen = closedAt(held, at) === undefined
    if (isOpen && isLast)
      await release(tx, {
        ...{ id: `release ${drawn}`, reservation: held.id, at, chain },
        businessDate: await businessDate(tx, shop.calendar, at),
      })
    const left = isOpen && !isLast ? held.amount.minor - held.captured : 0n
    return { outcome: 'captured', event, amount, left: { ...held.amount, minor: left }, reference }
  }
  const captured = await step<Capture>(shop, request, 'capture', asked, { decide, again })
  if (captured.outcome === 'captured') shop.wakeNotices()
  return captured
}

export async function releaseOf(shop: Shop, request: OfAuthorisation): Promise<Release> {
  const at = now(shop)
  const drawn = orderedId(shop.runtime)
  const decide = async (tx: Tx, _: Known, held: Held): Promise<Release> => {
    const closed = closedAt(held, at)
    if (closed !== undefined) return closed
    const date = await businessDate(tx, shop.calendar, at)
    const freed = await release(tx, {
      id: `release ${drawn}`,
      reservation: held.id,
      at,
      businessDate: date,
      chain: shop.chain,
    })
    if (freed.outcome !== 'released') throw new Error(`it was open, and could not be released: ${freed.outcome}`)
    return { outcome: 'released' }
  }
  return step<Release>(shop, request, 'release', {}, { decide })
}

type Row = { readonly voucher: VoucherNumber; readonly reference: string; readonly shop_order: string | null }
interface Given {
  readonly voucher: VoucherNumber
  readonly reference: string
  readonly order: string | undefined
}
/** `facts`: the digest of the id under which the step is asked for. */
type Known = Given & { readonly facts: string }

interface Step<O> {
  readonly decide: (tx: Tx, known: Known, held: Held) => Promise<O>
  /** It was taken in lost books, and its bank's file told so. */
  readonly again?: (tx: Tx, done: DoneAgain, held: Held) => Promise<O>
}

/** A step of an authorisation of this key's, decided once for each id. Another key's is unknown to it. */
async function step<O>(
  shop: Shop,
  { key, intent, id }: { readonly key: OfAuthorisation['key']; readonly intent: IntentId; readonly id: string },
  kind: string,
  asked: Readonly<Record<string, bigint | boolean | null>>,
  { decide, again }: Step<O>,
): Promise<O | NotStanding | { readonly outcome: 'intent-reused' }> {
  const { store, config, chain } = shop
  return store.execute(async tx => {
    const known = await authorisationOf(tx, shop, key.id, id)
    if (known === undefined) return { outcome: 'unknown-authorisation' } as const
    const principal = principalOf(key, known.voucher)
    const intended = { tenant: config.id, principal, id: intent, kind, request: { authorisation: id, ...asked } }
    const held = await find(tx, chain, holdOf(id))
    const done = again && (await doneAgain(tx, shop, intended))
    if (again && done) return again(tx, done, held)
    return once<O>(tx, intended, async () => {
      await expectLive(tx, config.id, key)
      return decide(tx, { ...known, facts: digestOf(intended) }, held)
    })
  })
}

async function authorisationOf(tx: ReadTx, { config }: Shop, key: string, id: string): Promise<Given | undefined> {
  const row = await tx.one<Row>(
    'SELECT voucher, reference, shop_order FROM authorisation WHERE tenant = ? AND id = ? AND api_key = ?',
    ...[config.id, id, key],
  )
  return row && { voucher: row.voucher, reference: row.reference, order: row.shop_order ?? undefined }
}

function closedAt({ state, expiresAt }: Held, at: number): Extract<NotStanding, { outcome: 'not-open' }> | undefined {
  if (state !== 'open') return { outcome: 'not-open', state }
  return at >= expiresAt ? { outcome: 'not-open', state: 'expired' } : undefined
}

export async function standingOf(
  shop: Shop,
  { key, id }: Parameters<Till['authorisation']>[0],
): Promise<AuthorisationStanding | undefined> {
  return shop.store.read(async tx => {
    const known = await authorisationOf(tx, shop, key.id, id)
    if (known === undefined) return undefined
    const { state, amount, captured, expiresAt } = await find(tx, shop.chain, holdOf(id))
    const { reference, order } = known
    return { id, state, amount, captured: { ...amount, minor: captured }, reference, expiresAt, order }
  })
}
