/** Opening accounts, and what stands on them: posted, held by reservations, and free to use. */
import { invariant, steppedOnce } from '../invariant.ts'
import type { Asset, Money } from '../money.ts'
import { encodePlain } from '../store/plain.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { type AccountId, chart, classOf } from './chart.ts'
import { append, LedgerFault } from './journal.ts'

export interface NewAccount {
  readonly account: AccountId
  readonly asset: Asset
  readonly at: number
  readonly businessDate: string
  /** Minor units that a balance may not exceed: the debit cap of a counterparty. */
  readonly ceiling?: bigint
  readonly chain: string
}

/** Opens an account, as an event of the journal: what it is and its limits are part of the chain. */
export async function openAccount(tx: Tx, request: NewAccount): Promise<{ outcome: 'opened' | 'already-open' }> {
  const { account, asset, at, businessDate, chain } = request
  const known = await tx.one('SELECT id FROM account WHERE chain = ? AND id = ?', chain, account)
  if (known !== undefined) return { outcome: 'already-open' }
  const kind = classOf(account)
  const floor = chart[kind].overdraw === 'never' ? 0n : null
  const ceiling = request.ceiling ?? null
  const head = await append(tx, {
    chain,
    id: `open ${account}`,
    event: 'open',
    kind: 'open',
    reference: account,
    at,
    businessDate,
    facts: encodePlain({ account, asset: asset.code, ceiling, class: kind, floor, scale: asset.scale }),
    entries: [],
  })
  await tx.run(
    'INSERT INTO account (chain, id, class, asset, scale, floor, ceiling, opened_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    chain,
    account,
    kind,
    asset.code,
    BigInt(asset.scale),
    floor,
    ceiling,
    head.seq,
  )
  await tx.run('INSERT INTO balance (chain, account, posted, held, incoming) VALUES (?, ?, 0, 0, 0)', chain, account)
  return { outcome: 'opened' }
}

export interface Balance {
  /** What has been posted. */
  readonly posted: Money
  /** What may be used: posted less what reservations hold. */
  readonly available: Money
}

/** @throws LedgerFault when there is no such account. */
export async function balanceOf(tx: ReadTx, account: AccountId, chain: string): Promise<Balance> {
  const { posted, held, asset } = await accountStanding(tx, account, chain)
  return { posted: { minor: posted, asset }, available: { minor: posted - held, asset } }
}

export async function accountExists(tx: ReadTx, account: AccountId, chain: string): Promise<boolean> {
  return (await tx.one('SELECT id FROM account WHERE chain = ? AND id = ?', chain, account)) !== undefined
}

/** An account's numbers as the postings need them. */
export interface AccountStanding {
  readonly account: AccountId
  readonly asset: Asset
  readonly floor: bigint | undefined
  readonly ceiling: bigint | undefined
  readonly posted: bigint
  /** Pending decreases. */
  readonly held: bigint
  /** Pending increases. */
  readonly incoming: bigint
}

export async function accountStanding(tx: ReadTx, account: AccountId, chain: string): Promise<AccountStanding> {
  const row = await tx.one<{
    asset: string
    scale: bigint
    floor: bigint | null
    ceiling: bigint | null
    posted: bigint
    held: bigint
    incoming: bigint
  }>(
    `SELECT asset, scale, floor, ceiling, posted, held, incoming
     FROM account JOIN balance ON balance.chain = account.chain AND balance.account = account.id
     WHERE account.chain = ? AND account.id = ?`,
    chain,
    account,
  )
  if (row === undefined) throw new LedgerFault(`no account ${account} in chain ${chain}`)
  return {
    account,
    asset: { code: row.asset, scale: Number(row.scale) },
    floor: row.floor ?? undefined,
    ceiling: row.ceiling ?? undefined,
    posted: row.posted,
    held: row.held,
    incoming: row.incoming,
  }
}

/** @throws InvariantBroken when less is pending than nothing, or the account would pass its floor or its ceiling. */
export async function keepStanding(tx: Tx, standing: AccountStanding, chain: string): Promise<void> {
  const { account, posted, held, incoming, floor, ceiling } = standing
  invariant(held >= 0n && incoming >= 0n, 'less than nothing is pending', chain)
  invariant(floor === undefined || posted - held >= floor, 'the account falls below its floor', chain)
  invariant(ceiling === undefined || posted + incoming <= ceiling, 'the account exceeds its ceiling', chain)
  const kept = await tx.run(
    'UPDATE balance SET posted = ?, held = ?, incoming = ? WHERE chain = ? AND account = ?',
    posted,
    held,
    incoming,
    chain,
    account,
  )
  steppedOnce(kept, 'the account has no balance', chain)
}
