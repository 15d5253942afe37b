/** The rows behind `reserve.ts`: a hold as it stands, and what each step writes of it. Every write is checked against the state diagram. */
import { steppedOnce } from '../invariant.ts'
import type { Money } from '../money.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { accountStanding, keepStanding } from './accounts.ts'
import { type AccountId, parseAccountId } from './chart.ts'
import { type Entry, LedgerFault } from './journal.ts'
import { credit, debit, growthOf, movedBy } from './post.ts'

export type Ended = 'captured' | 'released' | 'expired'

export interface Held {
  readonly chain: string
  readonly id: string
  readonly kind: string
  readonly reference: string
  readonly debit: AccountId
  readonly credit: AccountId
  readonly amount: Money
  readonly expiresAt: number
  readonly state: 'open' | Ended
  readonly accrued: bigint
  readonly started: bigint
  readonly captured: bigint
}

/** @throws LedgerFault when there is none. */
export async function find(tx: ReadTx, chain: string, id: string): Promise<Held> {
  const row = await tx.one<{
    kind: string
    reference: string
    debit: string
    credit: string
    minor: bigint
    asset: string
    scale: bigint
    expires_at: bigint
    state: Held['state']
    accrued: bigint
    started: bigint
    captured: bigint
  }>(
    `SELECT journal.kind, journal.reference, debit, credit, minor, asset, scale, reservation.expires_at, state, accrued, started, captured
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
    accrued: row.accrued,
    started: row.started,
    captured: row.captured,
  }
}

/** What is still free to accrue. */
export function freed({ amount, accrued }: Held): bigint {
  return amount.minor - accrued
}

/** So much of it, from its debited to its credited account. */
export function moved(found: Held, minor: bigint): readonly Entry[] {
  const amount = { ...found.amount, minor }
  return [debit(found.debit, amount), credit(found.credit, amount)]
}

interface Past {
  readonly chain: string
  readonly id: string
  readonly event: string
  readonly about: string | null
  /** Undefined: whatever it was. */
  readonly minor?: bigint
}

/** The row of this very step when it was taken before. @throws LedgerFault when its id was used for something else. */
export async function repeated(tx: ReadTx, { chain, id, event, about, minor }: Past): Promise<bigint | undefined> {
  const before = await tx.one<{ seq: bigint; event: string; about: string | null; minor: bigint | null }>(
    `SELECT journal.seq, event, about, minor FROM journal
     LEFT JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND line = 1
     WHERE journal.chain = ? AND journal.id = ?`,
    chain,
    id,
  )
  if (before === undefined) return undefined
  if (before.event !== event || before.about !== about || (minor !== undefined && before.minor !== minor)) {
    throw new LedgerFault(`${id} of chain ${chain} was something else before`)
  }
  return before.seq
}

/** Posts so much of what is held, which is held no more. */
export async function postHeld(tx: Tx, found: Held, minor: bigint): Promise<void> {
  const entries = moved(found, minor)
  for (const entry of entries) await hold(tx, entry, -1n, found.chain)
  for (const { before, change } of await movedBy(tx, entries, found.chain)) {
    await keepStanding(tx, { ...before, posted: before.posted + change }, found.chain)
  }
}

/** Steps 2 to 4: it is used or captured further. */
export async function progress(
  tx: Tx,
  found: Held,
  to: { readonly accrued?: bigint; readonly started?: bigint; readonly captured?: bigint },
): Promise<Held> {
  const { accrued = found.accrued, started = found.started, captured = found.captured } = to
  const isWithin = 0n <= captured && captured <= started && started <= accrued && accrued <= found.amount.minor
  const grows = accrued >= found.accrued && started >= found.started && captured >= found.captured
  if (found.state !== 'open' || !grows || !isWithin) {
    throw new LedgerFault(
      `${found.id} is ${found.state}, and cannot come to ${captured} of ${started} of ${accrued} used`,
    )
  }
  const stepped = await tx.run(
    `UPDATE reservation SET accrued = ?, started = ?, captured = ? WHERE chain = ? AND id = ? AND state = 'open'`,
    accrued,
    started,
    captured,
    found.chain,
    found.id,
  )
  steppedOnce(stepped, 'a hold that is not open was used', found.id)
  return { ...found, accrued, started, captured }
}

/** Steps 5 to 8: what is not captured is free again. */
export async function end(tx: Tx, found: Held, state: Ended): Promise<void> {
  const { chain, id, amount, captured } = found
  if (found.state !== 'open' || captured !== found.started) {
    throw new LedgerFault(`${id} is ${found.state} with ${captured} of ${found.started} posted, and cannot be ${state}`)
  }
  const ended = await tx.run(
    `UPDATE reservation SET state = ? WHERE chain = ? AND id = ? AND state = 'open'`,
    state,
    chain,
    id,
  )
  steppedOnce(ended, 'a hold that is not open was ended', id)
  const rest = amount.minor - captured
  if (rest > 0n) for (const entry of moved(found, rest)) await hold(tx, entry, -1n, chain)
}

/** Counts an entry's amount among the pending ones of its account (`sign` 1), or no longer (−1). */
export async function hold(tx: Tx, entry: Entry, sign: 1n | -1n, chain: string): Promise<void> {
  const before = await accountStanding(tx, entry.account, chain)
  const pending = sign * entry.amount.minor
  await keepStanding(
    tx,
    growthOf(entry) < 0n
      ? { ...before, held: before.held + pending }
      : { ...before, incoming: before.incoming + pending },
    chain,
  )
}
