/** The raw rows that an audit reads, as they stand in the database. */
import type { ReadTx } from '../../store/store.ts'

export type EventRow = {
  chain: string
  seq: bigint
  id: string
  event: string
  kind: string
  reference: string
  at: bigint
  business_date: string
  about: string | null
  expires_at: bigint | null
  facts: string | null
  previous: Uint8Array
  hash: Uint8Array
}

export type EntryRow = {
  chain: string
  seq: bigint
  line: bigint
  account: string
  side: string
  minor: bigint
  asset: string
  scale: bigint
}

export type AccountRow = {
  chain: string
  id: string
  class: string
  asset: string
  scale: bigint
  floor: bigint | null
  ceiling: bigint | null
  opened_seq: bigint
}

export type BalanceRow = { chain: string; account: string; posted: bigint; held: bigint; incoming: bigint }

export type ReservationRow = {
  chain: string
  id: string
  debit: string
  credit: string
  minor: bigint
  asset: string
  scale: bigint
  expires_at: bigint
  state: string
  captured: bigint
}

export type HeadRow = {
  chain: string
  seq: bigint
  hash: Uint8Array
  at: bigint
  signer: string
  key_id: string
  signature: Uint8Array
}

export interface Books {
  readonly events: readonly EventRow[]
  readonly entries: readonly EntryRow[]
  readonly accounts: readonly AccountRow[]
  readonly balances: readonly BalanceRow[]
  readonly reservations: readonly ReservationRow[]
  readonly heads: readonly HeadRow[]
}

export async function readBooks(tx: ReadTx): Promise<Books> {
  return {
    events: await tx.all<EventRow>('SELECT * FROM journal ORDER BY chain, seq'),
    entries: await tx.all<EntryRow>('SELECT * FROM entry ORDER BY chain, seq, line'),
    accounts: await tx.all<AccountRow>('SELECT * FROM account ORDER BY chain, id'),
    balances: await tx.all<BalanceRow>('SELECT * FROM balance ORDER BY chain, account'),
    reservations: await tx.all<ReservationRow>('SELECT * FROM reservation ORDER BY chain, id'),
    heads: await tx.all<HeadRow>('SELECT * FROM kept_head ORDER BY signer, chain, seq'),
  }
}
