/**
 * Posting: money moves from account to account, at once and whole. Every posting balances per asset, and none leaves an
 * account below its floor or above its ceiling.
 */
import type { Asset, Money } from '../money.ts'
import type { Tx } from '../store/store.ts'
import { type AccountStanding, accountStanding, keepStanding } from './accounts.ts'
import { type AccountId, chart, classOf } from './chart.ts'
import { append, type Entry, LedgerFault } from './journal.ts'

/** So much to the debit side of an account: what the institution has grows, what it owes shrinks. */
export function debit(account: AccountId, amount: Money): Entry {
  return { account, side: 'debit', amount }
}

/** So much to the credit side of an account: what the institution owes or earns grows, what it has shrinks. */
export function credit(account: AccountId, amount: Money): Entry {
  return { account, side: 'credit', amount }
}

export interface Posting {
  /** Unique in the chain: the sale's, the transfer's. */
  readonly id: string
  readonly at: number
  /** `2026-03-31`, in the institution's own time zone. */
  readonly businessDate: string
  /** What it is to the account's owner: `sale`, `transfer`, `deposit`. */
  readonly kind: string
  /** What a statement shows or links to. */
  readonly reference?: string
  /** A digest of the id under which it was asked for, where it is to be known by that. */
  readonly facts?: string
  readonly entries: readonly Entry[]
  readonly chain: string
}

export interface Posted {
  readonly outcome: 'posted'
  readonly seq: bigint
}

export type Refused =
  /** The account would fall below its floor. Nothing was written. */
  | { readonly outcome: 'insufficient-funds'; readonly account: AccountId; readonly available: Money }
  /** The account would exceed its ceiling. Nothing was written. */
  | { readonly outcome: 'cap-exceeded'; readonly account: AccountId; readonly room: Money }

/** @throws LedgerFault when it is unbalanced, names an unknown account or another asset than the account's. */
export async function post(tx: Tx, posting: Posting): Promise<Posted | Refused> {
  const { chain, entries } = posting
  assertBalanced(entries)
  const moved = await movedBy(tx, entries, chain)
  const refused = refusalOf(moved)
  if (refused !== undefined) return refused
  const head = await append(tx, {
    chain,
    id: posting.id,
    event: 'post',
    kind: posting.kind,
    reference: posting.reference ?? '',
    at: posting.at,
    businessDate: posting.businessDate,
    ...(posting.facts !== undefined && { facts: posting.facts }),
    entries,
  })
  for (const { before, change } of moved) {
    await keepStanding(tx, { ...before, posted: before.posted + change }, chain)
  }
  return { outcome: 'posted', seq: head.seq }
}

/** By how much an entry lets its account grow (or shrink, negative), in minor units. */
export function growthOf({ account, side, amount }: Entry): bigint {
  return side === chart[classOf(account)].normal ? amount.minor : -amount.minor
}

interface Moved {
  readonly before: AccountStanding
  readonly change: bigint
}

/** The net change of each account that the entries touch. */
export async function movedBy(tx: Tx, entries: readonly Entry[], chain: string): Promise<readonly Moved[]> {
  const moved = new Map<AccountId, Moved>()
  for (const entry of entries) {
    const before = moved.get(entry.account)?.before ?? (await accountStanding(tx, entry.account, chain))
    if (!sameUnit(before.asset, entry.amount.asset)) {
      throw new LedgerFault(`${entry.account} is in ${before.asset.code}, not ${entry.amount.asset.code}`)
    }
    const change = (moved.get(entry.account)?.change ?? 0n) + growthOf(entry)
    moved.set(entry.account, { before, change })
  }
  return [...moved.values()]
}

/** The first account that may not change so. */
export function refusalOf(moved: readonly Moved[]): Refused | undefined {
  for (const { before, change } of moved) {
    const { account, asset, floor, ceiling, posted, held, incoming } = before
    if (change < 0n && floor !== undefined && posted - held + change < floor) {
      return { outcome: 'insufficient-funds', account, available: { minor: posted - held, asset } }
    }
    if (change > 0n && ceiling !== undefined && posted + incoming + change > ceiling) {
      return { outcome: 'cap-exceeded', account, room: { minor: ceiling - posted - incoming, asset } }
    }
  }
  return undefined
}

function assertBalanced(entries: readonly Entry[]): void {
  const sums = new Map<string, bigint>()
  for (const { side, amount } of entries) {
    if (typeof amount.minor !== 'bigint' || amount.minor <= 0n)
      throw new LedgerFault('an entry needs a positive amount')
    const unit = `${amount.asset.code}/${amount.asset.scale}`
    sums.set(unit, (sums.get(unit) ?? 0n) + (side === 'debit' ? amount.minor : -amount.minor))
  }
  if (sums.size === 0) throw new LedgerFault('a posting needs entries')
  for (const [unit, sum] of sums) {
    if (sum !== 0n) throw new LedgerFault(`debits and credits of ${unit} differ by ${sum}`)
  }
}

function sameUnit(a: Asset, b: Asset): boolean {
  return a.code === b.code && a.scale === b.scale
}
