/**
 * Three tries for a short secret, whoever guesses and from how many lines at once. A try takes one of the remaining slots,
 * durable before anything is compared, so that neither a crash nor a crowd gives a fourth; success clears them.
 *
 * A subject that does not exist has slots like any other, and runs out of them like any other.
 */
import { now, type Runtime } from '../runtime.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Store, Tx } from '../store/store.ts'
import { Turns } from './turns.ts'

export const triesMigrations: readonly Migration[] = [
  {
    room: 'tries',
    number: 1,
    sql: `
      CREATE TABLE tries (
        tenant TEXT NOT NULL,
        secret TEXT NOT NULL,
        subject TEXT NOT NULL,
        used INTEGER NOT NULL CHECK (used BETWEEN 0 AND 3),
        last_at INTEGER NOT NULL,
        PRIMARY KEY (tenant, secret, subject)
      ) STRICT`,
  },
]

const mostTries = 3

/** What a comparison found. `undecided`: nothing was found out (too busy, a peer away), and the slot is given back. */
export type Comparison = 'right' | 'wrong' | 'undecided'

export type Tried<T> =
  | { readonly outcome: 'right'; readonly value: T }
  | { readonly outcome: 'wrong'; readonly triesLeft: number; readonly value: T }
  /** No slot was left. The comparison was made all the same, for its time, and its result thrown away. */
  | { readonly outcome: 'locked' }
  | { readonly outcome: 'undecided' }
  /** Too many wait for this subject already. */
  | { readonly outcome: 'busy' }

export class Tries {
  readonly #store: Store
  readonly #runtime: Runtime
  readonly #tenant: string
  readonly #secret: string
  readonly #turns = new Turns()

  /** `secret`: what is guessed, such as `pin`. One `Tries` per tenant and secret in the process that owns the store. */
  constructor(options: {
    readonly store: Store
    readonly runtime: Runtime
    readonly tenant: string
    readonly secret: string
  }) {
    this.#store = options.store
    this.#runtime = options.runtime
    this.#tenant = options.tenant
    this.#secret = options.secret
  }

  /**
   * One try. `compare` does the slow comparing. `settle` runs in the command that notes a right or wrong result and says
   * what else follows from it: `triesLeft` 0 is the moment in which the subject locks.
   */
  async attempt<T>(
    subject: string,
    compare: () => Promise<Comparison>,
    settle: (tx: Tx, comparison: 'right' | 'wrong', triesLeft: number) => Promise<T>,
  ): Promise<Tried<T>> {
    const turn = this.#turns.take(subject)
    if (turn === undefined) return { outcome: 'busy' }
    try {
      await turn.come
      return await this.#attemptAlone(subject, compare, settle)
    } finally {
      turn.end()
    }
  }

  async #attemptAlone<T>(
    subject: string,
    compare: () => Promise<Comparison>,
    settle: (tx: Tx, comparison: 'right' | 'wrong', triesLeft: number) => Promise<T>,
  ): Promise<Tried<T>> {
    const at = BigInt(now({ runtime: this.#runtime }))
    const slot = await this.#store.execute(tx => this.#takeSlot(tx, subject, at))
    this.#runtime.reached(`${this.#secret}.slot-taken`)
    let comparison: Comparison
    try {
      comparison = await compare()
    } catch (error) {
      if (slot !== undefined) await this.#store.execute(tx => this.#giveBack(tx, subject))
      throw error
    }
    const tried = await this.#store.execute<Tried<T>>(async tx => {
      // A locked subject is written to as well, so that its answer takes as long as another's.
      if (slot === undefined) {
        await this.#touch(tx, subject, at)
        return { outcome: 'locked' }
      }
      if (comparison === 'undecided') {
        await this.#giveBack(tx, subject)
        return { outcome: 'undecided' }
      }
      // Counted again: a sale or an unlock during the comparison gave all tries back, this one included.
      const triesLeft = mostTries - (await this.#touch(tx, subject, at))
      if (comparison === 'right') await this.clear(tx, subject)
      const value = await settle(tx, comparison, triesLeft)
      return comparison === 'right' ? { outcome: 'right', value } : { outcome: 'wrong', triesLeft, value }
    })
    this.#runtime.reached(`${this.#secret}.settled`)
    return tried
  }

  /** All slots are free again: after success, after an unlock, and when a record that was only guessed at is sold. */
  async clear(tx: Tx, subject: string): Promise<void> {
    await tx.run(
      'DELETE FROM tries WHERE tenant = ? AND secret = ? AND subject = ?',
      this.#tenant,
      this.#secret,
      subject,
    )
  }

  async isLocked(tx: ReadTx, subject: string): Promise<boolean> {
    const row = await tx.one<{ used: bigint }>(
      'SELECT used FROM tries WHERE tenant = ? AND secret = ? AND subject = ?',
      this.#tenant,
      this.#secret,
      subject,
    )
    return row !== undefined && row.used >= BigInt(mostTries)
  }

  /** The number of the slot that was taken, from 1; undefined when none was left. */
  async #takeSlot(tx: Tx, subject: string, at: bigint): Promise<number | undefined> {
    const [taken] = await tx.all<{ used: bigint }>(
      `INSERT INTO tries (tenant, secret, subject, used, last_at) VALUES (?, ?, ?, 1, ?)
       ON CONFLICT (tenant, secret, subject) DO UPDATE SET used = used + 1, last_at = excluded.last_at
         WHERE used < 3
       RETURNING used`,
      this.#tenant,
      this.#secret,
      subject,
      at,
    )
    if (taken === undefined) await this.#touch(tx, subject, at)
    return taken === undefined ? undefined : Number(taken.used)
  }

  async #giveBack(tx: Tx, subject: string): Promise<void> {
    await tx.run(
      'UPDATE tries SET used = used - 1 WHERE tenant = ? AND secret = ? AND subject = ? AND used > 0',
      this.#tenant,
      this.#secret,
      subject,
    )
  }

  /** How many slots are used. */
  async #touch(tx: Tx, subject: string, at: bigint): Promise<number> {
    const [row] = await tx.all<{ used: bigint }>(
      'UPDATE tries SET last_at = ? WHERE tenant = ? AND secret = ? AND subject = ? RETURNING used',
      at,
      this.#tenant,
      this.#secret,
      subject,
    )
    return Number(row?.used ?? 0n)
  }
}
