/**
 * Rules of one institution's business, over its raw rows: each is a query that gives a row for everything that is wrong.
 * Money identities are proved by them and not by the code that keeps the books.
 */
import type { ReadTx } from '../../store/store.ts'
import type { Finding } from './finding.ts'
import { violations } from './rows.ts'

/** Such as a bank's `float = remaining + authorised + …`. */
export type Identity = (tx: ReadTx) => Promise<readonly Finding[]>

export interface BooksOf {
  readonly tenant: string
  /** Whose letters they are: the tenant's own, or its host's. */
  readonly house?: string
  /** Of the journal in which the tenant's books are. */
  readonly chain: string
}

/** `@tenant`, `@chain` and `@house` in a rule stand for whose books they are. Its columns are `place` and `what`. */
export function identitiesOf(
  rules: readonly string[],
  { tenant, chain, house = tenant }: BooksOf,
): readonly Identity[] {
  return rules.map(rule => {
    const bound = rule
      .replaceAll('@tenant', '(SELECT tenant FROM books)')
      .replaceAll('@chain', '(SELECT chain FROM books)')
      .replaceAll('@house', '(SELECT house FROM books)')
    const sql = `WITH books (tenant, chain, house) AS (SELECT ?, ?, ?) ${bound}`
    return async (tx: ReadTx): Promise<readonly Finding[]> => {
      const rows = await violations(tx, sql, tenant, chain, house)
      return rows.map(({ place, what }) => ({ kind: 'identity', where: place, what }))
    }
  })
}
