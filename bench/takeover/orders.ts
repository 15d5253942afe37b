/** What a machine of this benchmark is told, and what it tells. */
import type { KeeperPlace } from '../../src/store/keeper/place.ts'

export interface MachineOrder {
  readonly folder: string
  /** Undefined: books that no PostgreSQL keeps yet. Nobody stands by beside them, and no commit waits for it. */
  readonly keeper: (Omit<KeeperPlace, 'password' | 'tls'> & { readonly password: string }) | undefined
  /** It opens the bank's customers; any other machine finds them in its books, and sells one voucher as soon as it serves. */
  readonly isFirst: boolean
  readonly leaseMs: number
}

export type Task =
  | { readonly task: 'stock'; readonly from: number; readonly to: number }
  /** By all customers at once; each buyer has their passwords in writing when it is over. */
  | { readonly task: 'sell'; readonly count: number }
  | { readonly task: 'checkpoint' }
  | { readonly task: 'close' }

/** `waiting`: it has followed all that is kept, and another machine serves. */
export type Said = 'waiting' | 'preparing' | 'serving' | 'sold' | 'done'

export interface Told {
  readonly said: Said
  /** On the clock that all processes of a machine share. */
  readonly atNs: bigint
  /** Of what was sold at once, in a second. */
  readonly perSecond?: number
}

export const customers = 256
