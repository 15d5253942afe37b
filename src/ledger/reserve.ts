/**
 * Reservations: money that is promised before it moves. A reservation is captured (whole or in part, the rest returns),
 * released, or expires; each is an event of the journal, and none happens twice.
 *
 *     reserve ──▶ open ──capture──▶ captured
 *                  ├──release──▶ released
 *                  └──expire───▶ expired      (only once its time has come)
 */
import type { Money } from '../money.ts'
import type { Tx } from '../store/store.ts'
import { keepStanding, standingOf } from './accounts.ts'
import { type AccountId, parseAccountId } from './chart.ts'
import { append, type Entry, LedgerFault } from './journal.ts'
import { credit, debit, growthOf, movedBy, type Posted, type Refused, refusalOf } from './post.ts'

export interface Reservation {
  readonly id: string
  readonly at: number
  readonly businessDate: string
  readonly kind: string
  readonly reference?: string
  readonly debit: AccountId
  readonly credit: AccountId
  readonly amount: Money
  /** From this instant on it can no longer be captured. */
  readonly expiresAt: number
  readonly chain: string
}

/** @throws LedgerFault as `post` does. */
export async function reserve(tx: Tx, request: Reservation): Promise<{ readonly outcome: 'reserved' } | Refused> {
  const { chain, amount } = request
  if (amount.minor <= 0n) throw new LedgerFault('a reservation needs a positive amount')
  if (request.debit === request.credit) throw new LedgerFault('a reservation needs two accounts')
  const entries = [debit(request.debit, amount), credit(request.credit, amount)]
  const refused = refusalOf(await movedBy(tx, entries, chain))
  if (refused !== undefined) return refused
  await append(tx, {
    chain,
    id: request.id,
    event: 'reserve',
    kind: request.kind,
    reference: request.reference ?? '',
    at: request.at,
    businessDate: request.businessDate,
    expiresAt: request.expiresAt,
    entries,
  })
  await tx.run(
    `INSERT INTO reservation (chain, id, debit, credit, minor, asset, scale, expires_at, state, captured)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', 0)`,
    chain,
    request.id,
    request.debit,
    request.credit,
    amount.minor,
    amount.asset.code,
    BigInt(amount.asset.scale),
    BigInt(request.expiresAt),
  )
  for (const entry of entries) await hold(tx, entry, 1n, chain)
  return { outcome: 'reserved' }
}

export interface ReservationEnd {
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
  readonly state: 'captured' | 'released' | 'expired' | 'overdue'
}

/**
 * Posts the reserved amount, or the part of it given by `amount`; the rest is free again.
 * @throws LedgerFault when there is no such reservation, or `amount` is more than it holds.
 */
export async function capture(
  tx: Tx,
  request: ReservationEnd & { readonly amount?: Money; readonly kind?: string; readonly reference?: string },
): Promise<Posted | NotOpen> {
  const { chain } = request
  const found = await find(tx, chain, request.reservation)
  if (found.state !== 'open') return { outcome: 'not-open', state: found.state }
  if (request.at >= found.expiresAt) return { outcome: 'not-open', state: 'overdue' }
  const amount = request.amount ?? found.amount
  if (amount.minor <= 0n || amount.minor > found.amount.minor || amount.asset.code !== found.amount.asset.code) {
    throw new LedgerFault(`${request.reservation} does not hold ${amount.minor} ${amount.asset.code}`)
  }
  const entries = [debit(found.debit, amount), credit(found.credit, amount)]
  const head = await append(tx, {
    chain,
    id: request.id,
    event: 'capture',
    kind: request.kind ?? found.kind,
    reference: request.reference ?? found.reference,
    at: request.at,
    businessDate: request.businessDate,
    about: request.reservation,
    entries,
  })
  await end(tx, found, 'captured', amount.minor)
  for (const { before, change } of await movedBy(tx, entries, chain)) {
    await keepStanding(tx, { ...before, posted: before.posted + change }, chain)
  }
  return { outcome: 'posted', seq: head.seq }
}

/** Gives the reserved amount back. */
export async function release(tx: Tx, request: ReservationEnd): Promise<{ readonly outcome: 'released' } | NotOpen> {
  const { chain } = request
  const found = await find(tx, chain, request.reservation)
  if (found.state !== 'open') return { outcome: 'not-open', state: found.state }
  await append(tx, {
    chain,
    id: request.id,
    event: 'release',
    kind: found.kind,
    reference: found.reference,
    at: request.at,
    businessDate: request.businessDate,
    about: request.reservation,
    entries: [],
  })
  await end(tx, found, 'released', 0n)
  return { outcome: 'released' }
}

/** Expires what is due at `at`, oldest first, at most `limit`. Returns the reservations' ids. */
export async function expireDue(
  tx: Tx,
  request: { readonly at: number; readonly businessDate: string; readonly limit: number; readonly chain: string },
): Promise<readonly string[]> {
  const { chain } = request
  const due = await tx.all<{ id: string }>(
    `SELECT id FROM reservation WHERE chain = ? AND state = 'open' AND expires_at <= ? ORDER BY expires_at, id LIMIT ?`,
    chain,
    BigInt(request.at),
    BigInt(request.limit),
  )
  for (const { id } of due) {
    const found = await find(tx, chain, id)
    await append(tx, {
      chain,
      id: `expire ${id}`,
      event: 'expire',
      kind: found.kind,
      reference: found.reference,
      at: request.at,
      businessDate: request.businessDate,
      about: id,
      entries: [],
    })
    await end(tx, found, 'expired', 0n)
  }
  return due.map(({ id }) => id)
}

interface Found {
  readonly chain: string
  readonly id: string
  readonly kind: string
  readonly reference: string
  readonly debit: AccountId
  readonly credit: AccountId
  readonly amount: Money
  readonly expiresAt: number
  readonly state: 'open' | 'captured' | 'released' | 'expired'
}

async function find(tx: Tx, chain: string, id: string): Promise<Found> {
  const row = await tx.one<{
    kind: string
    reference: string
    debit: string
    credit: string
    minor: bigint
    asset: string
    scale: bigint
    expires_at: bigint
    state: Found['state']
  }>(
    `SELECT journal.kind, journal.reference, debit, credit, minor, asset, scale, reservation.expires_at, state
     FROM reservation JOIN journal ON journal.chain = reservation.chain AND journal.id = reservation.id
     WHERE reservation.chain = ? AND reservation.id = ?`,
    chain,
    id,
  )
  if (row === undefined) throw new LedgerFault(`no reservation ${id} in chain ${chain}`)
  return {
    chain,
    id,
    kind: row.kind,
    reference: row.reference,
    debit: parseAccountId(row.debit),
    credit: parseAccountId(row.credit),
    amount: { minor: row.minor, asset: { code: row.asset, scale: Number(row.scale) } },
    expiresAt: Number(row.expires_at),
    state: row.state,
  }
}

async function end(tx: Tx, found: Found, state: Found['state'], captured: bigint): Promise<void> {
  await tx.run(
    'UPDATE reservation SET state = ?, captured = ? WHERE chain = ? AND id = ?',
    state,
    captured,
    found.chain,
    found.id,
  )
  for (const entry of [debit(found.debit, found.amount), credit(found.credit, found.amount)]) {
    await hold(tx, entry, -1n, found.chain)
  }
}

/** Counts an entry's amount among the pending ones of its account (`sign` 1), or no longer (−1). */
async function hold(tx: Tx, entry: Entry, sign: 1n | -1n, chain: string): Promise<void> {
  const before = await standingOf(tx, entry.account, chain)
  const pending = sign * entry.amount.minor
  await keepStanding(
    tx,
    growthOf(entry) < 0n
      ? { ...before, held: before.held + pending }
      : { ...before, incoming: before.incoming + pending },
    chain,
  )
}
