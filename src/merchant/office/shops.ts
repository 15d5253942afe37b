/** What a payee's shops are told, key by key: how much they know, what they have yet to hear, and what they were never told. */
import type { Shop } from '../shop.ts'

export interface Told {
  /** The API key, by its id. */
  readonly key: string
  readonly delivered: number
  /** Due, and never tried or tried in vain. */
  readonly due: number
  /** Of those that are due: tried in vain so far. */
  readonly failing: number
  /** When the next of those is tried; undefined where nothing is due. */
  readonly nextAt: number | undefined
  /** After the last try; the shop can ask for its payments by the API. */
  readonly givenUp: number
}

export async function toldOf({ store, config }: Shop): Promise<readonly Told[]> {
  const rows = await store.read(tx =>
    tx.all<{ key: string; delivered: bigint; due: bigint; failing: bigint; next: bigint | null; given_up: bigint }>(
      `SELECT api_key AS key, sum(delivered_at IS NOT NULL) AS delivered, sum(due_at IS NOT NULL) AS due,
         sum(due_at IS NOT NULL AND tries > 0) AS failing, min(due_at) AS next, sum(due_at IS NULL AND delivered_at IS NULL) AS given_up
       FROM notice WHERE tenant = ? GROUP BY api_key`,
      config.id,
    ),
  )
  return rows.map(row => ({
    ...{ key: row.key, delivered: Number(row.delivered), due: Number(row.due), failing: Number(row.failing) },
    nextAt: row.next === null ? undefined : Number(row.next),
    givenUp: Number(row.given_up),
  }))
}
