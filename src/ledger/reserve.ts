/**
 * Holds: money that is promised before it moves. A hold is used bit by bit: what a call is about to cost accrues before it
 * is used, and is noted as started once it is; parts are captured, and whatever ends the hold posts all that was started and frees
 * the rest. Each step is an event of the journal under an id of its own: asked again by that id it does nothing more and has the
 * same outcome.
 *
 *     1 reserve                    ──▶ open       the whole amount is held
 *     2 accrue         open        ──▶ open       so much may be used now: a minute, an item
 *     3 start          open        ──▶ open       so much of what has accrued is in use, and owed
 *     4 capture-part   open        ──▶ open       a part is posted, and counts as started
 *     5 capture-part   open        ──▶ captured   the part was the last that was held
 *     6 capture        open        ──▶ captured   a last part is posted, at least what was started; the rest is free
 *     7 release        open        ──▶ released   what was started is posted; the rest is free
 *     8 expire         open        ──▶ expired    the same, and only once its time has come
 *
 * What a process that died had accrued and not noted as started is free again: nobody pays for what may not have been used.
 * At all times 0 ≤ captured ≤ started ≤ accrued ≤ amount. Anything else is a fault; a step that comes too late is an outcome, as calls
 * and the clock race.
 */
import type { Money } from '../money.ts'
import type { Tx } from '../store/store.ts'
import type { AccountId } from './chart.ts'
import { type Ended, end, find, freed, type Held, hold, moved, postHeld, progress, repeated } from './hold-rows.ts'
import { append, LedgerFault } from './journal.ts'
import { credit, debit, movedBy, type Posted, type Refused, refusalOf } from './post.ts'

export interface Reservation {
  readonly id: string
  readonly at: number
  readonly businessDate: string
  readonly kind: string
  readonly reference?: string
  readonly debit: AccountId
  readonly credit: AccountId
  readonly amount: Money
  /** From this instant on nothing accrues, starts or is captured. */
  readonly expiresAt: number
  readonly chain: string
}

/** A step of a hold's life. */
export interface HoldStep {
  /** Id of this event, unique in the chain. */
  readonly id: string
  readonly reservation: string
  readonly at: number
  readonly businessDate: string
  readonly chain: string
}

/** It had ended before, or its time had come. Nothing was written. */
export interface NotOpen {
  readonly outcome: 'not-open'
  readonly state: Ended | 'overdue'
}

/** More than is left of it. Nothing was written. */
export interface ExceedsHold {
  readonly outcome: 'exceeds-hold'
  readonly left: Money
}

/** Step 1. @throws LedgerFault as `post` does. */
export async function reserve(tx: Tx, request: Reservation): Promise<{ readonly outcome: 'reserved' } | Refused> {
  const { chain, amount, id } = request
  if (amount.minor <= 0n) throw new LedgerFault('a reservation needs a positive amount')
  if (request.debit === request.credit) throw new LedgerFault('a reservation needs two accounts')
  if ((await repeated(tx, { chain, id, event: 'reserve', about: null, minor: amount.minor })) !== undefined) {
    return { outcome: 'reserved' }
  }
  const entries = [debit(request.debit, amount), credit(request.credit, amount)]
  const refused = refusalOf(await movedBy(tx, entries, chain))
  if (refused !== undefined) return refused
  const { at, businessDate, kind, reference = '', expiresAt } = request
  await append(tx, { chain, id, event: 'reserve', kind, reference, at, businessDate, expiresAt, entries })
  await tx.run(
    `INSERT INTO reservation (chain, id, debit, credit, minor, asset, scale, expires_at, state, captured, started, accrued)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', 0, 0, 0)`,
    chain,
    id,
    request.debit,
    request.credit,
    amount.minor,
    amount.asset.code,
    BigInt(amount.asset.scale),
    BigInt(expiresAt),
  )
  for (const entry of entries) await hold(tx, entry, 1n, chain)
  return { outcome: 'reserved' }
}

export type Accrued = { readonly outcome: 'accrued'; readonly left: Money }

/** Step 2: durable before whatever it pays for is used. `left`: what may still accrue. */
export async function accrue(
  tx: Tx,
  request: HoldStep & { readonly amount: Money },
): Promise<Accrued | NotOpen | ExceedsHold> {
  const { chain, id, reservation, amount, at, businessDate } = request
  const found = await find(tx, chain, reservation)
  assertFits(found, amount)
  const before = await repeated(tx, { chain, id, event: 'accrue', about: reservation, minor: amount.minor })
  if (before !== undefined) return { outcome: 'accrued', left: leftOf(found) }
  const closed = closedAt(found, at)
  if (closed !== undefined) return closed
  if (found.accrued + amount.minor > found.amount.minor) return { outcome: 'exceeds-hold', left: leftOf(found) }
  const { kind, reference } = found
  const entries = moved(found, amount.minor)
  await append(tx, { chain, id, event: 'accrue', kind, reference, at, businessDate, about: reservation, entries })
  const after = await progress(tx, found, { accrued: found.accrued + amount.minor })
  return { outcome: 'accrued', left: leftOf(after) }
}

/**
 * Step 3: what accrued before is in use now. `started`: all that was started of it so far.
 * @throws LedgerFault when it is more than has accrued.
 */
export async function start(
  tx: Tx,
  request: HoldStep & { readonly amount: Money },
): Promise<{ readonly outcome: 'started'; readonly started: Money } | NotOpen> {
  const { chain, id, reservation, amount, at, businessDate } = request
  const found = await find(tx, chain, reservation)
  assertFits(found, amount)
  const before = await repeated(tx, { chain, id, event: 'start', about: reservation, minor: amount.minor })
  if (before !== undefined) return { outcome: 'started', started: { ...found.amount, minor: found.started } }
  const closed = closedAt(found, at)
  if (closed !== undefined) return closed
  const { kind, reference } = found
  const entries = moved(found, amount.minor)
  await append(tx, { chain, id, event: 'start', kind, reference, at, businessDate, about: reservation, entries })
  const { started } = await progress(tx, found, { started: found.started + amount.minor })
  return { outcome: 'started', started: { ...found.amount, minor: started } }
}

type Capture = HoldStep & {
  readonly amount?: Money
  readonly kind?: string
  readonly reference?: string
  /** As of a posting: a digest of the id under which it was asked for. */
  readonly facts?: string
}

/** Steps 4 and 5: posts a part; what is left stays held. */
export async function capturePart(
  tx: Tx,
  request: Capture & { readonly amount: Money },
): Promise<Posted | NotOpen | ExceedsHold> {
  const found = await find(tx, request.chain, request.reservation)
  return post(tx, found, 'capture-part', request)
}

/** Step 6: posts the whole rest, or the part of it given by `amount`, and frees what is left. @throws LedgerFault when more was started. */
export async function capture(tx: Tx, request: Capture): Promise<Posted | NotOpen | ExceedsHold> {
  const found = await find(tx, request.chain, request.reservation)
  return post(tx, found, 'capture', request)
}

async function post(
  tx: Tx,
  found: Held,
  event: 'capture' | 'capture-part',
  request: Capture,
): Promise<Posted | NotOpen | ExceedsHold> {
  const { chain, id, reservation, at, businessDate } = request
  // Asked again, "the rest" is whatever it was the first time.
  const asked = request.amount && { minor: request.amount.minor }
  const seq = await repeated(tx, { chain, id, event, about: reservation, ...asked })
  if (seq !== undefined) return { outcome: 'posted', seq }
  const closed = closedAt(found, at)
  if (closed !== undefined) return closed
  const rest = { ...found.amount, minor: found.amount.minor - found.captured }
  const { amount = rest } = request
  assertFits(found, amount)
  const captured = found.captured + amount.minor
  if (captured > found.amount.minor) return { outcome: 'exceeds-hold', left: rest }
  if (event === 'capture' && captured < found.started) {
    throw new LedgerFault(`${reservation} has used ${found.started}: no less can be its end than that`)
  }
  const { kind = found.kind, reference = found.reference, facts } = request
  const entries = moved(found, amount.minor)
  const head = await append(tx, {
    ...{ chain, id, event, kind, reference, at, businessDate, about: reservation, entries },
    ...(facts !== undefined && { facts }),
  })
  await postHeld(tx, found, amount.minor)
  // What is captured counts as used.
  let { started, accrued } = found
  if (captured > started) started = captured
  if (captured > accrued) accrued = captured
  const after = await progress(tx, found, { captured, started, accrued })
  if (event === 'capture') await end(tx, after, 'captured')
  else if (captured === found.amount.minor) await end(tx, after, 'captured')
  return { outcome: 'posted', seq: head.seq }
}

/** Step 7: posts what was started and gives the rest back. */
export async function release(tx: Tx, request: HoldStep): Promise<{ readonly outcome: 'released' } | NotOpen> {
  const { chain, id, reservation, at } = request
  if ((await repeated(tx, { chain, id, event: 'release', about: reservation })) !== undefined) {
    return { outcome: 'released' }
  }
  const found = await find(tx, chain, reservation)
  const closed = closedAt(found, at)
  if (closed !== undefined) return closed
  await close(tx, found, 'release', request)
  return { outcome: 'released' }
}

/** Step 8 of each that is due at `at`, oldest first, at most `limit`. Returns the reservations' ids. */
export async function expireDue(
  tx: Tx,
  request: { readonly at: number; readonly businessDate: string; readonly limit: number; readonly chain: string },
): Promise<readonly string[]> {
  const { chain, at, limit } = request
  const due = await tx.all<{ id: string }>(
    `SELECT id FROM reservation WHERE chain = ? AND state = 'open' AND expires_at <= ? ORDER BY expires_at, id LIMIT ?`,
    chain,
    BigInt(at),
    BigInt(limit),
  )
  for (const { id } of due) await close(tx, await find(tx, chain, id), 'expire', { ...request, id: `expire ${id}` })
  return due.map(({ id }) => id)
}

async function close(
  tx: Tx,
  found: Held,
  event: 'release' | 'expire',
  step: { readonly id: string; readonly at: number; readonly businessDate: string },
): Promise<void> {
  const { chain, id: about, kind, reference } = found
  const { id, at, businessDate } = step
  const owed = found.started - found.captured
  const entries = owed > 0n ? moved(found, owed) : []
  await append(tx, { chain, id, event, kind, reference, at, businessDate, about, entries })
  let after = found
  if (owed > 0n) {
    await postHeld(tx, found, owed)
    after = await progress(tx, found, { captured: found.started })
  }
  await end(tx, after, event === 'release' ? 'released' : 'expired')
}

function closedAt(found: Held, at: number): NotOpen | undefined {
  if (found.state !== 'open') return { outcome: 'not-open', state: found.state }
  return at >= found.expiresAt ? { outcome: 'not-open', state: 'overdue' } : undefined
}

function assertFits(found: Held, amount: Money): void {
  const { code, scale } = found.amount.asset
  if (amount.minor <= 0n || amount.asset.code !== code || amount.asset.scale !== scale) {
    throw new LedgerFault(`${found.id} holds no ${amount.minor} ${amount.asset.code}`)
  }
}

function leftOf(found: Held): Money {
  return { ...found.amount, minor: freed(found) }
}
